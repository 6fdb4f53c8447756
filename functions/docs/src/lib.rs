//! What the API says of itself. The route table; each route is a file.

mod api;
mod assets;
mod openapi;
mod page;
mod problems;

pub use api::describe;
use axum::routing::get;
pub use openapi::DOCUMENT;
pub use problems::{PROBLEMS, Page};
use rounds_http::Routes;

/// The routes of this function.
pub fn routes() -> Routes<()> {
    vec![
        ("/docs", get(page::show)),
        ("/docs/{asset}", get(assets::show)),
        ("/openapi.json", get(openapi::show)),
        ("/problems/{problem}", get(problems::show)),
    ]
}
