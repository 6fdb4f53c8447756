//! The web app. Each route has its own file. The sources of the app are in `app/`.

mod app;
mod assets;

pub use assets::ASSETS;
use axum::Router;
use rounds_http::Routes;

/// Declares the routes of this function.
pub fn routes(to: &mut impl Routes<()>) {
    to.function("web", "The web app.");
    app::routes(to);
    assets::routes(to);
}

/// Returns the router of this function.
pub fn router() -> Router {
    rounds_http::router(routes, ())
}
