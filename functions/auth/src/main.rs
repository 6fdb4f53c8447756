//! Starts the function.

use std::fs;

use auth::State;
use rounds_auth::SigningKey;
use rounds_data::{Database, Location, accounts};
use rounds_http::{Config, ConfigError, Error, serve, variable};
use rounds_secrets::Secret;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = Config::from_env()?;
    let database = Database::open(&Location::from_env()?)?;
    let routes = rounds_http::router(auth::routes(), State { database: database.clone(), signing_key: signing_key()? });
    let gate = database.clone();
    let token_stands = move |caller| accounts::token_stands(gate.clone(), caller);
    serve(routes, config.public_keys, token_stands, move || database.usage()).await
}

/// `SIGNING_KEY`: the private key in PEM, or the path of a file with it; or, in `SIGNING_KEY_SECRET`,
/// where it is kept, which is looked at when the key is needed.
fn signing_key() -> Result<Secret, ConfigError> {
    let value = match variable("SIGNING_KEY") {
        Ok(value) => value,
        Err(missing) => return Secret::from_env("SIGNING_KEY").ok_or(missing),
    };
    let pem = if value.trim_start().starts_with("-----BEGIN") { Ok(value) } else { fs::read_to_string(value) };
    let pem = pem.map_err(|error| ConfigError::new("SIGNING_KEY", error))?;
    SigningKey::from_pem(&pem).map_err(|error| ConfigError::new("SIGNING_KEY", error))?;
    Ok(Secret::of(pem))
}
