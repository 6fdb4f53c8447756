mod accounts;
mod keys;
mod limits;
mod login;
mod me;
mod register;
