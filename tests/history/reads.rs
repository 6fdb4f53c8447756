//! Checks that reads contain everything that was acknowledged before them.

use std::collections::{HashMap, HashSet};

use crate::{
    record::{Call, Op, Outcome},
    timeline::Timeline,
    violation::{Code, Violation},
};

/// Returns the violations of this rule.
pub(crate) fn violations(calls: &[Call], timelines: &HashMap<i64, Timeline>) -> Vec<Violation> {
    let mut found = Vec::new();
    for call in calls {
        match (&call.op, &call.outcome) {
            (Op::Show { id }, Outcome::Refused { status: 404, .. })
                if timelines.get(id).is_some_and(|timeline| timeline.created.1 < call.called) =>
            {
                found.push(Violation::new(Code::ReadIncomplete, format!("a booking was not found: {call:?}")));
            }
            (Op::History { patient }, Outcome::Ok { body, .. }) => {
                let seen: HashSet<i64> =
                    body.as_array().into_iter().flatten().filter_map(|row| row["id"].as_i64()).collect();
                let of_patient = timelines.iter().filter(|(_, timeline)| timeline.patient == *patient);
                for (id, timeline) in of_patient {
                    // A page has at most 100 rows.
                    if timeline.created.1 < call.called && !seen.contains(id) && seen.len() < 100 {
                        found.push(Violation::new(
                            Code::ReadIncomplete,
                            format!("the patient's history is without {id}: {call:?}"),
                        ));
                    }
                    if timeline.created.0 > call.returned && seen.contains(id) {
                        found
                            .push(Violation::new(Code::ReadEarly, format!("the patient's history has {id}: {call:?}")));
                    }
                }
            }
            (Op::Slots { doctor, day }, Outcome::Ok { body, .. }) => {
                let seen: HashSet<i64> =
                    body.as_array().into_iter().flatten().filter_map(|row| row["id"].as_i64()).collect();
                for (id, timeline) in timelines {
                    let surely = timeline.occupancies.iter().any(|occupancy| {
                        occupancy.doctor == *doctor
                            && occupancy.certainly_covers(call.called, call.returned)
                            && occupancy.start < day + 86_400
                            && *day < occupancy.attended().1
                    });
                    if surely && !seen.contains(id) {
                        found.push(Violation::new(
                            Code::ReadIncomplete,
                            format!("the doctor's day is without {id}: {call:?}"),
                        ));
                    }
                }
            }
            // A page has at most 100 rows.
            (Op::Booked { doctor, from, until }, Outcome::Ok { body, .. })
                if body.as_array().is_some_and(|rows| rows.len() < 100) =>
            {
                let seen: HashSet<i64> =
                    body.as_array().into_iter().flatten().filter_map(|row| row["id"].as_i64()).collect();
                for (id, timeline) in timelines.iter().filter(|(_, timeline)| !timeline.marked) {
                    let surely = timeline.occupancies.iter().any(|occupancy| {
                        doctor.is_none_or(|doctor| occupancy.doctor == doctor)
                            && occupancy.certainly_covers(call.called, call.returned)
                            && (*from..*until).contains(&occupancy.start)
                    });
                    if surely && !seen.contains(id) {
                        let evidence = format!("the booked appointments are without {id}: {call:?}");
                        found.push(Violation::new(Code::ReadIncomplete, evidence));
                    }
                }
            }
            _ => {}
        }
    }
    found
}
