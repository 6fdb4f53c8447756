//! The benchmark: how much time, memory and size Rounds adds to its platform. Each figure is a ratio to a floor that is
//! measured in the same run.

mod alternative;
mod backup;
mod bookings;
mod clinic;
mod cold;
mod first_start;
mod floor;
pub mod generate;
mod instructions;
mod measure;
mod messages;
#[cfg(test)]
mod pages;
mod recorder;
mod report;
mod routes;
mod run;
mod scale;
mod search;
mod serve;
mod size;
mod warm;

pub use backup::of_backup;
pub use run::{Setup, all, of_bookings, of_messages, of_search, of_serve, quick};
