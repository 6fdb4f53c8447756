//! Doctors, their days, and the clinic that they work in. The route table; each route is a file.

mod api;
mod availability;
mod available;
mod clinic;
mod list;
mod profile;
mod range;
mod slots;
mod time_off;
mod working_hours;

pub use api::describe;
use axum::routing::{delete, get};
use rounds_data::Database;
use rounds_http::Routes;

/// The routes of this function.
pub fn routes() -> Routes<Database> {
    vec![
        ("/availability", get(availability::of_all)),
        ("/clinic", get(clinic::show).patch(clinic::change)),
        ("/doctors", get(list::list)),
        ("/doctors/available", get(available::available)),
        ("/doctors/{doctor_id}", get(profile::show).patch(profile::change)),
        ("/doctors/{doctor_id}/availability", get(availability::of_doctor)),
        ("/doctors/{doctor_id}/slots", get(slots::slots)),
        ("/doctors/{doctor_id}/time_off", get(time_off::list).post(time_off::take)),
        ("/doctors/{doctor_id}/time_off/{time_off_id}", delete(time_off::end)),
        ("/doctors/{doctor_id}/working_hours", get(working_hours::show).put(working_hours::replace)),
    ]
}
