//! Stories of a clinic on one machine: the program `rounds`, its settings and files, and the Makefile.

mod demo;
pub(crate) mod home;
mod import;
mod makefile;
pub(crate) mod private;
mod run_server;
mod settings;
mod starts;
