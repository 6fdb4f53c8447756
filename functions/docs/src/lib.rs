//! What the API says of itself. Each route is a file.

mod assets;
mod openapi;
mod page;
mod problems;

use axum::Router;
pub use openapi::DOCUMENT;
pub use problems::{PROBLEMS, Page};
use rounds_http::Routes;

/// Declares the routes of this function.
pub fn routes(to: &mut impl Routes<()>) {
    to.function("docs", "What the API says of itself.");
    page::routes(to);
    assets::routes(to);
    openapi::routes(to);
    problems::routes(to);
}

/// The router of this function.
pub fn router() -> Router {
    rounds_http::router(routes, ())
}
