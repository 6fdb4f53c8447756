//! The clinic's stories, told on its public surface. Each folder of `functions/` has one here. The others are named
//! by what they test: `http` what holds for every route, `attacks` hostile requests, `database` the engine and
//! its faults, `run` a clinic on one machine, `deployment` what is deployed, and `documentation` what the
//! documents say. Actors and clinics are in `support`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // That is how a test fails.

mod appointments;
mod attacks;
mod auth;
mod database;
mod deployment;
mod docs;
mod doctors;
mod documentation;
mod http;
mod migrate;
mod reports;
mod run;
mod support;
mod web;
