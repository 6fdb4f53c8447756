//! Access to the clinic's database. This is the only crate that contains SQL and uses libsql.
//!
//! The text of each statement is a file in `sql/`. A statement returns at most one JSON document. A query is one
//! statement. A query by a caller also returns whether the caller's token is valid, and whether the calendar that the
//! query assumed is still the clinic's (see [`Reader`]). A change is one transaction (see [`Writer`]). Both are one
//! request to a server.

pub mod accounts;
mod address;
pub mod appointment_links;
pub mod appointment_types;
pub mod appointments;
pub mod audit;
mod backup;
pub mod bookings;
mod calendar;
pub mod clinic;
pub mod closures;
mod connections;
mod database;
pub mod days;
pub mod demo;
pub mod doctors;
mod error;
pub mod feeds;
mod file;
mod gate;
pub mod health;
mod hrana;
mod limits;
pub mod links;
mod local;
mod lock;
pub mod messages;
mod meter;
mod migrations;
mod operations;
pub mod patients;
pub mod plans;
mod replica;
pub mod reports;
mod rule;
pub mod schedules;
mod schema;
mod secret_token;
pub mod series;
mod served;
mod server;
pub mod sign_ins;
pub mod special_hours;
mod statement;
pub mod time_off;
pub mod working_hours;
mod writer;
pub mod zone_change;

pub use address::{absolute_url, is_server};
pub use backup::copy_database;
pub use calendar::ATTEMPTS;
pub use database::{Database, Location};
pub use gate::Reader;
pub use limits::Limits;
pub use lock::DatabaseLock;
pub use migrations::{Migrated, Migration};
pub use operations::Writer;
pub use rounds_request::{Error, Origin, Page, Usage, Versions};
pub use rule::Rule;
pub use secret_token::SecretToken;
pub use statement::Statement;

/// All statements that functions run.
pub fn statements() -> impl Iterator<Item = &'static Statement> {
    [
        accounts::STATEMENTS,
        appointment_links::STATEMENTS,
        appointment_types::STATEMENTS,
        appointments::STATEMENTS,
        audit::STATEMENTS,
        bookings::STATEMENTS,
        clinic::STATEMENTS,
        closures::STATEMENTS,
        days::STATEMENTS,
        demo::STATEMENTS,
        doctors::STATEMENTS,
        feeds::STATEMENTS,
        health::STATEMENTS,
        gate::STATEMENTS,
        links::STATEMENTS,
        messages::STATEMENTS,
        migrations::STATEMENTS,
        operations::STATEMENTS,
        patients::STATEMENTS,
        plans::STATEMENTS,
        reports::STATEMENTS,
        schedules::STATEMENTS,
        schema::STATEMENTS,
        series::STATEMENTS,
        sign_ins::STATEMENTS,
        special_hours::STATEMENTS,
        time_off::STATEMENTS,
        working_hours::STATEMENTS,
        zone_change::STATEMENTS,
    ]
    .into_iter()
    .flatten()
}
