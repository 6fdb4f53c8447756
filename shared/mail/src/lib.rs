//! Messages to people: what a mail and a text message say, calendars of appointments, and how messages are sent.
//!
//! The crate has no clock and no database. A [`Mail`] holds everything that it says.

mod message;
mod render;
mod render_html;
mod render_page;
mod render_text;
mod text;
mod transport;

pub use lettre::message::Mailbox;
pub use message::{Appointment, Cancelled, ClinicContact, Content, Mail, Moved, Recipient};
pub use render::Error;
pub use transport::{Batch, Envelope, Outcome, Settings, Sms, Transport};
