//! The database below the functions: requests, statements, faults, replicas and backups.

mod backup;
mod backup_in_use;
mod changes;
mod faults;
mod histories;
mod journal;
mod lost;
mod nightly;
mod replica;
mod round_trips;
mod rules;
mod schema;
mod schema_size;
mod served;
mod server;
mod statements;
mod streams;
