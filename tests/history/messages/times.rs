//! When something was true: the states of appointments between the earliest and the latest moment of their commits, and
//! the moments between which a sender claimed a mail.

use std::collections::HashMap;

use serde_json::Value;

use super::record::{Appointment, End, History, Mail};
use crate::record::{Booking, Call, Moment, NEVER, Op, Seconds};

/// How many messages a sender claims at once.
const CLAIMED_AT_ONCE: usize = 50;
/// How many outcomes a sender can have in hand: that of the mail it sends, those that wait, and those it records.
const IN_HAND: usize = 10;
/// After this time by the clock, another sender can take over a claim. It is shorter than a claim by the errors of the
/// clocks.
const SAFE: Seconds = 90;

/// The earliest and the latest moment of each commit of an appointment, by version.
pub(super) struct Commits(HashMap<i64, Vec<(Moment, Moment)>>);

impl Commits {
    pub(super) fn new(calls: &[Call], end: &End) -> Self {
        let mut of_appointment: HashMap<i64, Vec<&Call>> = HashMap::new();
        let mut of_doctor: HashMap<(i64, i64), Vec<&Call>> = HashMap::new();
        let mut of_absent: HashMap<Option<i64>, Vec<&Call>> = HashMap::new();
        for call in calls.iter().filter(|call| call.may_be_made()) {
            match (&call.op, call.body().as_i64()) {
                (Op::Book(_), Some(id)) => of_appointment.entry(id).or_default().push(call),
                (Op::Book(Booking { doctor, patient, .. }), None) => {
                    of_doctor.entry((*doctor, *patient)).or_default().push(call);
                }
                // The response lists the appointments that it has cancelled.
                (Op::AddAbsence(_), _) if call.is_ok() => {
                    for id in call.body()["cancelled"].as_array().into_iter().flatten().filter_map(Value::as_i64) {
                        of_appointment.entry(id).or_default().push(call);
                    }
                }
                (Op::AddAbsence(absence), _) => of_absent.entry(absence.doctor).or_default().push(call),
                (Op::Reschedule { id, .. } | Op::Cancel { id }, _) => of_appointment.entry(*id).or_default().push(call),
                _ => {}
            }
        }
        let commits = end.appointments.iter().map(|(id, appointment)| {
            let of_doctor = of_doctor.get(&(appointment.doctor, appointment.patient));
            let all = [of_appointment.get(id), of_doctor, of_absent.get(&Some(appointment.doctor))];
            let calls: Vec<_> = all.into_iter().flatten().flatten().copied().collect();
            (*id, commits(appointment, &calls))
        });
        Self(commits.collect())
    }

    /// The earliest moment of the commit of a version, from 1.
    pub(super) fn earliest(&self, appointment: i64, version: usize) -> Moment {
        self.0.get(&appointment).and_then(|commits| commits.get(version - 1)).map_or(NEVER, |commit| commit.0)
    }

    /// The latest moment of the commit of a version.
    pub(super) fn latest(&self, appointment: i64, version: usize) -> Moment {
        self.0.get(&appointment).and_then(|commits| commits.get(version - 1)).map_or(NEVER, |commit| commit.1)
    }

    /// Whether a version may have been the present one at some moment of a range.
    pub(super) fn may_be_current(&self, appointment: i64, version: usize, from: Moment, until: Moment) -> bool {
        self.earliest(appointment, version) <= until && self.latest(appointment, version + 1) >= from
    }

    /// Whether a version was certainly the present one throughout a range.
    pub(super) fn is_current(&self, appointment: i64, version: usize, from: Moment, until: Moment) -> bool {
        self.latest(appointment, version) < from && self.earliest(appointment, version + 1) > until
    }
}

/// Returns the earliest and the latest moment of each version of an appointment.
fn commits(appointment: &Appointment, calls: &[&Call]) -> Vec<(Moment, Moment)> {
    let mut commits: Vec<(Moment, Moment)> = Vec::new();
    for (index, state) in appointment.states.iter().enumerate() {
        let version = index as i64 + 1;
        let is_such = |call: &&&Call| match &call.op {
            Op::Book(Booking { start, .. }) => version == 1 && *start == state.start,
            Op::Reschedule { start, .. } => version > 1 && state.is_booked && *start == state.start,
            Op::Cancel { .. } | Op::AddAbsence(_) => version > 1 && !state.is_booked,
            _ => false,
        };
        let such = || calls.iter().filter(is_such);
        let is_of_version = |call: &&&Call| match call.op {
            Op::Book(_) | Op::AddAbsence(_) => true,
            _ => call.version() == Some(version),
        };
        let acknowledged = || such().filter(|call| call.is_ok()).filter(is_of_version);
        let unknown = such().filter(|call| call.is_unknown());
        let earliest = acknowledged().chain(unknown).map(|call| call.called).min().unwrap_or(0);
        let latest = acknowledged().map(|call| call.returned).min().unwrap_or(NEVER);
        commits.push((earliest.max(commits.last().map_or(0, |before| before.0)), latest));
    }
    let mut next = NEVER;
    for commit in commits.iter_mut().rev() {
        commit.1 = commit.1.min(next);
        next = commit.1;
    }
    commits
}

/// What is known about a mail that was accepted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sending {
    /// The index of its run.
    pub(super) run: usize,
    /// It was not claimed before this moment.
    pub(super) claimed_from: Moment,
    /// Whether the sender knew that it was accepted, and recorded it.
    pub(super) is_certain: bool,
}

/// Returns what is known about each mail. `None` if no run can have sent it.
pub(super) fn sendings(history: &History) -> Vec<Option<Sending>> {
    let mut of_run: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut runs_of_sender: HashMap<usize, Vec<usize>> = HashMap::new();
    for (index, run) in history.runs.iter().enumerate() {
        runs_of_sender.entry(run.sender).or_default().push(index);
    }
    let mut sendings = vec![None; history.mails.len()];
    for (index, mail) in history.mails.iter().enumerate() {
        let runs = runs_of_sender.get(&mail.sender).map_or(&[][..], Vec::as_slice);
        if let Some(run) = runs.iter().rev().find(|run| history.runs[**run].begun <= mail.at) {
            of_run.entry(*run).or_default().push(index);
        }
    }
    for (run, mails) in of_run {
        let is_uncertain = uncertain(history, run, &mails);
        for (number, index) in mails.iter().enumerate() {
            let earlier = number.checked_sub(CLAIMED_AT_ONCE).map(|earlier| history.mails[mails[earlier]].at);
            sendings[*index] = Some(Sending {
                run,
                claimed_from: earlier.unwrap_or(history.runs[run].begun),
                is_certain: history.mails[*index].is_confirmed && !is_uncertain[number],
            });
        }
    }
    sendings
}

/// Returns which mails of a run the sender may not have recorded: it was killed, frozen, or the clock jumped.
fn uncertain(history: &History, run: usize, mails: &[usize]) -> Vec<bool> {
    let run = &history.runs[run];
    let elapsed = |at| history.clock_of(run.sender, at) - history.clock_of(run.sender, run.begun);
    let during = |at: Moment| run.begun <= at && at <= run.ended;
    let frozen = history.freezes.iter().filter(|(sender, _)| *sender == run.sender).map(|(_, at)| *at);
    let jumped = history.jumps.iter().map(|jump| jump.at).filter(|at| elapsed(*at) >= SAFE);
    let mut moments: Vec<_> = frozen.chain(jumped).filter(|at| during(*at)).collect();
    if !run.is_reported {
        moments.push(NEVER);
    }
    let at = |mail: &usize| history.mails[*mail].at;
    let mut is_uncertain = vec![false; mails.len()];
    for moment in moments {
        let before = mails.iter().take_while(|mail| at(mail) <= moment).count();
        is_uncertain[before.saturating_sub(IN_HAND)..mails.len().min(before + 1)].fill(true);
    }
    is_uncertain
}

/// The mails by Message-ID.
pub(super) fn by_id(mails: &[Mail]) -> HashMap<&str, Vec<usize>> {
    let mut found: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, mail) in mails.iter().enumerate() {
        found.entry(&mail.message_id).or_default().push(index);
    }
    found
}
