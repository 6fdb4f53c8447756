//! Starts the function.

use rounds_data::{Database, accounts};
use rounds_http::{Config, Error, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = Config::from_env()?;
    let database = Database::at(&config.database_url)?;
    let routes = rounds_http::router(appointments::routes(), database.clone());
    serve(routes, config.public_keys, move |caller| accounts::token_stands(database.clone(), caller)).await
}
