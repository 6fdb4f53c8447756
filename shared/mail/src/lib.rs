//! Messages to people: sends them by SMTP, into files, or by the webhook of an SMS gateway.

mod transport;

pub use transport::{Batch, Envelope, Outcome, Settings, Sms, Transport};
