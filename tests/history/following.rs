//! Checks "this and all later": such a request cancels the appointment and each later one of its series, or nothing.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use crate::{
    end::{End, Row},
    record::{Call, NEVER, Op, Outcome, Seconds},
    violation::{Code, Violation},
};

/// Adds the cancellations of each request, and returns the violations. The front desk made all requests, for appointments
/// that had not started.
pub(crate) fn expand(calls: &[Call], end: &End, all: &mut Vec<Call>) -> Vec<Violation> {
    let series = AllSeries::new(calls, end);
    let mut found = Vec::new();
    // The appointments that each request cancelled, by the audit log.
    let mut groups: HashSet<&Vec<i64>> = end.cancelled.iter().collect();
    let requests = || calls.iter().filter_map(|call| Some((call, following(call)?)));
    for (call, id) in requests().filter(|(call, _)| call.is_ok()) {
        all.push(Call { op: Op::Cancel { id }, ..call.clone() });
        let mut cancelled: Vec<i64> =
            call.body()["cancelled"].as_array().into_iter().flatten().filter_map(Value::as_i64).collect();
        cancelled.sort_unstable();
        let is_made = cancelled.is_empty() || groups.remove(&cancelled) && series.may_be_of(&cancelled, id);
        let left = series.left(id);
        if !is_made || !left.is_empty() {
            found.push(Violation::new(Code::FollowingInPart, format!("left: {left:?}: {call:?}")));
        }
        all.extend(cancelled.into_iter().filter(|other| *other != id).filter_map(|id| series.acknowledged(id, call)));
    }
    for (call, id) in requests().filter(|(call, _)| call.is_unknown()) {
        let groups = groups.iter().filter(|group| series.may_be_of(group, id) && series.left(id).is_empty());
        let cancelled = groups.flat_map(|group| group.iter().copied());
        all.extend(cancelled.map(|id| Call { op: Op::Cancel { id }, ..call.clone() }));
    }
    for group in groups.into_iter().filter(|group| group.len() > 1) {
        let explains = |call: &Call, id| call.is_unknown() && series.may_be_of(group, id) && series.left(id).is_empty();
        if !requests().any(|(call, id)| explains(call, id)) {
            found.push(Violation::new(Code::FollowingInPart, format!("{group:?} were cancelled together")));
        }
    }
    found
}

/// Returns the appointment of such a request.
fn following(call: &Call) -> Option<i64> {
    match call.op {
        Op::CancelFollowing { id } => Some(id),
        _ => None,
    }
}

struct AllSeries<'a> {
    rows: HashMap<i64, &'a Row>,
    /// Where appointments may have been moved to.
    moves: HashMap<i64, Vec<Seconds>>,
    /// Appointments that may have been marked. Such a one is not cancelled with the others.
    marked: HashSet<i64>,
}

impl<'a> AllSeries<'a> {
    fn new(calls: &[Call], end: &'a End) -> Self {
        let mut moves: HashMap<i64, Vec<Seconds>> = HashMap::new();
        let mut marked = HashSet::new();
        for call in calls.iter().filter(|call| call.may_be_made()) {
            match call.op {
                Op::Reschedule { id, start, .. } => moves.entry(id).or_default().push(start),
                Op::Mark { id, .. } => drop(marked.insert(id)),
                _ => {}
            }
        }
        Self { rows: end.appointments.iter().map(|row| (row.id, row)).collect(), moves, marked }
    }

    /// Returns the other appointments in the series of an appointment.
    fn others(&self, id: i64) -> impl Iterator<Item = &'a Row> {
        let series = self.rows.get(&id).and_then(|row| row.series);
        self.rows.values().copied().filter(move |row| series.is_some() && row.series == series && row.id != id)
    }

    /// When an appointment was when it was cancelled: nobody can move it afterwards.
    fn start(&self, id: i64) -> Seconds {
        self.rows.get(&id).map_or(NEVER as Seconds, |row| row.start)
    }

    /// Returns whether a request with this appointment may have cancelled these, and nothing else.
    fn may_be_of(&self, cancelled: &[i64], id: i64) -> bool {
        let later: HashSet<i64> = self.others(id).filter(|row| row.start > self.start(id)).map(|row| row.id).collect();
        cancelled.iter().all(|other| *other == id || later.contains(other))
    }

    /// Returns the booked appointments that certainly were later than this one, so that a request must have cancelled them.
    fn left(&self, id: i64) -> Vec<&'a Row> {
        let moved = |row: &Row| self.moves.get(&row.id).into_iter().flatten().copied().min();
        let is_later = |row: &Row| row.requested_start.min(moved(row).unwrap_or(row.requested_start)) > self.start(id);
        let is_booked = |row: &Row| row.status == "Booked" && !self.marked.contains(&row.id);
        self.others(id).filter(|row| is_booked(row) && is_later(row)).collect()
    }

    /// Returns the acknowledged cancellation of a later appointment. Its version is the last one: nothing changes a cancelled
    /// appointment.
    fn acknowledged(&self, id: i64, call: &Call) -> Option<Call> {
        let row = self.rows.get(&id)?;
        let body = json!({ "status": "Cancelled", "arrived_at": row.arrived.then_some("earlier") });
        let outcome = Outcome::Ok { body, version: (row.status == "Cancelled").then_some(row.version) };
        Some(Call { op: Op::Cancel { id }, outcome, ..call.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{check, record::Clinic, rules::INITIAL_POLICY};

    fn row(id: i64, is_cancelled: bool) -> Row {
        let start = 86_400 * 20_000 + id * 7 * 86_400;
        Row {
            id,
            doctor: 1,
            patient: 2,
            start,
            requested_start: start,
            status: if is_cancelled { "Cancelled" } else { "Booked" }.into(),
            version: if is_cancelled { 2 } else { 1 },
            series: Some(1),
            ..Row::default()
        }
    }

    /// Returns whether the violations of a cancellation of the second of four appointments and those after it have
    /// [`Code::FollowingInPart`].
    fn is_in_part(outcome: Outcome, cancelled: &[i64]) -> bool {
        let returned = if matches!(outcome, Outcome::Unknown { .. }) { NEVER } else { 11 };
        let call = Call { client: 0, op: Op::CancelFollowing { id: 2 }, called: 10, returned, outcome };
        let end = End {
            appointments: (1..=4).map(|id| row(id, cancelled.contains(&id))).collect(),
            cancelled: if cancelled.is_empty() { Vec::new() } else { vec![cancelled.to_vec()] },
            policy: INITIAL_POLICY,
            ..End::default()
        };
        let found = check::violations(&[call], &end, &Clinic::default());
        found.iter().any(|violation| violation.code == Code::FollowingInPart)
    }

    fn ok(cancelled: &[i64]) -> Outcome {
        Outcome::Ok { body: json!({ "status": "Cancelled", "cancelled": cancelled }), version: Some(2) }
    }

    #[test]
    fn this_and_all_later_are_cancelled_or_nothing() {
        let unknown = || Outcome::Unknown { reason: String::new() };
        let refused = || Outcome::Refused { status: 409, conflicts: None };
        assert!(!is_in_part(ok(&[2, 3, 4]), &[2, 3, 4]));
        assert!(!is_in_part(unknown(), &[2, 3, 4]));
        assert!(!is_in_part(unknown(), &[]));
        assert!(!is_in_part(refused(), &[]));
        for part in [&[2, 3][..], &[2, 4], &[3, 4, 1], &[1, 2, 3, 4]] {
            assert!(is_in_part(ok(part), part), "{part:?}");
            assert!(is_in_part(unknown(), part), "{part:?}");
        }
        // The response names others, and the request was refused.
        assert!(is_in_part(ok(&[2, 3]), &[2, 3, 4]));
        assert!(is_in_part(refused(), &[2, 3, 4]));
    }
}
