//! The commands that serve the clinic.

mod clinic;
mod serve;
mod watch;

pub(crate) use serve::{serve, serve_with_sqld};
pub(crate) use watch::watch;
