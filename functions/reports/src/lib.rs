//! Reports on a day, for Admins. The route table; each route is a file.

mod busiest;

use axum::routing::get;
use rounds_data::Database;
use rounds_http::Routes;

/// The routes of this function.
pub fn routes() -> Routes<Database> {
    vec![
        ("/doctors/by_top_appointments", get(busiest::by_top_appointments)),
        ("/doctors/with_six_hours_plus", get(busiest::with_six_hours_plus)),
    ]
}
