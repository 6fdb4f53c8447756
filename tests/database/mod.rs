//! The database below the functions: requests, statements, faults, replicas, and backups.

mod backup;
mod changes;
mod faults;
mod histories;
mod journal;
mod lost;
mod replica;
mod round_trips;
mod server;
mod statements;

pub(crate) use round_trips::routes;
