mod book;
mod cancel;
mod history;
mod rules;
mod schema;
mod show;
mod zones;
