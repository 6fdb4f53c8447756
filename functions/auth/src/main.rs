//! Starts the function.

use std::sync::Arc;

use auth::State;
use rounds_auth::SigningKey;
use rounds_data::{Database, Location, accounts};
use rounds_http::{Config, ConfigError, Error, serve, variable};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = Config::from_env()?;
    let database = Database::open(&Location::from_env()?)?;
    let signing_key = signing_key()?;
    let routes = rounds_http::router(auth::routes(), State { database: database.clone(), signing_key });
    let gate = database.clone();
    let token_stands = move |caller| accounts::token_stands(gate.clone(), caller);
    serve(routes, config.public_keys, token_stands, move || database.usage()).await
}

/// `SIGNING_KEY`: the private key in PEM, or the path of a file with it.
fn signing_key() -> Result<Arc<SigningKey>, ConfigError> {
    let value = variable("SIGNING_KEY")?;
    let pem = if value.trim_start().starts_with("-----BEGIN") { Ok(value) } else { std::fs::read_to_string(value) };
    let pem = pem.map_err(|error| ConfigError::new("SIGNING_KEY", error))?;
    SigningKey::from_pem(&pem).map(Arc::new).map_err(|error| ConfigError::new("SIGNING_KEY", error))
}
