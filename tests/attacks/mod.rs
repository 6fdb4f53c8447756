//! Hostile requests, forged tokens and malformed events.

mod claims;
mod foreign;
mod hostile;
mod parsers;
mod requests;
mod tokens;
