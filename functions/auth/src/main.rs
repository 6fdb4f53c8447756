//! Starts the function.

use std::env;

use auth::{Hasher, RefusedSources, State};
use rounds_data::{Database, Limits, accounts};
use rounds_http::{Error, Keys, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let public_keys = Keys::public_from_env().await?;
    let database = Database::from_env()?;
    let state = State {
        database: database.clone(),
        signing_key: Keys::signing_from_env().await?,
        public_keys: public_keys.clone(),
        limits: Limits::read(|name| env::var(name).unwrap_or_default())?,
        hasher: Hasher::default(),
        refused_sources: RefusedSources::default(),
    };
    let routes = auth::router(state);
    let check_token = move |caller| accounts::check_token(database.clone(), caller);
    serve(routes, public_keys, check_token).await
}
