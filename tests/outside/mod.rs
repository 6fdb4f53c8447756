//! Whatever comes from outside: what is no request gets an answer all the same.

mod claims;
mod hostile;
mod parsers;
mod requests;
mod tokens;
