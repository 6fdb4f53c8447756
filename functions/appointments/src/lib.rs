//! Appointments. The route table; each route is a file.

mod api;
mod body;
mod book;
mod cancel;
mod change;
mod filter;
mod history;
mod list;
mod mark;
mod reschedule;
mod show;

pub use api::describe;
use axum::routing::{get, post};
use rounds_data::Database;
use rounds_http::Routes;

/// The routes of this function.
pub fn routes() -> Routes<Database> {
    vec![
        ("/appointments", get(list::list)),
        ("/appointments/{appointment_id}", get(show::show)),
        ("/appointments/{appointment_id}/cancel", post(cancel::cancel)),
        ("/appointments/{appointment_id}/done", post(mark::done)),
        ("/appointments/{appointment_id}/no_show", post(mark::no_show)),
        ("/appointments/{appointment_id}/reschedule", post(reschedule::reschedule)),
        ("/doctors/{doctor_id}/book", post(book::book)),
        ("/patients/{patient_id}/history", get(history::history)),
    ]
}
