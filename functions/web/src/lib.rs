//! The clinic in the browser. The route table; each route is a file. What it serves is in `app/`.

mod api;
mod app;
mod assets;

pub use api::describe;
pub use assets::ASSETS;
use axum::routing::get;
use rounds_http::Routes;

/// The routes of this function.
pub fn routes() -> Routes<()> {
    vec![("/", get(app::show)), ("/web/{file}", get(assets::show))]
}
