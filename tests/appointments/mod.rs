mod book;
mod model;
mod race;
