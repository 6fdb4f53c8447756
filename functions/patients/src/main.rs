//! Starts the function.

use rounds_data::{Database, accounts};
use rounds_http::{Error, Keys, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let public_keys = Keys::public_from_env().await?;
    let database = Database::from_env()?;
    let routes = patients::router(database.clone());
    let check_token = move |caller| accounts::check_token(database.clone(), caller);
    serve(routes, public_keys, check_token).await
}
