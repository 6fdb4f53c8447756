//! Doctors and their days. The route table; each route is a file.

mod available;
mod list;
mod show;
mod slots;

use axum::routing::get;
use rounds_data::Database;
use rounds_http::Routes;

/// The routes of this function.
pub fn routes() -> Routes<Database> {
    vec![
        ("/doctors", get(list::list)),
        ("/doctors/available", get(available::available)),
        ("/doctors/{doctor_id}", get(show::show)),
        ("/doctors/{doctor_id}/slots", get(slots::slots)),
    ]
}
