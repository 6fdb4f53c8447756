//! The only SQL, and the only libsql, of the clinic.
//!
//! The text of each statement is a file in `sql/`, and answers at most one JSON document. A query is one statement;
//! where a caller makes it, it says beside its answer whether the caller's token is good, and whether the calendar that
//! it assumed is still the clinic's. A change is one transaction. Both take one request.

pub mod accounts;
mod address;
pub mod appointments;
pub mod audit;
mod backup;
pub mod bookings;
mod calendar;
pub mod clinic;
mod database;
pub mod days;
pub mod doctors;
mod error;
mod file;
mod gate;
mod hrana;
mod limits;
mod meter;
mod migrations;
mod operations;
mod replica;
pub mod reports;
mod rule;
pub mod schedules;
mod schema;
mod server;
pub mod sign_ins;
mod statement;
mod streams;
pub mod time_off;
pub mod zone_change;

pub use address::{absolute_url, is_server};
pub use calendar::ATTEMPTS;
pub use database::{Database, Location};
pub use gate::Reader;
pub use limits::Limits;
pub use migrations::{Migrated, Migration};
pub use operations::Writer;
pub use rounds_request::{Error, Origin, Page, Usage, Versions};
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
        days::STATEMENTS,
        doctors::STATEMENTS,
        gate::STATEMENTS,
        migrations::STATEMENTS,
        operations::STATEMENTS,
        reports::STATEMENTS,
        schedules::STATEMENTS,
        schema::STATEMENTS,
        sign_ins::STATEMENTS,
        time_off::STATEMENTS,
        zone_change::STATEMENTS,
    ]
    .into_iter()
    .flatten()
}
