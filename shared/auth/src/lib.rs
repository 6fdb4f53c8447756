//! Password hashes and tokens. This crate does no I/O, and takes the time as an argument.

mod eddsa;
mod keys;
mod password;
mod server_key;
mod token;

pub use keys::{KeyError, PublicKeys, SigningKey};
pub use password::{NO_PASSWORD, hash, rehash, verify};
pub use server_key::ServerKey;
pub use token::{CLOCK_SKEW_SECONDS, ISSUER, LIFETIME_SECONDS, new_token_id, sign, verify as verify_token};
