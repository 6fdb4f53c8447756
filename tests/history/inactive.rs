//! Checks that a deactivated doctor gets no appointments, and that a plan leaves them none.

use std::collections::HashMap;

use crate::{
    end::End,
    record::{Call, Op},
    rules::{Sets, placed, possible},
    timeline::Timeline,
    violation::{Code, Violation},
};

/// Returns the violations of these rules. Each deactivation in a history has a plan for all appointments.
pub(crate) fn violations(calls: &[Call], timelines: &HashMap<i64, Timeline>, end: &End) -> Vec<Violation> {
    let mut sets: HashMap<i64, Sets<'_, bool>> = HashMap::new();
    for call in calls.iter().filter(|call| call.may_be_made()) {
        if let Op::SetActive { account, active } = call.op {
            sets.entry(account).or_default().push((call, active));
        }
    }
    let mut found = Vec::new();
    for placed in placed(calls, timelines) {
        let sets = sets.get(&placed.doctor).map_or(&[][..], Vec::as_slice);
        if !possible(true, sets, placed.within.0, placed.within.1).contains(&true) {
            found.push(Violation::new(Code::BookedWithInactive, format!("{:?}", placed.call)));
        }
    }
    for (call, _) in sets.values().flatten().filter(|(call, active)| call.is_ok() && !active) {
        let Op::SetActive { account, .. } = call.op else { continue };
        for (id, timeline) in timelines {
            let is_left = timeline
                .occupancies
                .iter()
                .any(|occupancy| occupancy.doctor == account && occupancy.certainly_covers(call.called, call.returned));
            if is_left {
                found.push(Violation::new(Code::LeftWithInactive, format!("{id}: {call:?}")));
            }
        }
    }
    for row in end.appointments.iter().filter(|row| row.status == "Booked" && end.inactive.contains(&row.doctor)) {
        found.push(Violation::new(Code::LeftWithInactive, format!("at the end: {row:?}")));
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
        record::{Booking, Clinic, Moment, Outcome},
        rules::INITIAL_POLICY,
    };

    const START: i64 = 86_400 * 20_000 + 9 * 3600;

    fn ok(op: Op, called: Moment, body: serde_json::Value) -> Call {
        Call { client: 0, op, called, returned: called + 1, outcome: Outcome::Ok { body, version: None } }
    }

    fn set(active: bool, called: Moment) -> Call {
        ok(Op::SetActive { account: 1, active }, called, json!(null))
    }

    /// Judges an appointment that was booked at 10.
    fn codes(changes: &[Call], is_inactive: bool) -> Vec<Code> {
        let booking = Booking { doctor: 1, patient: 2, by: 2, start: START, duration: Some(30), ..Booking::default() };
        let row = Row {
            id: 1,
            doctor: 1,
            requested_doctor: 1,
            patient: 2,
            by: 2,
            start: START,
            requested_start: START,
            duration: 30,
            requested_duration: 30,
            status: "Booked".into(),
            version: 1,
            ..Row::default()
        };
        let inactive = is_inactive.then_some(1).into_iter().collect();
        let end = End { appointments: vec![row], policy: INITIAL_POLICY, inactive, ..End::default() };
        let calls = [&[ok(Op::Book(booking), 10, json!(1))], changes].concat();
        let clinic = Clinic { open: vec![1], ..Clinic::default() };
        check::violations(&calls, &end, &clinic).into_iter().map(|violation| violation.code).collect()
    }

    #[test]
    fn deactivated_doctor_has_no_appointments() {
        assert_eq!(codes(&[set(false, 2), set(true, 5)], false), []);
        assert_eq!(codes(&[set(false, 10), set(true, 20)], false), []);
        assert_eq!(codes(&[set(false, 2), set(true, 20)], false), [Code::BookedWithInactive]);
        assert_eq!(codes(&[set(false, 15), set(true, 20)], false), [Code::LeftWithInactive]);
        assert_eq!(codes(&[set(false, 10)], true), [Code::LeftWithInactive]);
        // The account is active at the end, although nobody activated it.
        assert_eq!(codes(&[set(false, 10)], false), [Code::SettingUnordered]);
    }
}
