//! Hostile requests, forged tokens and malformed events, and the answers to them.

mod claims;
mod foreign;
mod hostile;
mod parsers;
mod requests;
mod tokens;
