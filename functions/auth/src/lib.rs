//! Accounts and sign-in. The route table; each route is a file.

mod login;
mod register;

use axum::routing::post;
use rounds_data::Database;
use rounds_http::Routes;
use rounds_secrets::Secret;

/// What the handlers work with.
#[derive(Clone)]
pub struct State {
    /// The clinic's database.
    pub database: Database,
    /// What tokens are signed with, in PEM; no other function has it.
    pub signing_key: Secret,
}

/// The routes of this function.
pub fn routes() -> Routes<State> {
    vec![("/login", post(login::login)), ("/register", post(register::register))]
}
