//! The function `appointments`: booking, rescheduling, cancelling and marking appointments. Each action has its own
//! file.

mod arrival;
mod body;
mod book;
mod book_for_patient;
mod booking;
mod calendar;
mod cancel;
mod change;
mod filter;
mod history;
mod list;
mod mark;
mod note;
mod reschedule;
mod series;
mod show;

use axum::Router;
use rounds_data::Database;
use rounds_http::{Access, Actor, Routes};

const STAFF: Access =
    Access::only("its Doctor, Receptionists and Admins", &[Actor::Doctor, Actor::Receptionist, Actor::Admin]);

/// Declares the routes of this function.
pub fn routes(to: &mut impl Routes<Database>) {
    to.function("appointments", "Book, list, reschedule, cancel and mark appointments.");
    book::routes(to);
    book_for_patient::routes(to);
    series::routes(to);
    list::routes(to);
    show::routes(to);
    note::routes(to);
    calendar::routes(to);
    reschedule::routes(to);
    cancel::routes(to);
    mark::routes(to);
    arrival::routes(to);
    history::routes(to);
}

/// Returns the router of this function.
pub fn router(database: Database) -> Router {
    rounds_http::router(routes, database)
}
