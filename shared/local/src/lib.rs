//! Runs Rounds on one machine: keys, demo accounts, and the functions under the emulator `cargo lambda watch`.
//! Used by `make run` and by the tests. Nothing in this crate is deployed.

mod backup;
mod backups;
mod demo;
mod dotenv;
mod emulator;
mod functions;
mod home;
mod keys;
mod private;
mod schema;
mod sqld;
mod tied;
mod variables;

pub use backup::{backup, restore};
pub use backups::{Backups, before_migration};
pub use demo::{DemoAccount, demo_accounts, load_demo};
pub use emulator::{Emulator, Settings};
pub use functions::{api, function_names, openapi, router};
pub use home::find_clone;
pub use keys::{KeyFiles, replacement, rotation};
pub use private::{private_folder, write_private};
pub use schema::schema;
pub use sqld::{Sqld, free_port};
pub use tied::tied;
pub use variables::{Variables, setting_names};
