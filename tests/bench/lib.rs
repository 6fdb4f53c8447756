//! The benchmark: what Rounds adds to what its platform costs, against floors in the same run.

mod alternative;
mod bookings;
mod clinic;
mod cold;
mod floor;
pub mod generate;
mod instructions;
mod measure;
#[cfg(test)]
mod pages;
mod recorder;
mod report;
mod routes;
mod run;
mod scale;
mod size;
mod warm;

pub use run::{Setup, all, of_bookings, quick};
