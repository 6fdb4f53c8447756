//! Timelines: at which times an appointment certainly occupied which slot.

use std::collections::{HashMap, HashSet};

use crate::{
    check::Creation,
    end::Row,
    linear::seconds,
    record::{Call, Moment, NEVER, Op, Seconds},
};

/// The time range in which an appointment certainly was with this doctor at this start: from the response to the change
/// that set them, until the request of the next change.
#[derive(Clone, Debug)]
pub(crate) struct Occupancy {
    pub(crate) doctor: i64,
    pub(crate) start: Seconds,
    /// In minutes, as the buffers.
    pub(crate) duration: i64,
    pub(crate) buffers: (i64, i64),
    pub(crate) from: Moment,
    pub(crate) until: Moment,
}

impl Timeline {
    /// Returns whether the appointment may have been with a doctor on the day that begins at a second, at some moment of
    /// this range.
    pub(crate) fn may_be_on(&self, doctor: i64, day: Seconds, from: Moment, until: Moment) -> bool {
        let is_on = |(of, start): Place| of == doctor && (day..day + 86_400).contains(&start);
        let Some(steps) = &self.steps else {
            return self.created.0 <= until && self.places.iter().any(|place| is_on(*place));
        };
        let leaves = steps.iter().map(|step| step.within.1).chain([NEVER]);
        let arrives = [(Some(self.requested), self.created.0)].into_iter();
        let arrives = arrives.chain(steps.iter().map(|step| (step.new, step.within.0)));
        arrives.zip(leaves).any(|((place, first), last)| place.is_some_and(is_on) && first <= until && from <= last)
    }
}

impl Occupancy {
    /// Returns whether the time was certainly occupied throughout this range.
    pub(crate) fn certainly_covers(&self, from: Moment, until: Moment) -> bool {
        self.from < from && until < self.until
    }

    /// Returns whether both were certain at some moment.
    pub(crate) fn coexists_with(&self, other: &Self) -> bool {
        self.from.max(other.from) < self.until.min(other.until)
    }

    /// When the patient is there.
    pub(crate) fn attended(&self) -> (Seconds, Seconds) {
        (self.start, self.start + self.duration * 60)
    }

    /// When the doctor is busy: buffers included.
    pub(crate) fn busy(&self) -> (Seconds, Seconds) {
        let (before, after) = self.buffers;
        (self.start - before * 60, self.start + (self.duration + after) * 60)
    }
}

/// The doctor and the start of an appointment.
pub(crate) type Place = (i64, Seconds);

/// A change of the place of an appointment: rescheduled, or cancelled (no new place).
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) old: Place,
    pub(crate) new: Option<Place>,
    /// The time range in which the change was made: earliest and latest.
    pub(crate) within: (Moment, Moment),
}

/// Everything that is known about the times of an appointment.
#[derive(Clone, Debug)]
pub(crate) struct Timeline {
    pub(crate) patient: i64,
    pub(crate) duration: i64,
    /// Where it was booked.
    pub(crate) requested: Place,
    /// All places where it may have been.
    pub(crate) places: HashSet<Place>,
    pub(crate) created: Creation,
    pub(crate) occupancies: Vec<Occupancy>,
    /// Its changes in order; `None` if they are not certain.
    pub(crate) steps: Option<Vec<Step>>,
    /// Whether it was marked as done or no-show, or may have been.
    pub(crate) marked: bool,
}

/// Returns the timelines of all appointments.
pub(crate) fn timelines(calls: &[Call], rows: &[Row], creations: &HashMap<i64, Creation>) -> HashMap<i64, Timeline> {
    let mut calls_of: HashMap<i64, Vec<&Call>> = HashMap::new();
    for call in calls.iter().filter(|call| call.may_be_made()) {
        if let Op::Reschedule { id, .. } | Op::Cancel { id } | Op::Mark { id, .. } | Op::Arrival { id, .. } = call.op {
            calls_of.entry(id).or_default().push(call);
        }
    }
    let created = |row: &Row| creations.get(&row.id).copied().unwrap_or((0, NEVER));
    rows.iter()
        .map(|row| (row.id, timeline(row, created(row), calls_of.get(&row.id).map_or(&[][..], Vec::as_slice))))
        .collect()
}

fn timeline(row: &Row, created: Creation, changes: &[&Call]) -> Timeline {
    let leaves = |call: &&&Call| matches!(call.op, Op::Reschedule { .. } | Op::Cancel { .. });
    let steps = steps(row, changes);
    let requested = (row.requested_doctor, row.requested_start);
    let at = |(doctor, start): Place, from, until| {
        let Row { duration, buffers, .. } = *row;
        Occupancy { doctor, start, duration, buffers, from, until }
    };
    // The requested place is certain until the first request that may have changed it.
    let first = changes.iter().filter(leaves).map(|call| call.called).min().unwrap_or(NEVER);
    let mut occupancies = vec![at(requested, created.1, first)];
    for (index, step) in steps.iter().flatten().enumerate() {
        let next = steps.iter().flatten().nth(index + 1).map_or(NEVER, |next| next.within.0);
        // No other request changed the appointment in between.
        occupancies.extend(step.new.map(|place| at(place, step.within.1, next)));
    }
    Timeline {
        patient: row.patient,
        duration: row.duration,
        requested,
        places: places(requested, changes),
        created,
        occupancies,
        steps,
        marked: changes.iter().any(|call| matches!(call.op, Op::Mark { .. })),
    }
}

/// Returns the place where an appointment was booked, and each where it may have been moved to.
fn places(requested: Place, changes: &[&Call]) -> HashSet<Place> {
    let moves = || changes.iter().filter(|call| matches!(call.op, Op::Reschedule { .. }));
    let doctors: HashSet<i64> = moves().filter_map(|call| moved_to(call)).chain([requested.0]).collect();
    let mut places = HashSet::from([requested]);
    for call in moves() {
        let Op::Reschedule { start, .. } = call.op else { continue };
        match moved_to(call) {
            Some(doctor) => drop(places.insert((doctor, start))),
            None => places.extend(doctors.iter().map(|doctor| (*doctor, start))),
        }
    }
    places
}

/// Returns the doctor whom a reschedule moved its appointment to, if the request or the response has it.
pub(crate) fn moved_to(call: &Call) -> Option<i64> {
    let given = match call.op {
        Op::Reschedule { doctor, .. } => doctor,
        _ => None,
    };
    given.or(call.body()["doctor_id"].as_i64())
}

/// Returns the place of an appointment in a response.
fn place(call: &Call) -> Option<Place> {
    let body = call.body();
    Some((body["doctor_id"].as_i64()?, seconds(&body["start_date"])?))
}

/// Returns the steps of an appointment, if a client got every version in a response.
fn steps(row: &Row, changes: &[&Call]) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut at = (row.requested_doctor, row.requested_start);
    for version in 2..=row.version {
        let made: Vec<_> = changes.iter().filter(|call| call.version() == Some(version)).collect();
        let moves: Vec<_> = made.iter().filter(|call| matches!(call.op, Op::Reschedule { .. })).collect();
        if let [call] = moves[..] {
            // Others that returned this version changed nothing: they took back a mark or an arrival that was not there.
            let Op::Reschedule { doctor, start, .. } = call.op else { return None };
            let new = (doctor.unwrap_or(at.0), start);
            steps.push(Step { old: at, new: Some(new), within: call.within() });
            at = new;
        } else if !moves.is_empty() {
            return None;
        } else if made.iter().any(|call| matches!(call.op, Op::Cancel { .. })) {
            // If several calls cancelled it or may have, one of them did.
            let all = || changes.iter().filter(|call| matches!(call.op, Op::Cancel { .. }));
            let called = all().map(|call| call.called).min()?;
            let returned = made.iter().map(|call| call.returned).min()?;
            steps.push(Step { old: at, new: None, within: (called, returned) });
        } else if made.is_empty() || made.iter().any(|call| place(call) != Some(at)) {
            // The change that others found made may be a move without a response.
            return None;
        }
    }
    Some(steps)
}
