//! Checks time off and closures: no appointment is at such a time, and none of them is lost.

use std::collections::HashMap;

use crate::{
    end::End,
    linear::seconds,
    record::{Absence, Call, NEVER, Op},
    rules::{Placed, placed},
    timeline::Timeline,
    violation::{Code, Violation},
};

/// Returns the violations of these rules.
pub(crate) fn violations(calls: &[Call], timelines: &HashMap<i64, Timeline>, end: &End) -> Vec<Violation> {
    let placed: Vec<Placed<'_>> = placed(calls, timelines).collect();
    let mut found = Vec::new();
    for added in calls.iter().filter(|call| call.is_ok()) {
        if let Op::AddAbsence(absence) = added.op {
            found.extend(kept(calls, added, absence, end));
            found.extend(apart(calls, added, absence, &placed, timelines));
        }
    }
    for are_closures in [false, true] {
        found.extend(at_end(calls, timelines, end, are_closures));
    }
    found.extend(reads(calls));
    found
}

/// Chooses the code for a closure, or the one for time off.
fn of(absence: &Absence, closure: Code, time_off: Code) -> Code {
    if absence.is_closure() { closure } else { time_off }
}

/// Returns the calls that may have ended an absence.
fn ends(calls: &[Call], is_closure: bool, id: i64) -> impl Iterator<Item = &Call> {
    let is_end =
        move |op: &Op| matches!(op, Op::EndAbsence { doctor, id: of } if (doctor.is_none(), *of) == (is_closure, id));
    calls.iter().filter(move |call| call.may_be_made() && is_end(&call.op))
}

/// Returns the id of an absence in the response to the call that added it.
fn id_of(added: &Call) -> i64 {
    added.body()["id"].as_i64().unwrap_or_default()
}

/// Checks that an acknowledged absence is in the database, until it is deleted.
fn kept(calls: &[Call], added: &Call, absence: Absence, end: &End) -> Option<Violation> {
    let id = id_of(added);
    let ends = || ends(calls, absence.is_closure(), id);
    let code = match end.absences(absence.is_closure()).get(&id) {
        Some(_) if ends().any(Call::is_ok) => of(&absence, Code::ClosureNotEnded, Code::TimeOffNotEnded),
        Some(stored) if *stored != absence => of(&absence, Code::ClosureDiffers, Code::TimeOffDiffers),
        None if ends().next().is_none() => of(&absence, Code::ClosureLost, Code::TimeOffLost),
        _ => return None,
    };
    Some(Violation::new(code, format!("{added:?}, {:?}", end.absences(absence.is_closure()).get(&id))))
}

/// Checks that nothing was booked at a time of an absence that existed during the whole request, and that the absence was
/// not added over an appointment that was booked during the whole request.
fn apart(
    calls: &[Call],
    added: &Call,
    absence: Absence,
    placed: &[Placed<'_>],
    timelines: &HashMap<i64, Timeline>,
) -> Vec<Violation> {
    let mut found = Vec::new();
    let until = ends(calls, absence.is_closure(), id_of(added)).map(|call| call.called).min().unwrap_or(NEVER);
    for placed in placed {
        let exists = added.returned < placed.within.0 && placed.within.1 < until;
        if exists && absence.overlaps(placed.doctor, placed.start, placed.duration) {
            let code = of(&absence, Code::BookedOverClosure, Code::BookedOverTimeOff);
            found.push(Violation::new(code, format!("{:?}, {added:?}", placed.call)));
        }
    }
    for (id, timeline) in timelines {
        let is_over = timeline.occupancies.iter().any(|occupancy| {
            occupancy.certainly_covers(added.called, added.returned)
                && absence.overlaps(occupancy.doctor, occupancy.start, occupancy.duration)
        });
        if is_over && !timeline.marked {
            let code = of(&absence, Code::ClosureOverBooked, Code::TimeOffOverBooked);
            found.push(Violation::new(code, format!("{id}: {added:?}")));
        }
    }
    found
}

/// Checks that no booked appointment is at a time of an absence at the end, and that clients asked for each absence.
fn at_end(calls: &[Call], timelines: &HashMap<i64, Timeline>, end: &End, are_closures: bool) -> Vec<Violation> {
    let mut found = Vec::new();
    let absences = end.absences(are_closures);
    // A marked appointment does not count, and is possibly booked again.
    let is_marked = |id: i64| timelines.get(&id).is_some_and(|timeline| timeline.marked);
    for row in end.appointments.iter().filter(|row| row.status == "Booked" && !is_marked(row.id)) {
        for (id, absence) in absences {
            if absence.overlaps(row.doctor, row.start, row.duration) {
                let code = of(absence, Code::BookedOverClosure, Code::BookedOverTimeOff);
                found.push(Violation::new(code, format!("at the end: {row:?}, {id}: {absence:?}")));
            }
        }
    }
    let may_be_added = |call: &&Call| {
        matches!(call.op, Op::AddAbsence(absence) if absence.is_closure() == are_closures) && call.may_be_made()
    };
    let added = calls.iter().filter(may_be_added).count();
    if absences.len() > added {
        let code = if are_closures { Code::ClosureUnexplained } else { Code::TimeOffUnexplained };
        found.push(Violation::new(code, format!("{} in the database, at most {added} were added", absences.len())));
    }
    found
}

/// Checks that a list of time off or closures has each that existed during the whole request, and none that was deleted
/// before.
fn reads(calls: &[Call]) -> Vec<Violation> {
    let mut found = Vec::new();
    for read in calls.iter().filter(|call| call.is_ok()) {
        let Op::Absences { doctor: of } = read.op else { continue };
        let listed: HashMap<i64, _> = read
            .body()
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|closure| {
                let time = (seconds(&closure["start_date"])?, seconds(&closure["end_date"])?);
                Some((closure["id"].as_i64()?, time))
            })
            .collect();
        for added in calls.iter().filter(|call| call.is_ok()) {
            let Op::AddAbsence(absence @ Absence { doctor, start, end }) = added.op else { continue };
            if doctor != of {
                continue;
            }
            let id = id_of(added);
            let ends = || ends(calls, absence.is_closure(), id);
            let is_right = match listed.get(&id) {
                Some(time) => *time == (start, end) && !ends().any(|end| end.is_ok() && end.returned < read.called),
                None => added.returned > read.called || ends().any(|end| end.called < read.returned),
            };
            if !is_right {
                found.push(Violation::new(Code::ReadIncomplete, format!("{added:?}: {read:?}")));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        check,
        end::Row,
        record::{Booking, Clinic, Moment, Outcome, Seconds},
    };

    const MIDNIGHT: Seconds = 86_400 * 20_000;

    fn ok(op: Op, called: Moment, body: serde_json::Value) -> Call {
        Call { client: 0, op, called, returned: called + 1, outcome: Outcome::Ok { body, version: None } }
    }

    fn close(called: Moment, absence: Absence) -> Call {
        ok(Op::AddAbsence(absence), called, json!({ "id": 5 }))
    }

    fn book(called: Moment) -> Call {
        let booking =
            Booking { doctor: 1, patient: 2, by: 2, start: MIDNIGHT - 600, duration: Some(30), ..Booking::default() };
        ok(Op::Book(booking), called, json!(1))
    }

    fn row() -> Row {
        Row {
            id: 1,
            doctor: 1,
            requested_doctor: 1,
            patient: 2,
            by: 2,
            start: MIDNIGHT - 600,
            requested_start: MIDNIGHT - 600,
            duration: 30,
            requested_duration: 30,
            status: "Booked".into(),
            version: 1,
            ..Row::default()
        }
    }

    fn codes(calls: &[Call], rows: &[Row], closures: &[Absence]) -> Vec<Code> {
        let closures = closures.iter().map(|absence| (5, *absence)).collect();
        let end = End { appointments: rows.to_vec(), closures, policy: crate::rules::INITIAL_POLICY, ..End::default() };
        check::violations(calls, &end, &Clinic::default()).into_iter().map(|violation| violation.code).collect()
    }

    #[test]
    fn closure_and_appointment_over_midnight_are_apart() {
        let closure = Absence { doctor: None, start: MIDNIGHT + 600, end: MIDNIGHT + 1200 };
        let later = Absence { start: MIDNIGHT + 1200, ..closure };
        assert_eq!(codes(&[close(0, later), book(5)], &[row()], &[later]), []);
        let at_end = Code::BookedOverClosure;
        assert_eq!(codes(&[close(0, closure), book(5)], &[row()], &[closure]), [Code::BookedOverClosure, at_end]);
        assert_eq!(codes(&[book(0), close(5, closure)], &[row()], &[closure]), [Code::ClosureOverBooked, at_end]);
        // Both at once is as bad, but shows only at the end.
        assert_eq!(codes(&[book(5), close(5, closure)], &[row()], &[closure]), [at_end]);

        let end = |called| ok(Op::EndAbsence { doctor: None, id: 5 }, called, json!(null));
        assert_eq!(codes(&[close(0, closure), end(3), book(5)], &[row()], &[]), []);
        assert_eq!(codes(&[close(0, closure), book(5), end(8)], &[row()], &[]), [Code::BookedOverClosure]);
    }

    #[test]
    fn acknowledged_closure_is_in_the_database_and_in_lists() {
        let closure = Absence { doctor: None, start: MIDNIGHT, end: MIDNIGHT + 600 };
        let end = ok(Op::EndAbsence { doctor: None, id: 5 }, 5, json!(null));
        assert_eq!(codes(&[close(0, closure)], &[], &[]), [Code::ClosureLost]);
        assert_eq!(codes(&[close(0, closure), end.clone()], &[], &[closure]), [Code::ClosureNotEnded]);
        assert_eq!(codes(&[close(0, closure)], &[], &[Absence { start: 0, ..closure }]), [Code::ClosureDiffers]);
        assert_eq!(codes(&[], &[], &[closure]), [Code::ClosureUnexplained]);

        let listed = json!([{ "id": 5, "start_date": timestamp(MIDNIGHT), "end_date": timestamp(MIDNIGHT + 600) }]);
        let list = |called, body: &serde_json::Value| ok(Op::Absences { doctor: None }, called, body.clone());
        let calls = |read: Call| [close(2, closure), read, end.clone()];
        assert_eq!(codes(&calls(list(4, &listed)), &[], &[]), []);
        assert_eq!(codes(&calls(list(4, &json!([]))), &[], &[]), [Code::ReadIncomplete]);
        assert_eq!(codes(&calls(list(9, &listed)), &[], &[]), [Code::ReadIncomplete]);
    }

    fn timestamp(seconds: Seconds) -> String {
        chrono::DateTime::from_timestamp(seconds, 0).unwrap().to_rfc3339()
    }
}
