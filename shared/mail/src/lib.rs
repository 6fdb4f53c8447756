//! Messages to people: what a mail and an SMS say, and calendars of appointments.
//!
//! The crate has no clock and no database. A [`Mail`] holds everything that it says.

pub mod calendar;
mod message;
mod render;
mod render_html;
mod render_page;
mod render_text;
mod text;

pub use lettre::message::Mailbox;
pub use message::{Appointment, ClinicContact, Content, Mail, Recipient};
pub use render::Error;
