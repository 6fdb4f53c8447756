//! The function `docs`: the OpenAPI document, the reference page and the pages of problems. One file per route.

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
    to.function("docs", "The documentation of the API.");
    page::routes(to);
    assets::routes(to);
    openapi::routes(to);
    problems::routes(to);
}

/// Returns the router of this function.
pub fn router() -> Router {
    rounds_http::router(routes, ())
}
