//! Accounts and sign-in. Each route is a file.

mod accounts;
mod activate;
mod deactivate;
mod erase;
mod export;
mod jwks;
mod me;
mod password;
mod refused_sources;
mod register;
mod reset_password;
mod sign_in;
mod token;

use axum::Router;
pub use refused_sources::RefusedSources;
use rounds_auth::{PublicKeys, SigningKey};
use rounds_data::{Database, Limits};
use rounds_http::{Keys, Routes};

/// What the handlers work with.
#[derive(Clone)]
pub struct State {
    /// The clinic's database.
    pub database: Database,
    /// What tokens are signed with; no other function has it.
    pub signing_key: Keys<SigningKey>,
    /// What they are verified with.
    pub public_keys: Keys<PublicKeys>,
    /// How much guessing is too much.
    pub limits: Limits,
    /// Where registrations are refused from at the moment.
    pub refused_sources: RefusedSources,
}

/// Declares the routes of this function.
pub fn routes(to: &mut impl Routes<State>) {
    to.function("auth", "Accounts and sign-in.");
    register::routes(to);
    sign_in::routes(to);
    jwks::routes(to);
    me::routes(to);
    password::routes(to);
    token::routes(to);
    export::routes(to);
    accounts::routes(to);
    deactivate::routes(to);
    activate::routes(to);
    erase::routes(to);
    reset_password::routes(to);
}

/// The router of this function.
pub fn router(state: State) -> Router {
    rounds_http::router(routes, state)
}
