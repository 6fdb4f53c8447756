//! The clinic's stories, told on its public surface. The folders mirror `functions/`; `project`
//! is about the repository itself. Actors and clinics are in `support`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // That is how a test fails.

mod appointments;
mod auth;
mod doctors;
mod migrate;
mod project;
mod reports;
mod support;
