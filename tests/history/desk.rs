//! Checks what the staff and guardians book: for whom, overrides, walk-ins, and appointment types.

use std::collections::HashMap;

use crate::{
    end::{End, Row},
    record::{Call, Clinic, Lengths, NEVER, Op},
    rules::{Sets, placed, possible},
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

/// Checks that each appointment was booked by its patient, an account that was a guardian of the patient at some moment of
/// the request, the front desk, or its doctor, who can only book for their patients.
fn bookers(calls: &[Call], timelines: &HashMap<i64, Timeline>, end: &End, clinic: &Clinic) -> Vec<Violation> {
    let mut sets: HashMap<(i64, i64), Sets<'_, bool>> = HashMap::new();
    for call in calls.iter().filter(|call| call.may_be_made()) {
        if let Op::SetGuardian { account, patient, active } = call.op {
            sets.entry((account, patient)).or_default().push((call, active));
        }
    }
    let was_guardian = |by, row: &Row| {
        let pair = (by, row.patient);
        let (from, until) = timelines.get(&row.id).map_or((0, NEVER), |timeline| timeline.created);
        let sets = sets.get(&pair).map_or(&[][..], Vec::as_slice);
        possible(clinic.guardians.contains(&pair), sets, from, until).contains(&true)
    };
    let mut found = Vec::new();
    for row in &end.appointments {
        let Row { by, patient, .. } = *row;
        let may = by == patient
            || clinic.desk.contains(&by)
            || was_guardian(by, row)
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
        // The appointments of a series are booked together.
        let is_together = other.series.is_some() && other.series == row.series;
        let booked = !is_together && other.requested_doctor == row.by && timeline.created.0 < latest;
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
    let mut sets: HashMap<i64, Sets<'_, Lengths>> = HashMap::new();
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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::json;

    use super::*;
    use crate::{
        check,
        record::{Booking, Moment, Outcome, Seconds},
    };

    const BEGUN: Seconds = 1_800_000_000;
    const HOUR: Seconds = 3600;
    const DOCTOR: i64 = 1;
    const OTHER: i64 = 2;
    const ADMIN: i64 = 3;
    const GUARDIAN: i64 = 7;
    const CHILD: i64 = 8;
    const STRANGER: i64 = 9;
    const STAFF_TYPE: i64 = 2;
    const LENGTHS: Lengths = Lengths { duration: 20, before: 5, after: 10 };

    fn ok(op: Op, called: Moment, body: serde_json::Value, version: Option<i64>) -> Call {
        Call { client: 0, op, called, returned: called + 1, outcome: Outcome::Ok { body, version } }
    }

    /// An appointment of the child in two hours.
    fn row(id: i64, by: i64) -> Row {
        let start = BEGUN + 2 * HOUR;
        Row {
            id,
            doctor: DOCTOR,
            requested_doctor: DOCTOR,
            patient: CHILD,
            by,
            start,
            requested_start: start,
            duration: 20,
            requested_duration: 20,
            status: "Booked".into(),
            version: 1,
            ..Row::default()
        }
    }

    /// Returns the codes of the violations if each appointment was booked as it was requested, one after the other, and
    /// then changed by the calls.
    fn codes(rows: &[Row], changes: &[Call]) -> Vec<Code> {
        let book = |(index, row): (usize, &Row)| {
            let booking = Booking {
                doctor: row.requested_doctor,
                patient: row.patient,
                by: row.by,
                start: row.requested_start,
                duration: row.type_id.is_none().then_some(row.requested_duration),
                type_id: row.type_id,
                overridden: row.overridden,
                key: None,
            };
            ok(Op::Book(booking), index as Moment * 10, json!(row.id), None)
        };
        let calls: Vec<_> = rows.iter().enumerate().map(book).chain(changes.iter().cloned()).collect();
        let types = [(1, LENGTHS), (STAFF_TYPE, LENGTHS)].into();
        let clinic = Clinic {
            desk: vec![ADMIN],
            guardians: vec![(GUARDIAN, CHILD)],
            types,
            staff_type: STAFF_TYPE,
            begun: BEGUN,
            ..Clinic::default()
        };
        let end = End {
            appointments: rows.to_vec(),
            policy: crate::rules::INITIAL_POLICY,
            types: clinic.types.clone(),
            // As at the begin, if no call changes it.
            guardians: changes.iter().fold([(GUARDIAN, CHILD)].into(), |guardians, call| match call.op {
                Op::SetGuardian { active: false, .. } => HashSet::new(),
                _ => guardians,
            }),
            ..End::default()
        };
        check::violations(&calls, &end, &clinic).into_iter().map(|violation| violation.code).collect()
    }

    #[test]
    fn patient_guardian_and_desk_book_for_a_patient() {
        for by in [CHILD, GUARDIAN, ADMIN] {
            assert_eq!(codes(&[row(1, by)], &[]), [], "{by}");
        }
        for by in [STRANGER, DOCTOR] {
            assert_eq!(codes(&[row(1, by)], &[]), [Code::BookedForOther], "{by}");
        }
        // The doctor has an appointment with the patient already.
        let earlier =
            |doctor| Row { start: BEGUN + 5 * HOUR, requested_start: BEGUN + 5 * HOUR, doctor, ..row(1, ADMIN) };
        let with = |doctor| Row { requested_doctor: doctor, ..earlier(doctor) };
        assert_eq!(codes(&[with(DOCTOR), row(2, DOCTOR)], &[]), []);
        assert_eq!(codes(&[with(OTHER), row(2, DOCTOR)], &[]), [Code::BookedForOther]);
    }

    #[test]
    fn guardian_books_until_the_account_is_taken_away() {
        let take_away = |called| {
            let op = Op::SetGuardian { account: GUARDIAN, patient: CHILD, active: false };
            Call {
                client: 0,
                op,
                called,
                returned: called + 3,
                outcome: Outcome::Ok { body: json!(null), version: None },
            }
        };
        // The booking is requested at 10 and answered at 11.
        let rows =
            [Row { start: BEGUN + 5 * HOUR, requested_start: BEGUN + 5 * HOUR, ..row(1, ADMIN) }, row(2, GUARDIAN)];
        assert_eq!(codes(&rows, &[take_away(5)]), [Code::BookedForOther]);
        assert_eq!(codes(&rows, &[take_away(8)]), []);
        assert_eq!(codes(&rows, &[take_away(12)]), []);
    }

    #[test]
    fn only_the_desk_overrides_and_the_audit_log_has_it() {
        let overridden = |by, is_override_audited| Row { overridden: true, is_override_audited, ..row(1, by) };
        assert_eq!(codes(&[overridden(ADMIN, true)], &[]), []);
        assert_eq!(codes(&[overridden(GUARDIAN, true)], &[]), [Code::OverrideNotAllowed]);
        assert_eq!(codes(&[overridden(ADMIN, false)], &[]), [Code::OverrideMisrecorded]);
        assert_eq!(codes(&[Row { is_override_audited: true, ..row(1, ADMIN) }], &[]), [Code::OverrideMisrecorded]);
    }

    #[test]
    fn walk_in_began_at_most_an_hour_ago() {
        let began = |minutes: i64, by| {
            let start = BEGUN - minutes * 60;
            Row { start, requested_start: start, ..row(1, by) }
        };
        assert_eq!(codes(&[began(60, ADMIN)], &[]), []);
        assert_eq!(codes(&[began(61, ADMIN)], &[]), [Code::BookedTooLate]);
        assert_eq!(codes(&[began(-1, GUARDIAN)], &[]), []);
        assert_eq!(codes(&[began(1, GUARDIAN)], &[]), [Code::BookedTooLate]);
    }

    #[test]
    fn appointment_has_the_duration_and_the_buffers_of_its_type() {
        let typed = |id, by| Row { type_id: Some(id), buffers: (5, 10), ..row(1, by) };
        assert_eq!(codes(&[typed(1, GUARDIAN)], &[]), []);
        assert_eq!(codes(&[typed(STAFF_TYPE, ADMIN)], &[]), []);
        assert_eq!(codes(&[typed(STAFF_TYPE, GUARDIAN)], &[]), [Code::TypeMisapplied]);
        assert_eq!(codes(&[Row { buffers: (5, 0), ..typed(1, ADMIN) }], &[]), [Code::TypeMisapplied]);
        assert_eq!(codes(&[Row { buffers: (5, 10), ..row(1, ADMIN) }], &[]), [Code::TypeMisapplied]);
    }

    #[test]
    fn buffers_keep_other_patients_away_but_not_the_patient() {
        let first = Row { type_id: Some(1), buffers: (5, 10), ..row(1, ADMIN) };
        let start = first.start + 25 * 60;
        let next = Row { start, requested_start: start, patient: STRANGER, ..row(2, ADMIN) };
        assert_eq!(codes(&[first.clone(), next.clone()], &[]), [Code::Overlap]);
        let elsewhere = Row { doctor: OTHER, requested_doctor: OTHER, patient: CHILD, ..next };
        assert_eq!(codes(&[first, elsewhere], &[]), []);
    }

    #[test]
    fn moved_appointment_is_with_its_new_doctor() {
        let start = BEGUN + 3 * HOUR;
        let moved = Row { doctor: OTHER, start, version: 2, ..row(1, ADMIN) };
        let body = |doctor| json!({ "doctor_id": doctor, "start_date": timestamp(start), "status": "Booked" });
        let reschedule = |doctor| ok(Op::Reschedule { id: 1, doctor: Some(OTHER), start }, 100, body(doctor), Some(2));
        assert_eq!(codes(std::slice::from_ref(&moved), &[reschedule(OTHER)]), []);
        assert_eq!(codes(&[Row { doctor: DOCTOR, ..moved.clone() }], &[reschedule(OTHER)]), [Code::RescheduleLost]);
        assert_eq!(codes(&[moved], &[reschedule(DOCTOR)]), [Code::RescheduleLost]);
    }

    fn timestamp(seconds: Seconds) -> String {
        chrono::DateTime::from_timestamp(seconds, 0).unwrap().to_rfc3339()
    }
}
