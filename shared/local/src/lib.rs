//! The clinic on one machine: keys, a demo clinic, and the functions under the emulator of
//! `cargo lambda watch`. For `make run` and for the tests; nothing of it is deployed.

mod demo;
mod emulator;
mod keys;
mod sqld;
mod tied;

pub use demo::{DemoAccount, demo_accounts, load_demo};
pub use emulator::{Emulator, Settings};
pub use keys::signing_key;
pub use sqld::{Sqld, free_port};
