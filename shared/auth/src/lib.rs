//! Passwords and tokens. No I/O, and time is an argument.

mod eddsa;
mod keys;
mod password;
mod token;

pub use keys::{KeyError, PublicKeys, SigningKey};
pub use password::{hash, verify};
pub use token::{AUDIENCE, ISSUER, LIFETIME_SECONDS, sign, verify as verify_token};
