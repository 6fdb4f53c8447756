//! Starts the function.

use rounds_data::{Database, Location, accounts};
use rounds_http::{Config, Error, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = Config::from_env()?;
    let database = Database::open(&Location::from_env()?)?;
    let routes = rounds_http::router(appointments::routes(), database.clone());
    let gate = database.clone();
    let token_stands = move |caller| accounts::token_stands(gate.clone(), caller);
    serve(routes, config.public_keys, token_stands, move || database.usage()).await
}
