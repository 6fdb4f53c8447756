//! Timelines: at which times an appointment certainly occupied which slot.

use std::collections::HashMap;

use crate::{
    check::Creation,
    record::{Call, Moment, NEVER, Op, Row, Seconds},
};

/// The time range in which an appointment certainly had this start: from the response to the change that set it, until
/// the request of the next change.
#[derive(Clone, Debug)]
pub(crate) struct Occupancy {
    pub(crate) start: Seconds,
    pub(crate) duration: i64,
    pub(crate) from: Moment,
    pub(crate) until: Moment,
}

impl Occupancy {
    /// Returns whether the time was certainly occupied throughout this range.
    pub(crate) fn certainly_covers(&self, from: Moment, until: Moment) -> bool {
        self.from < from && until < self.until
    }
}

/// A change of the time of an appointment: rescheduled, or cancelled (no new start).
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) old_start: Seconds,
    pub(crate) new_start: Option<Seconds>,
    /// The time range in which the change was made: earliest and latest.
    pub(crate) within: (Moment, Moment),
}

/// Everything that is known about the times of an appointment.
#[derive(Clone, Debug)]
pub(crate) struct Timeline {
    pub(crate) doctor: i64,
    pub(crate) patient: i64,
    pub(crate) duration: i64,
    pub(crate) requested_start: Seconds,
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
        if let Op::Reschedule { id, .. } | Op::Cancel { id } | Op::Mark { id, .. } = call.op {
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
    let mut occupancies = Vec::new();
    // The requested start is certain until the first request that may have changed it.
    let first = changes.iter().filter(leaves).map(|call| call.called).min().unwrap_or(NEVER);
    occupancies.push(Occupancy {
        start: row.requested_start,
        duration: row.requested_duration,
        from: created.1,
        until: first,
    });
    for (index, step) in steps.iter().flatten().enumerate() {
        let next = steps.iter().flatten().nth(index + 1).map_or(NEVER, |next| next.within.0);
        if let Some(start) = step.new_start {
            // No other request changed the appointment in between.
            occupancies.push(Occupancy { start, duration: row.duration, from: step.within.1, until: next });
        }
    }
    Timeline {
        doctor: row.doctor,
        patient: row.patient,
        duration: row.duration,
        requested_start: row.requested_start,
        created,
        occupancies,
        steps,
        marked: changes.iter().any(|call| matches!(call.op, Op::Mark { .. })),
    }
}

/// Returns the steps of an appointment, if a client got every version in a response.
fn steps(row: &Row, changes: &[&Call]) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut at = row.requested_start;
    for version in 2..=row.version {
        let made: Vec<_> = changes.iter().filter(|call| call.version() == Some(version)).collect();
        let first = made.first()?;
        match first.op {
            Op::Reschedule { start, .. } if made.len() == 1 => {
                steps.push(Step { old_start: at, new_start: Some(start), within: first.within() });
                at = start;
            }
            // If several calls cancelled it or may have, one of them did.
            Op::Cancel { .. } if made.iter().all(|call| matches!(call.op, Op::Cancel { .. })) => {
                let all = || changes.iter().filter(|call| matches!(call.op, Op::Cancel { .. }));
                let called = all().map(|call| call.called).min()?;
                let returned = made.iter().map(|call| call.returned).min()?;
                steps.push(Step { old_start: at, new_start: None, within: (called, returned) });
            }
            Op::Mark { .. } if made.iter().all(|call| matches!(call.op, Op::Mark { .. })) => {}
            _ => return None,
        }
    }
    Some(steps)
}
