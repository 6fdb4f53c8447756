//! Accounts and sign-in. The route table; each route is a file.

mod accounts;
mod api;
mod change;
mod export;
mod jwks;
mod login;
mod me;
mod password;
mod refusals;
mod register;
mod token;

pub use api::describe;
use axum::routing::{get, post};
pub use refusals::Refusals;
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
    pub refusals: Refusals,
}

/// The routes of this function.
pub fn routes() -> Routes<State> {
    vec![
        ("/.well-known/jwks.json", get(jwks::show)),
        ("/accounts", get(accounts::list)),
        ("/accounts/{account_id}/activate", post(change::activate)),
        ("/accounts/{account_id}/deactivate", post(change::deactivate)),
        ("/accounts/{account_id}/erase", post(change::erase)),
        ("/accounts/{account_id}/password", post(change::reset_password)),
        ("/login", post(login::login)),
        ("/me", get(me::show).patch(me::rename)),
        ("/me/export", get(export::export)),
        ("/me/password", post(password::change)),
        ("/me/token", post(token::renew)),
        ("/register", post(register::register)),
    ]
}
