//! The function `doctors`: doctors with their hours, time off and availability, the appointment types, and the clinic with
//! its closures. Each action has its own file.

mod availability;
mod availability_of_all;
mod available;
mod changed;
mod clinic;
mod closures;
mod list;
mod profile;
mod proposals;
mod range;
mod slots;
mod special_hours;
mod target;
mod time_off;
mod types;
mod working_hours;

use axum::Router;
use rounds_data::Database;
use rounds_http::{Access, Actor, Routes};

const DOCTOR_AND_ADMINS: Access = Access::only("that Doctor and Admins", &[Actor::Doctor, Actor::Admin]);

/// Declares the routes of this function.
pub fn routes(to: &mut impl Routes<Database>) {
    to.function("doctors", "Doctors with their working hours, time off and availability, and the clinic.");
    list::routes(to);
    profile::routes(to);
    slots::routes(to);
    availability::routes(to);
    availability_of_all::routes(to);
    available::routes(to);
    working_hours::routes(to);
    special_hours::routes(to);
    time_off::routes(to);
    closures::routes(to);
    types::routes(to);
    clinic::routes(to);
}

/// Returns the router of this function.
pub fn router(database: Database) -> Router {
    rounds_http::router(routes, database)
}
