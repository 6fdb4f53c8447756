//! The function `auth`: accounts and sign-in. Each action has its own file.

mod accounts;
mod activate;
mod deactivate;
mod email;
mod erase;
mod export;
mod forgot_password;
mod hasher;
mod jwks;
mod me;
mod password;
mod refused_sources;
mod register;
mod reset_password;
mod sign_in;
mod token;
mod verify_email;

use axum::Router;
pub use hasher::Hasher;
pub use refused_sources::RefusedSources;
use rounds_auth::{PublicKeys, SigningKey};
use rounds_data::{Database, Limits};
use rounds_http::{Keys, Routes};

/// The state of the handlers.
#[derive(Clone)]
pub struct State {
    /// The clinic's database.
    pub database: Database,
    /// The key that signs tokens. Only this function has it.
    pub signing_key: Keys<SigningKey>,
    /// The keys that verify tokens.
    pub public_keys: Keys<PublicKeys>,
    /// The limits of failed sign-ins and of registrations.
    pub limits: Limits,
    /// Hashes and compares passwords.
    pub hasher: Hasher,
    /// The sources that have reached the limit of registrations.
    pub refused_sources: RefusedSources,
}

/// Declares the routes of this function.
pub fn routes(to: &mut impl Routes<State>) {
    to.function("auth", "Accounts and sign-in.");
    register::routes(to);
    sign_in::routes(to);
    jwks::routes(to);
    me::routes(to);
    verify_email::routes(to);
    email::routes(to);
    password::routes(to);
    forgot_password::routes(to);
    token::routes(to);
    export::routes(to);
    accounts::routes(to);
    deactivate::routes(to);
    activate::routes(to);
    erase::routes(to);
    reset_password::routes(to);
}

/// Returns the router of this function.
pub fn router(state: State) -> Router {
    rounds_http::router(routes, state)
}
