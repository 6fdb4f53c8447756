//! The checker: compares the responses that the clients got with the database at the end. It shares no code with the
//! functions that it checks.

use std::collections::{HashMap, HashSet};

use crate::{
    desk,
    end::{End, Row},
    linear,
    linear::seconds,
    plans, reads,
    record::{Booking, Call, Clinic, Moment, NEVER, Op, Outcome},
    rules, series,
    timeline::{Timeline, timelines},
    violation::{Code, Violation},
};

/// Returns all violations of a history.
pub(crate) fn violations(calls: &[Call], end: &End, clinic: &Clinic) -> Vec<Violation> {
    let (calls, mut found) = series::expanded(calls, end);
    let (calls, of_plans) = plans::expanded(&calls, end);
    found.extend(of_plans);
    let calls = &calls[..];
    let (creations, of_bookings) = creations(calls, &end.appointments);
    found.extend(of_bookings);
    let timelines = timelines(calls, &end.appointments, &creations);
    found.extend(answers(calls));
    found.extend(changes(calls, &end.appointments));
    found.extend(moves(calls, &end.appointments, &timelines));
    found.extend(reads::violations(calls, &timelines));
    found.extend(rules::violations(calls, &timelines, end, clinic));
    found.extend(desk::violations(calls, &timelines, end, clinic));
    // The search for a linear order is slow if there is none. It is not needed if there are violations already.
    if found.is_empty() {
        found.extend(linear::violations(calls, &timelines, end, clinic));
    }
    found
}

/// The time range in which an appointment was created: earliest and latest.
pub(crate) type Creation = (Moment, Moment);

/// Checks that every acknowledged booking is in the database, that every other appointment is explained by a call with
/// an unknown outcome, and that no booking was made twice. Returns when each appointment was created.
fn creations(calls: &[Call], rows: &[Row]) -> (HashMap<i64, Creation>, Vec<Violation>) {
    let mut found = Vec::new();
    let mut creations: HashMap<i64, Creation> = HashMap::new();
    let by_id: HashMap<i64, &Row> = rows.iter().map(|row| (row.id, row)).collect();
    let mut id_of_key: HashMap<(i64, &str), i64> = HashMap::new();
    for call in calls.iter().filter(|call| call.is_ok()) {
        let Op::Book(booking) = &call.op else { continue };
        let id = call.booked().unwrap_or_default();
        let Some(row) = by_id.get(&id) else {
            found.push(Violation::new(Code::BookingLost, format!("{call:?}")));
            continue;
        };
        if !is_of(row, booking) {
            found.push(Violation::new(Code::BookingDiffers, format!("{call:?}, {row:?}")));
        }
        let earlier = creations.get(&id).copied();
        let same = booking.key.as_deref().and_then(|key| id_of_key.insert((booking.by, key), id));
        if same.is_some_and(|same| same != id) || (earlier.is_some() && same.is_none()) {
            found.push(Violation::new(Code::KeyReused, format!("{call:?}")));
        }
        let (called, returned) = earlier.unwrap_or((NEVER, NEVER));
        creations.insert(id, (called.min(call.called), returned.min(call.returned)));
    }
    // An appointment that no client got an acknowledgement for must belong to a call with an unknown outcome, and each
    // such call explains at most one appointment.
    let unknown: Vec<&Call> = calls.iter().filter(|call| call.is_unknown()).collect();
    let may_be = |call: &Call, row: &Row| matches!(&call.op, Op::Book(booking) if is_of(row, booking));
    let mut used = HashSet::new();
    for row in rows {
        let candidates = || unknown.iter().enumerate().filter(|(_, call)| may_be(call, row));
        // An earlier call with the same key may have created what a later call returned.
        let first = candidates().map(|(_, call)| call.called).min();
        if let Some((called, _)) = creations.get_mut(&row.id) {
            let keyed = |call: &Call| matches!(&call.op, Op::Book(Booking { key: Some(_), .. }));
            let first = candidates().filter(|(_, call)| keyed(call)).map(|(_, call)| call.called).min();
            *called = (*called).min(first.unwrap_or(NEVER));
            continue;
        }
        match candidates().find(|(index, _)| !used.contains(index)) {
            Some((index, _)) => {
                used.insert(index);
                creations.insert(row.id, (first.unwrap_or_default(), NEVER));
            }
            None => found.push(Violation::new(Code::BookingUnexplained, format!("{row:?}"))),
        }
    }
    let keys: HashSet<_> = rows.iter().filter_map(|row| Some((row.by, row.key.as_ref()?))).collect();
    if keys.len() < rows.iter().filter(|row| row.key.is_some()).count() {
        found.push(Violation::new(Code::KeyReused, "two appointments in the database have the same key"));
    }
    (creations, found)
}

/// Returns whether an appointment is what a booking asked for.
pub(crate) fn is_of(row: &Row, booking: &Booking) -> bool {
    let Booking { doctor, patient, by, start, duration, type_id, overridden, key } = booking;
    (row.requested_doctor, row.patient, row.by, row.requested_start) == (*doctor, *patient, *by, *start)
        && duration.is_none_or(|duration| duration == row.requested_duration)
        && (row.type_id, row.overridden) == (*type_id, *overridden)
        && (key.is_none() || row.key == *key)
}

/// Checks that no fault leads to a 500.
fn answers(calls: &[Call]) -> Vec<Violation> {
    let is_internal = |call: &&Call| matches!(call.outcome, Outcome::Refused { status: 500, .. });
    calls.iter().filter(is_internal).map(|call| Violation::new(Code::InternalError, format!("{call:?}"))).collect()
}

/// Checks that the changes of each appointment are at least the acknowledged ones and at most those that may have been
/// made, that versions only grow, and that a cancelled or marked appointment stays so.
fn changes(calls: &[Call], rows: &[Row]) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut calls_of: HashMap<i64, Vec<&Call>> = HashMap::new();
    for call in calls {
        if let Some(id) = subject(call) {
            calls_of.entry(id).or_default().push(call);
        }
    }
    for row in rows {
        let calls = calls_of.remove(&row.id).unwrap_or_default();
        let is_change = |call: &&&Call| is_change_of_appointment(&call.op);
        let acknowledged: HashSet<i64> = calls.iter().filter(is_change).filter_map(|call| call.version()).collect();
        // Several calls can return one version: a cancellation of a cancelled appointment, or a change that was
        // confirmed after its answer was lost.
        let made = acknowledged.iter().filter(|version| **version > 1).count() as i64;
        let may_be: Vec<_> = calls.iter().filter(is_change).filter(|call| call.may_be_made()).collect();
        if !(made..=may_be.len() as i64).contains(&(row.version - 1)) {
            found.push(Violation::new(
                Code::ChangesMiscounted,
                format!("{made} changes were acknowledged, these were possible: {may_be:?}: {row:?}"),
            ));
        }
        let seen: Vec<_> = calls.iter().filter_map(|call| Some((call.version()?, call))).collect();
        for (version, call) in &seen {
            let newest =
                seen.iter().filter(|(_, other)| other.returned < call.called).map(|(version, _)| *version).max();
            if newest.unwrap_or(1).max(1) > *version || *version > row.version {
                found.push(Violation::new(
                    Code::VersionsUnordered,
                    format!(
                        "a client saw version {version} after {newest:?}, the last version is {}: {call:?}",
                        row.version
                    ),
                ));
            }
        }
        let some = |is: &dyn Fn(&Op) -> bool| calls.iter().any(|call| call.may_be_made() && is(&call.op));
        let cancelled = calls.iter().any(|call| call.is_ok() && matches!(call.op, Op::Cancel { .. }));
        let has_right_status =
            match row.status.as_str() {
                "Cancelled" => some(&|op| matches!(op, Op::Cancel { .. })),
                "Booked" => !cancelled,
                mark => !cancelled && some(&|op| matches!(op, Op::Mark { status, .. } if status == mark)),
            } && seen.iter().all(|(version, call)| *version < row.version || status_after(call) == Some(&row.status));
        if !has_right_status {
            found.push(Violation::new(Code::CancelOrMarkLost, format!("{row:?}")));
        }
        found.extend(calls.iter().filter_map(|call| arrival(call, row)));
    }
    found.extend(
        calls_of
            .into_iter()
            .filter(|(_, calls)| calls.iter().any(|call| call.is_ok()))
            .map(|(id, calls)| Violation::new(Code::AppointmentUnknown, format!("{id}: {:?}", calls[0]))),
    );
    found
}

/// Checks that an acknowledged arrival is in its response, and that the last response has what is in the database.
fn arrival(call: &Call, row: &Row) -> Option<Violation> {
    let has_arrived = !call.body()["arrived_at"].is_null();
    let is_right = match call.op {
        Op::Arrival { arrived, .. } if call.is_ok() => has_arrived == arrived,
        _ => true,
    } && (call.version() != Some(row.version) || has_arrived == row.arrived);
    (!is_right).then(|| Violation::new(Code::ArrivalLost, format!("{call:?}, {row:?}")))
}

/// Returns whether a call changes an appointment, and its version.
pub(crate) fn is_change_of_appointment(op: &Op) -> bool {
    matches!(op, Op::Reschedule { .. } | Op::Cancel { .. } | Op::Mark { .. } | Op::Arrival { .. })
}

/// Returns the appointment id of a call, if it has one.
pub(crate) fn subject(call: &Call) -> Option<i64> {
    match call.op {
        Op::Reschedule { id, .. }
        | Op::Cancel { id }
        | Op::Mark { id, .. }
        | Op::Arrival { id, .. }
        | Op::Show { id } => Some(id),
        _ => None,
    }
}

/// Returns the status that an appointment had after a call, by its response.
fn status_after(call: &Call) -> Option<&str> {
    call.body()["status"].as_str()
}

/// Checks that each acknowledged reschedule led to the requested place, and that the last one is in the database.
fn moves(calls: &[Call], rows: &[Row], timelines: &HashMap<i64, Timeline>) -> Vec<Violation> {
    let mut found = Vec::new();
    for call in calls.iter().filter(|call| call.is_ok()) {
        let Op::Reschedule { doctor, start, .. } = call.op else { continue };
        let body = call.body();
        let is_there = seconds(&body["start_date"]) == Some(start)
            && doctor.is_none_or(|doctor| body["doctor_id"].as_i64() == Some(doctor));
        if !is_there {
            found.push(Violation::new(Code::RescheduleLost, format!("{call:?}")));
        }
    }
    for row in rows {
        let steps = timelines.get(&row.id).and_then(|timeline| timeline.steps.as_ref());
        let Some(last) = steps.and_then(|steps| steps.iter().rfind(|step| step.new.is_some())) else { continue };
        if last.new != Some((row.doctor, row.start)) {
            found.push(Violation::new(Code::RescheduleLost, format!("{row:?}, {last:?}")));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        hours::INITIAL_HOURS,
        record::{
            Grid,
            Outcome::{Ok, Refused, Unknown},
        },
    };

    const DAY: i64 = 86_400 * 20_000;
    const NINE: i64 = DAY + 9 * 3600;

    fn call(op: Op, called: Moment, returned: Moment, outcome: Outcome) -> Call {
        Call { client: 0, op, called, returned, outcome }
    }

    fn book(patient: i64, called: Moment, returned: Moment, outcome: Outcome) -> Call {
        let booking =
            Booking { doctor: 1, patient, by: patient, start: NINE, duration: Some(30), ..Booking::default() };
        call(Op::Book(booking), called, returned, outcome)
    }

    fn made(id: i64) -> Outcome {
        Ok { body: json!(id), version: None }
    }

    fn busy() -> Outcome {
        Refused { status: 409, conflicts: Some(vec!["/problems/doctor-busy".into()]) }
    }

    /// A refusal for another reason: the doctor was free.
    fn patient_busy() -> Outcome {
        Refused { status: 409, conflicts: Some(vec!["/problems/patient-busy".into()]) }
    }

    fn unknown() -> Outcome {
        Unknown { reason: String::new() }
    }

    fn row(id: i64, patient: i64) -> Row {
        Row {
            id,
            doctor: 1,
            requested_doctor: 1,
            patient,
            by: patient,
            start: NINE,
            requested_start: NINE,
            duration: 30,
            requested_duration: 30,
            status: "Booked".into(),
            version: 1,
            ..Row::default()
        }
    }

    fn judge(calls: &[Call], rows: Vec<Row>) -> Vec<Violation> {
        let hours = [(1, INITIAL_HOURS)].into();
        let end = End { appointments: rows, policy: rules::INITIAL_POLICY, hours, ..End::default() };
        let grid = Grid { doctors: vec![1], starts: vec![NINE], duration: 30, day: DAY };
        violations(calls, &end, &Clinic { grid, ..Clinic::default() })
    }

    #[track_caller]
    fn assert_valid(calls: &[Call], rows: Vec<Row>) {
        assert_eq!(judge(calls, rows), Vec::new());
    }

    #[track_caller]
    fn assert_violation(calls: &[Call], rows: Vec<Row>, code: Code) {
        let found = judge(calls, rows);
        assert!(found.iter().any(|violation| violation.code == code), "{found:?}");
    }

    #[test]
    fn acknowledged_bookings_are_in_the_database() {
        assert_valid(&[book(7, 0, 1, made(1)), book(8, 2, 3, busy())], vec![row(1, 7)]);
        assert_valid(&[book(7, 0, NEVER, unknown())], vec![row(1, 7)]);
        assert_valid(&[book(7, 0, NEVER, unknown())], vec![]);
        assert_violation(&[book(7, 0, 1, made(1))], vec![], Code::BookingLost);
        assert_violation(&[book(7, 0, 1, made(1))], vec![row(1, 8)], Code::BookingDiffers);
        assert_violation(&[book(7, 0, 1, busy())], vec![row(1, 7)], Code::BookingUnexplained);
        assert_violation(&[book(7, 0, NEVER, unknown())], vec![row(1, 7), row(2, 7)], Code::BookingUnexplained);
        assert_violation(&[book(7, 0, 1, made(1)), book(8, 2, 3, made(2))], vec![row(1, 7), row(2, 8)], Code::Overlap);
    }

    #[test]
    fn key_belongs_to_one_appointment() {
        let keyed = |id| Row { key: Some("k".into()), ..row(id, 7) };
        let mut retried = [book(7, 0, NEVER, unknown()), book(7, 2, 3, made(1))];
        for call in &mut retried {
            let Op::Book(booking) = &mut call.op else { unreachable!() };
            booking.key = Some("k".into());
        }
        assert_valid(&retried, vec![keyed(1)]);
        assert_violation(&retried, vec![row(1, 7)], Code::BookingDiffers);
        assert_violation(&retried, vec![keyed(1), keyed(2)], Code::KeyReused);
    }

    #[test]
    fn checker_orders_refusals_and_reads() {
        // Free after a booking, and busy before any booking.
        assert_violation(
            &[book(7, 0, 1, made(1)), book(8, 2, 3, patient_busy())],
            vec![row(1, 7)],
            Code::SlotUnordered,
        );
        assert_violation(&[book(8, 0, 1, busy()), book(7, 2, 3, made(1))], vec![row(1, 7)], Code::SlotUnordered);
        assert_valid(&[book(8, 0, 3, patient_busy()), book(7, 2, 5, made(1))], vec![row(1, 7)]);
        let policy = |appointments| json!({ "max_appointments_per_day": appointments, "max_booked_mins_per_day": 480 });
        let seen = |appointments| call(Op::Policy, 5, 6, Ok { body: policy(appointments), version: None });
        assert_valid(&[seen(12)], vec![]);
        assert_violation(&[seen(6)], vec![], Code::SettingUnordered);
    }

    #[test]
    fn acknowledged_changes_are_in_the_database() {
        let booked = book(7, 0, 1, made(1));
        let cancel = |outcome| call(Op::Cancel { id: 1 }, 2, 3, outcome);
        let cancelled = || vec![Row { status: "Cancelled".into(), version: 2, ..row(1, 7) }];
        let done = || Ok { body: json!({ "status": "Cancelled" }), version: Some(2) };
        assert_valid(&[booked.clone(), cancel(done())], cancelled());
        assert_violation(&[booked.clone(), cancel(done())], vec![row(1, 7)], Code::ChangesMiscounted);
        assert_violation(
            &[booked.clone(), cancel(Refused { status: 412, conflicts: None })],
            cancelled(),
            Code::ChangesMiscounted,
        );
        let seen = |called, version| {
            call(Op::Show { id: 1 }, called, called + 1, Ok { body: json!({}), version: Some(version) })
        };
        assert_violation(&[booked, cancel(done()), seen(4, 1)], cancelled(), Code::VersionsUnordered);
    }

    #[test]
    fn acknowledged_arrival_is_in_the_database_until_it_is_undone() {
        let booked = book(7, 0, 1, made(1));
        let at = |at: &str| json!({ "status": "Booked", "arrived_at": (!at.is_empty()).then_some(at) });
        let arrival = |arrived, called, body, version| {
            call(Op::Arrival { id: 1, arrived }, called, called + 1, Ok { body, version: Some(version) })
        };
        let row = |arrived, version| vec![Row { arrived, version, ..row(1, 7) }];
        let noted = [booked.clone(), arrival(true, 2, at("09:00"), 2)];
        assert_valid(&noted, row(true, 2));
        assert_violation(&noted, row(false, 2), Code::ArrivalLost);
        assert_violation(&[booked.clone(), arrival(true, 2, at(""), 2)], row(false, 2), Code::ArrivalLost);
        let undone = [noted.to_vec(), vec![arrival(false, 8, at(""), 3)]].concat();
        assert_valid(&undone, row(false, 3));
        assert_violation(&undone, row(true, 3), Code::ArrivalLost);
        // It was read as not noted, after it was noted and before it was undone.
        let shown = call(Op::Show { id: 1 }, 4, 5, Ok { body: at(""), version: None });
        assert_violation(&[undone, vec![shown]].concat(), row(false, 3), Code::SettingUnordered);
    }
}
