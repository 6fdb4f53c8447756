//! Appointments. The route table; each route is a file.

mod body;
mod book;
mod cancel;
mod history;
mod show;

use axum::routing::{get, post};
use rounds_data::Database;
use rounds_http::Routes;

/// The routes of this function.
pub fn routes() -> Routes<Database> {
    vec![
        ("/doctors/{doctor_id}/book", post(book::book)),
        ("/appointments/{appointment_id}", get(show::show)),
        ("/appointments/{appointment_id}/cancel", post(cancel::cancel)),
        ("/patients/{patient_id}/history", get(history::history)),
    ]
}
