//! What a history of messages records.

use std::collections::HashMap;

use mail_parser::{MessageParser, MimeHeaders};
use serde::{Deserialize, Serialize};

use super::clock::{Jump, SKEWS, micros, seconds_at};
use crate::record::{Call, Moment, Seconds};

/// A history of messages: what clients, senders and the SMTP server did.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct History {
    pub(super) calls: Vec<Call>,
    /// The mails that the server accepted, in order.
    pub(super) mails: Vec<Mail>,
    pub(super) runs: Vec<Run>,
    /// The senders that were frozen, and when.
    pub(super) freezes: Vec<(usize, Moment)>,
    pub(super) jumps: Vec<Jump>,
    /// How often the server refused a mail for good.
    pub(super) refusals: usize,
    /// How long before its start a patient is reminded of an appointment.
    pub(super) reminder_minutes: Vec<i64>,
    /// The patients who have no email.
    pub(super) unreachable: Vec<i64>,
}

/// A run of a sender: from its start, or from the end of the one before, until it reported what it had done.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Run {
    pub(super) sender: usize,
    pub(super) begun: Moment,
    pub(super) ended: Moment,
    /// Whether it reported. Otherwise it failed or was killed.
    pub(super) is_reported: bool,
}

/// A mail that the server accepted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Mail {
    /// The Message-ID without its domain.
    pub(super) message_id: String,
    pub(super) sender: usize,
    pub(super) to: String,
    pub(super) at: Moment,
    /// Whether the server said that it accepted the mail.
    pub(super) is_confirmed: bool,
    /// What its calendar says about each appointment.
    pub(super) invitations: Vec<Invitation>,
    /// The number of links to appointments.
    pub(super) links: usize,
}

/// What the calendar in a mail says about an appointment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Invitation {
    pub(super) appointment: i64,
    pub(super) version: i64,
    pub(super) start: Seconds,
    pub(super) is_cancelled: bool,
}

impl Invitation {
    /// Whether the reader learns the same. A reschedule to the same start makes another version.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        Self { version: other.version, ..*self } == *other
    }
}

impl Mail {
    /// Reads a mail with an independent parser.
    pub(super) fn read(mail: &smtp::Mail) -> Option<Self> {
        let parsed = MessageParser::default().parse(&mail.bytes)?;
        let calendar =
            parsed.attachments().find(|part| part.content_type().is_some_and(|kind| kind.subtype() == Some("ics")));
        let invitations = match calendar {
            Some(part) => Invitation::read_all(std::str::from_utf8(part.contents()).ok()?)?,
            None => Vec::new(),
        };
        let text = parsed.body_text(0)?;
        Some(Self {
            message_id: parsed.message_id()?.split('@').next()?.to_owned(),
            sender: sender(&mail.from)?,
            to: mail.to.first()?.clone(),
            at: micros(mail.at),
            is_confirmed: mail.is_confirmed,
            invitations,
            links: text.matches("/#/links/").count(),
        })
    }
}

impl Invitation {
    fn read_all(calendar: &str) -> Option<Vec<Self>> {
        calendar.split("BEGIN:VEVENT").skip(1).map(Self::read).collect()
    }

    fn read(event: &str) -> Option<Self> {
        let lines: HashMap<_, _> = event.lines().filter_map(|line| line.split_once(':')).collect();
        let start = chrono::NaiveDateTime::parse_from_str(lines.get("DTSTART")?, "%Y%m%dT%H%M%SZ").ok()?;
        Some(Self {
            appointment: lines.get("UID")?.strip_prefix("appointment-")?.split('@').next()?.parse().ok()?,
            version: lines.get("SEQUENCE")?.parse::<i64>().ok()? + 1,
            start: start.and_utc().timestamp(),
            is_cancelled: *lines.get("STATUS")? == "CANCELLED",
        })
    }
}

/// The address that a sender sends from. It says which sender a mail comes from.
pub(super) fn address(sender: usize) -> String {
    format!("sender-{sender}@clinic.example")
}

/// Returns the sender of an address.
pub(super) fn sender(address: &str) -> Option<usize> {
    address.strip_prefix("sender-")?.split('@').next()?.parse().ok()
}

impl History {
    /// What the clock of a sender showed at a moment.
    pub(super) fn clock_of(&self, sender: usize, at: Moment) -> Seconds {
        seconds_at(&self.jumps, at) + SKEWS[sender % SKEWS.len()]
    }
}

/// A state of an appointment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct State {
    pub(super) start: Seconds,
    pub(super) is_booked: bool,
    /// When it was committed, by the clock of the function.
    pub(super) at: Seconds,
}

/// An appointment: its states by version, from 1.
#[derive(Clone, Debug)]
pub(super) struct Appointment {
    pub(super) doctor: i64,
    pub(super) patient: i64,
    pub(super) states: Vec<State>,
}

/// A message at the end.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) id: i64,
    pub(super) kind: String,
    pub(super) reader: i64,
    pub(super) appointment: Option<i64>,
    pub(super) state: String,
    pub(super) attempts: usize,
    pub(super) message_id: String,
}

/// A time that a message was to remind of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reminded {
    pub(super) appointment: i64,
    pub(super) minutes: i64,
    pub(super) start: Seconds,
    pub(super) message: i64,
    /// The version of the appointment, from 1.
    pub(super) version: usize,
}

/// The database at the end.
#[derive(Clone, Debug, Default)]
pub(super) struct End {
    pub(super) appointments: HashMap<i64, Appointment>,
    pub(super) messages: Vec<Message>,
    pub(super) reminders: Vec<Reminded>,
    /// The accounts by email.
    pub(super) readers: HashMap<String, i64>,
}
