//! The commands that serve the clinic, and the one that imports a file into it.

mod clinic;
mod import;
mod serve;
mod watch;

pub(crate) use import::import;
pub(crate) use serve::{serve, serve_with_sqld};
pub(crate) use watch::watch;
