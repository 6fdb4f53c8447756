//! The only SQL, and the only libsql, of the clinic.
//!
//! Every change is decided by one statement, and every statement answers one JSON document: the
//! database puts together exactly what was asked, in one round trip, and serde takes it apart by
//! name.
//! The statement behind an authenticated request also says whether the caller's token still
//! stands, and one that depends on days whether the calendar it assumed is still the clinic's.

pub mod accounts;
mod address;
pub mod appointments;
pub mod audit;
pub mod bookings;
pub mod clinic;
mod database;
pub mod doctors;
mod error;
mod file;
mod hrana;
mod limits;
mod meter;
mod migrations;
mod replica;
pub mod reports;
mod rule;
pub mod schedules;
mod server;
pub mod sign_ins;
mod statement;
pub mod time_off;
mod writes;

pub use address::{absolute_url, is_server};
pub use database::{Database, Location};
pub use limits::Limits;
pub use rounds_request::{Error, Origin, Page, Versions};
pub use rule::Rule;
pub use statement::Statement;

/// Every statement that a function runs.
pub fn statements() -> impl Iterator<Item = &'static Statement> {
    [
        accounts::STATEMENTS,
        appointments::STATEMENTS,
        audit::STATEMENTS,
        bookings::STATEMENTS,
        clinic::STATEMENTS,
        doctors::STATEMENTS,
        migrations::STATEMENTS,
        reports::STATEMENTS,
        schedules::STATEMENTS,
        sign_ins::STATEMENTS,
        time_off::STATEMENTS,
        writes::STATEMENTS,
    ]
    .into_iter()
    .flatten()
}
