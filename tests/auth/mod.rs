mod accounts;
mod hashes;
mod keys;
mod limits;
mod login;
mod me;
mod register;
mod sessions;
