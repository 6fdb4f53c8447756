//! The clinic's stories, told on its public surface. The folders mirror `functions/`; `outside`
//! is what anybody may send, `project` the repository itself. Actors and clinics are in `support`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // That is how a test fails.

mod appointments;
mod auth;
mod docs;
mod doctors;
mod migrate;
mod outside;
mod project;
mod reports;
mod support;
mod web;
