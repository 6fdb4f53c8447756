//! The stories: integration tests on the public surface. Each folder of `functions/` has a folder of the same name
//! here. The other folders: `http` (what holds for every route), `attacks` (hostile requests), `database` (the engine
//! and its faults), `mail` (what other programs read in messages), `run` (a clinic on one machine), `serve` (its
//! server), `deployment` (what is deployed) and `documentation` (what the documents say). `support` has the actors and
//! clinics that they share.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A panic fails the test.

mod appointments;
mod attacks;
mod auth;
mod database;
mod deployment;
mod docs;
mod doctors;
mod documentation;
mod http;
mod mail;
mod migrate;
mod notify;
mod patients;
mod reports;
mod run;
mod serve;
mod support;
mod web;
