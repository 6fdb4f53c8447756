//! Starts the function.

use std::sync::Arc;

use auth::State;
use axum::{Router, extract::Request, response::IntoResponse};
use rounds_auth::SigningKey;
use rounds_data::{Database, Location, accounts};
use rounds_http::{Config, ConfigError, Error, Problem, serve, variable};
use rounds_secrets::Secret;
use tower::ServiceExt;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = Config::from_env()?;
    let database = Database::open(&Location::from_env()?)?;
    let secret = match Secret::from_env("SIGNING_KEY") {
        Some(secret) => secret,
        None => Secret::of(variable("SIGNING_KEY")?),
    };
    // What is at hand is looked at now. A secret elsewhere cannot be, before the first request.
    if variable("SIGNING_KEY").is_ok() {
        signing_key(&secret).await?;
    }
    let store = database.clone();
    // Each request finds the key as it is by then: a secret may be rotated.
    let routes = Router::new().fallback(move |request: Request| {
        let (database, secret) = (store.clone(), secret.clone());
        async move {
            let signing_key = signing_key(&secret).await.map_err(|error| unavailable(&error))?;
            let routes = rounds_http::router(auth::routes(), State { database, signing_key });
            Ok::<_, Problem>(routes.oneshot(request).await.into_response())
        }
    });
    serve(routes, config.public_keys, move |caller| accounts::token_stands(database.clone(), caller)).await
}

/// `SIGNING_KEY`: the private key in PEM, or the path of a file with it.
async fn signing_key(secret: &Secret) -> Result<Arc<SigningKey>, ConfigError> {
    let value = secret.get().await.map_err(|error| ConfigError::new("SIGNING_KEY", error))?;
    let pem = if value.trim_start().starts_with("-----BEGIN") { Ok(value) } else { std::fs::read_to_string(value) };
    let pem = pem.map_err(|error| ConfigError::new("SIGNING_KEY", error))?;
    SigningKey::from_pem(&pem).map(Arc::new).map_err(|error| ConfigError::new("SIGNING_KEY", error))
}

fn unavailable(error: &ConfigError) -> Problem {
    rounds_domain::Error::Unavailable(error.to_string()).into()
}
