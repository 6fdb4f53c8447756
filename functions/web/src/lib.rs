//! The clinic in the browser. Each route is a file. What it serves is in `app/`.

mod app;
mod assets;

pub use assets::ASSETS;
use axum::Router;
use rounds_http::Routes;

/// Declares the routes of this function.
pub fn routes(to: &mut impl Routes<()>) {
    to.function("web", "The clinic in the browser.");
    app::routes(to);
    assets::routes(to);
}

/// The router of this function.
pub fn router() -> Router {
    rounds_http::router(routes, ())
}
