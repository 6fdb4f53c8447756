//! Checks what the staff and guardians book: for whom, overrides, walk-ins, and appointment types.

use std::collections::HashMap;

use crate::{
    record::{Call, Clinic, End, Lengths, NEVER, Op, Row},
    rules::{placed, possible},
    timeline::{Timeline, moved_to},
    violation::{Code, Violation},
};

/// How long before its booking an appointment can have begun, in seconds, if the staff book it.
const WALK_IN: i64 = 3600;

/// Returns the violations of these rules.
pub(crate) fn violations(
    calls: &[Call],
    timelines: &HashMap<i64, Timeline>,
    end: &End,
    clinic: &Clinic,
) -> Vec<Violation> {
    let mut found = bookers(calls, timelines, end, clinic);
    found.extend(overrides(end, clinic));
    found.extend(starts(calls, timelines, end, clinic));
    found.extend(types(calls, timelines, end, clinic));
    found
}

/// Checks that each appointment was booked by its patient, a guardian of the patient, the front desk, or its doctor, who
/// can only book for their patients.
fn bookers(calls: &[Call], timelines: &HashMap<i64, Timeline>, end: &End, clinic: &Clinic) -> Vec<Violation> {
    let mut found = Vec::new();
    for row in &end.appointments {
        let Row { by, patient, .. } = *row;
        let may = by == patient
            || clinic.desk.contains(&by)
            || clinic.guardians.contains(&(by, patient))
            || by == row.requested_doctor && may_know(row, calls, timelines, end);
        if !may {
            found.push(Violation::new(Code::BookedForOther, format!("{row:?}")));
        }
    }
    found
}

/// Returns whether the front desk or its doctor booked an appointment.
fn is_by_staff(row: &Row, clinic: &Clinic) -> bool {
    clinic.desk.contains(&row.by) || row.by == row.requested_doctor
}

/// Returns whether the doctor of an appointment may have had another one with its patient before.
fn may_know(row: &Row, calls: &[Call], timelines: &HashMap<i64, Timeline>, end: &End) -> bool {
    let latest = timelines.get(&row.id).map_or(NEVER, |timeline| timeline.created.1);
    end.appointments.iter().filter(|other| other.id != row.id && other.patient == row.patient).any(|other| {
        let Some(timeline) = timelines.get(&other.id) else { return false };
        let booked = other.requested_doctor == row.by && timeline.created.0 < latest;
        booked
            || calls.iter().any(|call| {
                matches!(call.op, Op::Reschedule { id, .. } if id == other.id)
                    && moved_to(call) == Some(row.by)
                    && call.may_be_made()
                    && call.called < latest
            })
    })
}

/// Checks that only the front desk overrode rules, and that the audit log has it.
fn overrides(end: &End, clinic: &Clinic) -> Vec<Violation> {
    let mut found = Vec::new();
    for row in &end.appointments {
        if row.overridden && !clinic.desk.contains(&row.by) {
            found.push(Violation::new(Code::OverrideNotAllowed, format!("{row:?}")));
        }
        if row.overridden != row.is_override_audited {
            found.push(Violation::new(Code::OverrideMisrecorded, format!("{row:?}")));
        }
    }
    found
}

/// Checks that each appointment was booked before its start, or by the staff up to an hour later, and that it was moved
/// only to a start in the future.
fn starts(calls: &[Call], timelines: &HashMap<i64, Timeline>, end: &End, clinic: &Clinic) -> Vec<Violation> {
    let mut found = Vec::new();
    for row in &end.appointments {
        let called = timelines.get(&row.id).map_or(0, |timeline| timeline.created.0);
        let earliest = clinic.earliest_clock(called) - if is_by_staff(row, clinic) { WALK_IN } else { 0 };
        if row.requested_start < earliest {
            found.push(Violation::new(Code::BookedTooLate, format!("the earliest start is {earliest}: {row:?}")));
        }
    }
    for placed in placed(calls, timelines).filter(|placed| matches!(placed.call.op, Op::Reschedule { .. })) {
        let earliest = clinic.earliest_clock(placed.within.0);
        if placed.start < earliest {
            let evidence = format!("the earliest start is {earliest}: {:?}", placed.call);
            found.push(Violation::new(Code::BookedTooLate, evidence));
        }
    }
    found
}

/// Checks that an appointment with a type has the duration and the buffers that the type had when it was booked, that one
/// without a type has no buffers, and that patients booked no type for the staff.
fn types(calls: &[Call], timelines: &HashMap<i64, Timeline>, end: &End, clinic: &Clinic) -> Vec<Violation> {
    let mut sets: HashMap<i64, Vec<(&Call, Lengths)>> = HashMap::new();
    for call in calls.iter().filter(|call| call.may_be_made()) {
        if let Op::SetType { id, lengths } = call.op {
            sets.entry(id).or_default().push((call, lengths));
        }
    }
    let mut found = Vec::new();
    for row in &end.appointments {
        let (before, after) = row.buffers;
        let has = Lengths { duration: row.duration, before, after };
        let is_right = match row.type_id {
            None => row.buffers == (0, 0),
            Some(id) => {
                let sets = sets.get(&id).map_or(&[][..], Vec::as_slice);
                let (from, until) = timelines.get(&row.id).map_or((0, NEVER), |timeline| timeline.created);
                let initial = clinic.types.get(&id).copied().unwrap_or_default();
                possible(initial, sets, from, until).contains(&has)
                    && (id != clinic.staff_type || is_by_staff(row, clinic))
            }
        };
        if !is_right {
            found.push(Violation::new(Code::TypeMisapplied, format!("{row:?}")));
        }
    }
    found
}
