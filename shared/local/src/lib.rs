//! Runs Rounds on one machine: keys, the demo clinic, all functions in one server for production, and the functions under
//! the emulator `cargo lambda watch` for work on them. The tests use it too. Nothing in this crate runs on AWS.

mod backup;
mod backups;
mod demo;
mod dotenv;
mod emulator;
mod functions;
mod home;
mod import;
mod keys;
mod log;
mod mail;
mod print;
mod private;
mod proxies;
mod schema;
mod server;
mod signals;
mod sqld;
mod tied;
mod variables;

pub use backup::{backup, restore};
pub use backups::{Backups, before_migration};
pub use demo::{DemoAccount, demo_accounts, load_demo};
pub use emulator::{Emulator, Settings};
pub use functions::{api, function_names, openapi, router};
pub use home::find_clone;
pub use import::{CountryCode, Import, ImportKind, Report};
pub use keys::{KeyFiles, replacement, rotation};
pub use log::{Log, LogOutput};
pub use mail::{MailSettings, Sending};
pub use print::{print, print_line};
pub use private::{private_folder, write_private};
pub use proxies::TrustedProxies;
pub use schema::schema;
pub use server::Server;
pub use signals::Signals;
pub use sqld::{Sqld, free_port};
pub use tied::tied;
pub use variables::{Variables, setting_names};
