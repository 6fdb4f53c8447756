//! When an appointment surely held which time.

use std::collections::HashMap;

use crate::{
    check::Birth,
    record::{Call, Moment, NEVER, Op, Row, Seconds},
};

/// A time that an appointment held, for at least as long as from when that was acknowledged until
/// somebody asked for it to end.
#[derive(Clone, Debug)]
pub(crate) struct Tenure {
    pub(crate) start: Seconds,
    pub(crate) duration: i64,
    pub(crate) from: Moment,
    pub(crate) until: Moment,
}

impl Tenure {
    /// Whether it was surely held throughout.
    pub(crate) fn surely_covers(&self, from: Moment, until: Moment) -> bool {
        self.from < from && until < self.until
    }
}

/// A change of where an appointment is: it left one time, and came to another, or to none.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) left: Seconds,
    pub(crate) came: Option<Seconds>,
    /// Not before, and not after.
    pub(crate) within: (Moment, Moment),
}

/// An appointment's life.
#[derive(Clone, Debug)]
pub(crate) struct Life {
    pub(crate) doctor: i64,
    pub(crate) patient: i64,
    pub(crate) duration: i64,
    pub(crate) asked_start: Seconds,
    pub(crate) born: Birth,
    pub(crate) tenures: Vec<Tenure>,
    /// All that became of it, one after the other; `None` where that is not known for sure.
    pub(crate) steps: Option<Vec<Step>>,
    /// Whether it was marked, or may have been.
    pub(crate) marked: bool,
}

/// The lives of all appointments.
pub(crate) fn lives(calls: &[Call], rows: &[Row], births: &HashMap<i64, Birth>) -> HashMap<i64, Life> {
    let mut of: HashMap<i64, Vec<&Call>> = HashMap::new();
    for call in calls.iter().filter(|call| call.may_be_made()) {
        if let Op::Move { id, .. } | Op::Cancel { id } | Op::Mark { id, .. } = call.op {
            of.entry(id).or_default().push(call);
        }
    }
    let born = |row: &Row| births.get(&row.id).copied().unwrap_or((0, NEVER));
    rows.iter().map(|row| (row.id, life(row, born(row), of.get(&row.id).map_or(&[][..], Vec::as_slice)))).collect()
}

fn life(row: &Row, born: Birth, changes: &[&Call]) -> Life {
    let leaves = |call: &&&Call| matches!(call.op, Op::Move { .. } | Op::Cancel { .. });
    let steps = steps(row, changes);
    let mut tenures = Vec::new();
    // The first is held until the first that may have ended it; after that, only what is known.
    let first = changes.iter().filter(leaves).map(|call| call.called).min().unwrap_or(NEVER);
    tenures.push(Tenure { start: row.asked_start, duration: row.requested_duration, from: born.1, until: first });
    for (index, step) in steps.iter().flatten().enumerate() {
        let next = steps.iter().flatten().nth(index + 1).map_or(NEVER, |next| next.within.0);
        if let Some(start) = step.came {
            // Whatever was asked for meanwhile is either a step, or was not made.
            tenures.push(Tenure { start, duration: row.duration, from: step.within.1, until: next });
        }
    }
    Life {
        doctor: row.doctor,
        patient: row.patient,
        duration: row.duration,
        asked_start: row.asked_start,
        born,
        tenures,
        steps,
        marked: changes.iter().any(|call| matches!(call.op, Op::Mark { .. })),
    }
}

/// The steps of an appointment whose every version somebody was told of.
fn steps(row: &Row, changes: &[&Call]) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut at = row.asked_start;
    for version in 2..=row.version {
        let made: Vec<_> = changes.iter().filter(|call| call.version() == Some(version)).collect();
        let first = made.first()?;
        match first.op {
            Op::Move { start, .. } if made.len() == 1 => {
                steps.push(Step { left: at, came: Some(start), within: first.within() });
                at = start;
            }
            // Of several who cancelled, or whose answer was lost, one did.
            Op::Cancel { .. } if made.iter().all(|call| matches!(call.op, Op::Cancel { .. })) => {
                let all = || changes.iter().filter(|call| matches!(call.op, Op::Cancel { .. }));
                let called = all().map(|call| call.called).min()?;
                let returned = made.iter().map(|call| call.returned).min()?;
                steps.push(Step { left: at, came: None, within: (called, returned) });
            }
            Op::Mark { .. } if made.iter().all(|call| matches!(call.op, Op::Mark { .. })) => {}
            _ => return None,
        }
    }
    Some(steps)
}
