//! The checker of reminders: none is missed, and none is of an appointment that was cancelled, moved, or has begun.

use std::collections::HashMap;

use super::{
    check::Checked,
    record::{Message, Reminded},
};
use crate::{
    record::{Moment, Seconds},
    violation::{Code, Violation},
};

/// How many runs are enough to add all reminders that are due: each adds some of them.
const RUNS: usize = 3;

pub(super) fn violations(checked: &Checked<'_>) -> Vec<Violation> {
    [mails(checked), missed(checked)].concat()
}

impl Checked<'_> {
    /// Whether an appointment may have been booked for a start at some moment of a range.
    fn may_be_booked(&self, appointment: i64, start: Seconds, from: Moment, until: Moment) -> bool {
        self.versions(appointment, start).any(|version| self.commits.may_be_current(appointment, version, from, until))
    }

    /// The versions in which an appointment is booked for a start.
    fn versions(&self, appointment: i64, start: Seconds) -> impl Iterator<Item = usize> {
        let states = self.end.appointments.get(&appointment).map_or(&[][..], |it| &it.states);
        states.iter().enumerate().filter(move |(_, it)| it.is_booked && it.start == start).map(|(index, _)| index + 1)
    }
}

/// Checks that each mail names the appointments that were still so when it was claimed, and only those.
fn mails(checked: &Checked<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    let reminded = checked.reminded();
    let messages = checked.end.messages.iter().filter(|message| message.kind == "reminder");
    for message in messages {
        let reminded = reminded.get(&message.id).map_or(&[][..], Vec::as_slice);
        for index in checked.mails.get(message.message_id.as_str()).into_iter().flatten() {
            let (mail, Some(sending)) = (&checked.history.mails[*index], checked.sendings[*index]) else { continue };
            let (from, until) = (sending.claimed_from, mail.at);
            // It had not begun by the clock of the sender.
            let ahead = |it: &&&Reminded, at: Moment| it.start > checked.history.clock_of(mail.sender, at);
            let possible = reminded.iter().filter(|it| {
                ahead(it, from) && checked.commits.may_be_current(it.appointment, it.version, from, until)
            });
            let certain = reminded
                .iter()
                .filter(|it| ahead(it, until) && checked.commits.is_current(it.appointment, it.version, from, until));
            if mail.links > possible.count() {
                found.push(Violation::new(Code::ReminderOutdated, format!("{mail:?}, {reminded:?}")));
            }
            if mail.links < certain.count() {
                found.push(Violation::new(Code::ReminderMissed, format!("not named: {mail:?}, {reminded:?}")));
            }
        }
    }
    found
}

/// Checks that each time of which a reader was to be reminded has a reminder that was sent.
fn missed(checked: &Checked<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    let messages: HashMap<i64, &Message> = checked.end.messages.iter().map(|message| (message.id, message)).collect();
    let reminders: HashMap<_, _> =
        checked.end.reminders.iter().map(|it| ((it.appointment, it.minutes, it.version), it.message)).collect();
    for (id, appointment) in &checked.end.appointments {
        for (index, state) in appointment.states.iter().enumerate().filter(|(_, state)| state.is_booked) {
            for minutes in &checked.history.reminder_minutes {
                let due = state.start - minutes * 60;
                let (from, until) = (checked.commits.latest(*id, index + 1), checked.commits.earliest(*id, index + 2));
                // One that was due before the appointment got this time is not sent.
                if due < state.at || checked.runs_within(due, state.start, from, until).count() < RUNS {
                    continue;
                }
                let message = reminders.get(&(*id, *minutes, index + 1)).and_then(|id| messages.get(id));
                let had_time = checked.had_time(due, state.start, from, until);
                let is_sent =
                    message.is_some_and(|message| !had_time || is_sent(checked, message, *id, state.start, from));
                if !is_sent {
                    let evidence =
                        format!("{minutes} minutes before {} of {id}, {appointment:?}: {message:?}", state.start);
                    found.push(Violation::new(Code::ReminderMissed, evidence));
                }
            }
        }
    }
    found
}

/// Whether a message reminded of a time that an appointment had from a moment on, or every attempt failed.
fn is_sent(checked: &Checked<'_>, message: &Message, appointment: i64, start: Seconds, from: Moment) -> bool {
    let mails = checked.mails.get(message.message_id.as_str());
    match message.state.as_str() {
        "Sent" => mails.into_iter().flatten().any(|index| {
            let (at, sending) = (checked.history.mails[*index].at, checked.sendings[*index]);
            // The attempts can have failed as long as the appointment had this time.
            message.attempts > 1 && from < at
                || sending.is_some_and(|it| checked.may_be_booked(appointment, start, it.claimed_from, at))
        }),
        "Failed" | "Call" => true,
        // The attempts failed, or their outcomes were unknown, until it was no longer true.
        _ => message.attempts > 0,
    }
}
