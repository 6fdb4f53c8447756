//! The checker of messages: compares the mails that were accepted, and the messages at the end, with what was committed.
//! It shares no code with the sender and its statements.

use std::collections::{HashMap, HashSet};

use super::{
    record::{Appointment, End, History, Invitation, Mail, Message, Reminded, Run},
    reminders,
    times::{Commits, Sending, by_id, sendings},
};
use crate::{
    record::{Moment, Op, Seconds},
    violation::{Code, Violation},
};

/// How long a message about a change waits for the next change, and a second more.
const HOLD: Seconds = 61;
/// How many runs are enough to send a message. In all but the last, another sender can have a claim of it, and lose it.
const CHANCES: usize = 3;
/// What can lie between a jump of the clock and the moment that was recorded for it.
const JUMPING: Moment = 50_000;
/// How many mails that set a password an account gets at least. There are at most three within an hour, and one that waits
/// counts for longer.
const RESETS: usize = 3;

/// A history with what follows from it.
pub(super) struct Checked<'a> {
    pub(super) history: &'a History,
    pub(super) end: &'a End,
    pub(super) commits: Commits,
    pub(super) sendings: Vec<Option<Sending>>,
    pub(super) mails: HashMap<&'a str, Vec<usize>>,
}

/// Returns all violations of a history.
pub(super) fn violations(history: &History, end: &End) -> Vec<Violation> {
    let checked = Checked {
        history,
        end,
        commits: Commits::new(&history.calls, end),
        sendings: sendings(history),
        mails: by_id(&history.mails),
    };
    [
        checked.messages(),
        checked.invitations(),
        checked.repetitions(),
        checked.appointments(),
        checked.accounts(),
        reminders::violations(&checked),
    ]
    .concat()
}

impl Checked<'_> {
    /// Checks each message with its mails: one that is sent was accepted, one that failed was refused, and none waits.
    fn messages(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        let unreachable: HashSet<_> = self.history.unreachable.iter().collect();
        for message in &self.end.messages {
            let is_mailed = self.mails_of(message).next().is_some();
            let is_right = match message.state.as_str() {
                "Queued" => {
                    found.push(Violation::new(Code::MessageStuck, format!("{message:?}")));
                    continue;
                }
                "Sent" => is_mailed,
                "Call" => unreachable.contains(&message.reader) && !is_mailed,
                "Dropped" => message.appointment.is_some() || message.kind == "reminder",
                state => state == "Failed",
            };
            if !is_right {
                found.push(Violation::new(Code::MessageMisrecorded, format!("{message:?}, mailed: {is_mailed}")));
            }
        }
        let failed = self.end.messages.iter().filter(|message| message.state == "Failed");
        let failed = failed.map(|message| &message.message_id).collect::<HashSet<_>>().len();
        if failed > self.history.refusals {
            let evidence = format!("{failed} mails have failed, {} were refused", self.history.refusals);
            found.push(Violation::new(Code::MessageMisrecorded, evidence));
        }
        let mut messages: HashMap<_, Vec<&Message>> = HashMap::new();
        for message in &self.end.messages {
            messages.entry(message.message_id.as_str()).or_default().push(message);
        }
        for mail in &self.history.mails {
            let reader = self.end.readers.get(&mail.to);
            let messages = messages.get(mail.message_id.as_str()).map_or(&[][..], Vec::as_slice);
            let is_of = |appointment| messages.iter().any(|message| message.appointment == Some(appointment));
            let is_explained = messages.iter().any(|message| Some(&message.reader) == reader)
                && mail.invitations.iter().all(|invitation| is_of(invitation.appointment));
            if !is_explained {
                found.push(Violation::new(Code::MailUnexplained, format!("it belongs to no message: {mail:?}")));
            }
        }
        found
    }

    /// The mails of a message: those with its Message-ID, and with its appointment if it is about one.
    fn mails_of(&self, message: &Message) -> impl Iterator<Item = &Mail> {
        let mails = self.mails.get(message.message_id.as_str()).into_iter().flatten();
        let names = |mail: &Mail, id| mail.invitations.iter().any(|invitation| invitation.appointment == id);
        let appointment = message.appointment;
        mails.map(|index| &self.history.mails[*index]).filter(move |mail| appointment.is_none_or(|id| names(mail, id)))
    }

    /// Checks that each mail tells states of appointments that were committed, and that were not certainly replaced when
    /// the mail was claimed. No other mail tells them, and none is twice in a mail.
    fn invitations(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        let mut told: HashMap<(i64, i64), &str> = HashMap::new();
        let mails = self.history.mails.iter().enumerate();
        let of_mails = mails.flat_map(|(index, mail)| mail.invitations.iter().map(move |it| (index, mail, it)));
        for (index, mail, invitation) in of_mails {
            let Invitation { appointment, version, .. } = *invitation;
            let Some(sending) = self.sendings[index] else {
                found.push(Violation::new(Code::MailUnexplained, format!("no sender ran: {mail:?}")));
                continue;
            };
            let of = self.end.appointments.get(&appointment);
            let number = usize::try_from(version).unwrap_or_default();
            if !of.is_some_and(|of| self.tells(of, number, mail, invitation)) {
                found.push(Violation::new(Code::MailUnexplained, format!("{mail:?}, {of:?}")));
                continue;
            }
            if !self.commits.may_be_current(appointment, number, sending.claimed_from, mail.at) {
                let evidence = format!("claimed after {}: {mail:?}, {of:?}", sending.claimed_from);
                found.push(Violation::new(Code::MailOutdated, evidence));
            }
            let is_twice = mail.invitations.iter().filter(|it| it.appointment == appointment).count() > 1;
            let before = told.insert((appointment, version), &mail.message_id);
            if is_twice || before.is_some_and(|before| before != mail.message_id) {
                found.push(Violation::new(Code::MailRepeated, format!("another message says the same: {mail:?}")));
            }
        }
        found
    }

    /// Whether a mail tells this version of an appointment to its patient.
    fn tells(&self, of: &Appointment, version: usize, mail: &Mail, invitation: &Invitation) -> bool {
        let state = version.checked_sub(1).and_then(|index| of.states.get(index));
        self.end.readers.get(&mail.to) == Some(&of.patient)
            && state.is_some_and(|it| (it.start, it.is_booked) == (invitation.start, !invitation.is_cancelled))
    }

    /// Checks that a mail is sent again only if the outcome of the earlier attempts is unknown. A mail program can hide all
    /// but the first, so the others say nothing new.
    fn repetitions(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        for mails in self.mails.values() {
            let certain: Vec<_> =
                mails.iter().filter_map(|index| self.sendings[*index].filter(|it| it.is_certain)).collect();
            let recorded = certain.iter().map(|sending| self.history.runs[sending.run].ended).min();
            let after = |index: &&usize| {
                let run = self.sendings[**index].map(|sending| &self.history.runs[sending.run]);
                run.zip(recorded).is_some_and(|(run, recorded)| run.begun > recorded)
            };
            let says_more = mails.windows(2).any(|two| {
                let [first, next] = [two[0], two[1]].map(|index| &self.history.mails[index].invitations);
                next.iter().any(|invitation| !first.iter().any(|it| it.says_the_same(invitation)))
            });
            if certain.len() > 1 || says_more || mails.iter().any(|index| after(&index)) {
                let mails: Vec<_> =
                    mails.iter().map(|index| (&self.history.mails[*index], self.sendings[*index])).collect();
                found.push(Violation::new(Code::MailRepeated, format!("{mails:?}")));
            }
        }
        found
    }

    /// Checks that each change of an appointment was told, or replaced before it could be.
    fn appointments(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        let mut mails: HashMap<i64, Vec<usize>> = HashMap::new();
        for (index, mail) in self.history.mails.iter().enumerate() {
            for invitation in &mail.invitations {
                mails.entry(invitation.appointment).or_default().push(index);
            }
        }
        let mut messages: HashMap<i64, Vec<&Message>> = HashMap::new();
        for message in &self.end.messages {
            if let Some(appointment) = message.appointment {
                messages.entry(appointment).or_default().push(message);
            }
        }
        for (id, appointment) in &self.end.appointments {
            if self.history.unreachable.contains(&appointment.patient) {
                continue;
            }
            let mails = mails.get(id).map_or(&[][..], Vec::as_slice);
            let messages = messages.get(id).map_or(&[][..], Vec::as_slice);
            for version in 1..=appointment.states.len() {
                if !self.is_told(*id, appointment, version, mails, messages) {
                    let mails: Vec<_> = mails.iter().map(|index| &self.history.mails[*index]).collect();
                    let evidence = format!("version {version} of {id}, {appointment:?}: {mails:?}, {messages:?}");
                    found.push(Violation::new(Code::ChangeUntold, evidence));
                }
            }
        }
        found
    }

    /// Whether a version of an appointment was told, or did not have to be.
    fn is_told(&self, id: i64, of: &Appointment, version: usize, mails: &[usize], messages: &[&Message]) -> bool {
        let invitations =
            |index: &usize| self.history.mails[*index].invitations.iter().filter(|it| it.appointment == id);
        let versions = || mails.iter().flat_map(invitations).map(|it| usize::try_from(it.version).unwrap_or_default());
        if versions().any(|told| told == version) {
            return true;
        }
        let state = of.states[version - 1];
        // What the reader knew before.
        let before = versions().filter(|told| *told < version).max().map(|told| of.states[told - 1]);
        let is_known = match before {
            Some(before) => (before.start, before.is_booked) == (state.start, state.is_booked),
            None => !state.is_booked,
        };
        if is_known {
            return true;
        }
        let hindered =
            |message: &Message| message.state == "Failed" || message.attempts > self.mails_of(message).count();
        let is_uncertain = |index: &usize| self.sendings[*index].is_none_or(|sending| !sending.is_certain);
        let was_hindered = messages.iter().any(|it| hindered(it)) || mails.iter().any(is_uncertain);
        let is_replaced = version < of.states.len();
        // The last version stays untold only if the server refused it, or if the appointment began before.
        let is_over = state.is_booked && messages.iter().any(|message| message.state == "Dropped");
        let refused = messages.iter().any(|message| message.state == "Failed");
        let before = if is_replaced { Seconds::MAX } else { state.start };
        let (from, until) = (self.commits.latest(id, version), self.commits.earliest(id, version + 1));
        let had_time = self.had_time(state.at + HOLD, before, from, until);
        refused || (is_replaced || is_over) && (was_hindered || !had_time)
    }

    /// Whether the senders had enough chances to send a message between these times and moments: runs that follow each
    /// other, so that no other run can have the message in hand during all of them.
    pub(super) fn had_time(&self, after: Seconds, before: Seconds, mut from: Moment, until: Moment) -> bool {
        for _ in 0..CHANCES {
            let runs = self.runs_within(after, before, from, until);
            let Some(chance) = runs.min_by_key(|run| run.begun) else { return false };
            let at_once = self.history.runs.iter().filter(|run| run.begun <= chance.ended && run.ended >= chance.begun);
            from = at_once.map(|run| run.ended).max().unwrap_or(chance.ended);
        }
        true
    }

    /// Returns the runs that reported, and that began after and ended before a time by their clocks and a moment.
    pub(super) fn runs_within(
        &self,
        after: Seconds,
        before: Seconds,
        from: Moment,
        until: Moment,
    ) -> impl Iterator<Item = &Run> {
        self.history.runs.iter().filter(move |run| {
            run.is_reported
                && from < run.begun
                && run.ended < until
                && self.history.clock_of(run.sender, run.begun.saturating_sub(JUMPING)) >= after
                && self.history.clock_of(run.sender, run.ended) < before
        })
    }

    /// Checks the mails about accounts: one for each registration and for each forgotten password, and no others.
    fn accounts(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        let mut asked: HashMap<(&str, &str), (usize, usize)> = HashMap::new();
        for call in self.history.calls.iter().filter(|call| call.may_be_made()) {
            let key = match &call.op {
                Op::Register { email } => ("verify_email", email.as_str()),
                Op::ForgetPassword { email } => ("reset_password", email.as_str()),
                _ => continue,
            };
            let (least, most) = asked.entry(key).or_default();
            *least = (*least + usize::from(call.is_ok())).min(RESETS);
            *most += 1;
        }
        for ((kind, email), (least, most)) in asked {
            let Some(reader) = self.end.readers.get(email) else { continue };
            let is_such = |it: &&Message| it.kind == kind && it.reader == *reader && it.state != "Dropped";
            let messages = self.end.messages.iter().filter(is_such).count();
            if !(least..=most).contains(&messages) {
                let evidence = format!("{kind} to {email}: {messages} messages, {least} to {most} were asked for");
                let code = if messages < least { Code::ChangeUntold } else { Code::MailUnexplained };
                found.push(Violation::new(code, evidence));
            }
        }
        found
    }

    /// The reminders of each message. One that stands for several leads is there once.
    pub(super) fn reminded(&self) -> HashMap<i64, Vec<&Reminded>> {
        let mut found: HashMap<i64, Vec<&Reminded>> = HashMap::new();
        for reminded in &self.end.reminders {
            let of_message = found.entry(reminded.message).or_default();
            if of_message.iter().all(|it| it.appointment != reminded.appointment) {
                of_message.push(reminded);
            }
        }
        found
    }
}
