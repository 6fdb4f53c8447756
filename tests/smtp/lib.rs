//! An SMTP server on this machine that stores the messages that it accepts, and injects faults: by a script, or at
//! random. The stories and the benchmark use it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A panic fails the test.

mod certificate;
mod fault;
mod server;
mod session;

pub use certificate::Certificate;
pub use fault::{Act, Fault, Step};
pub use server::{Encryption, Mail, Options, Server};
