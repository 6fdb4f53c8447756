//! Checks that plans were made as a whole or not at all, by the audit log.

use std::collections::HashMap;

use serde_json::json;

use crate::{
    end::{Audited, End},
    linear::seconds,
    plan::{Change, Plan, PlanStep, Planned},
    record::{Absence, Call, Op, Outcome},
    timeline::Place,
    violation::{Code, Violation},
};

/// What a request changed of an appointment, by the audit log.
#[derive(Clone, Copy, Debug)]
struct Effect {
    id: i64,
    version: i64,
    old: Place,
    /// `None`: cancelled.
    new: Option<Place>,
}

/// What a request changed, by the audit log.
#[derive(Clone, Debug, Default)]
struct Made {
    change: Option<Change>,
    effects: Vec<Effect>,
}

/// Returns the calls, and in addition for each plan that was made the calls that it consists of: one for each appointment,
/// and one for the absence or the end of the account. So all rules about these calls also apply to plans. Also returns a
/// violation for each acknowledged plan that was not made as a whole, and for each that was made without such a call.
pub(crate) fn expanded(calls: &[Call], end: &End) -> (Vec<Call>, Vec<Violation>) {
    let mut all_made = all_made(end);
    let (mut all, mut found) = (calls.to_vec(), Vec::new());
    for (call, planned) in plans(calls) {
        match all_made.iter().position(|made| is_by(made, call, planned)) {
            Some(index) => all.extend(parts(call, planned, &all_made.remove(index).effects)),
            // An inactive doctor without appointments is deactivated again.
            None if call.is_ok() && matches!(planned.change, Change::Deactivation { .. }) && has_no_steps(planned) => {
                all.extend(parts(call, planned, &[]));
            }
            None if call.is_ok() => found.push(Violation::new(Code::PlanIncomplete, format!("{call:?}"))),
            None => {}
        }
    }
    for made in all_made {
        // A change without a plan affects no appointments. A single change of an appointment is another request, and so is the
        // cancellation of the later ones of a series.
        if made.effects.len() > usize::from(made.change.is_none()) && !is_of_series(&made, end) {
            found.push(Violation::new(Code::PlanUnexplained, format!("{made:?}")));
        }
    }
    (all, found)
}

/// Whether a request only cancelled appointments of one series.
fn is_of_series(made: &Made, end: &End) -> bool {
    let series = |id| end.appointments.iter().find(|row| row.id == id).and_then(|row| row.series);
    let first = made.effects.first().and_then(|effect| series(effect.id));
    let is_of_first = |effect: &Effect| effect.new.is_none() && series(effect.id) == first;
    made.change.is_none() && first.is_some() && made.effects.iter().all(is_of_first)
}

/// Returns the plans that may have been made. Those come first that can be recognized best.
fn plans(calls: &[Call]) -> Vec<(&Call, &Planned)> {
    let mut plans: Vec<_> = calls
        .iter()
        .filter(|call| call.may_be_made())
        .filter_map(|call| Some((call, call.op.planned().filter(|planned| !planned.dry_run)?)))
        .collect();
    plans.sort_by_key(|(call, planned)| (call.is_unknown(), planned.plan == Plan::CancelAll));
    plans
}

fn has_no_steps(planned: &Planned) -> bool {
    matches!(&planned.plan, Plan::Steps(steps) if steps.is_empty())
}

/// Returns what each request changed, in order.
fn all_made(end: &End) -> Vec<Made> {
    let mut at: HashMap<i64, (i64, Place)> =
        end.appointments.iter().map(|row| (row.id, (0, (row.requested_doctor, row.requested_start)))).collect();
    let (mut all, mut index_of): (Vec<Made>, HashMap<&str, usize>) = (Vec::new(), HashMap::new());
    for entry in &end.audit {
        let index = *index_of.entry(&entry.request).or_insert_with(|| {
            all.push(Made::default());
            all.len() - 1
        });
        all[index].change = change(entry).or(all[index].change);
        let Some((id, (version, place))) = entry.appointment.and_then(|id| Some((id, at.get_mut(&id)?))) else {
            continue;
        };
        *version += 1;
        let old = *place;
        *place = (entry.doctor.unwrap_or(old.0), entry.start.unwrap_or(old.1));
        let effect = |new| Effect { id, version: *version, old, new };
        match entry.action.as_str() {
            "cancel" => all[index].effects.push(effect(None)),
            "reschedule" => all[index].effects.push(effect(Some(*place))),
            _ => {}
        }
    }
    all
}

fn change(entry: &Audited) -> Option<Change> {
    let absence = |doctor| Some(Change::Absence(Absence { doctor, start: entry.start?, end: entry.end? }));
    match entry.action.as_str() {
        "time_off" => absence(Some(entry.account?)),
        "closure" => absence(None),
        "deactivate" => Some(Change::Deactivation { doctor: entry.account? }),
        _ => None,
    }
}

/// Returns whether a request made exactly the change that a call asked for. An acknowledged one also has the same in its
/// response.
fn is_by(made: &Made, call: &Call, planned: &Planned) -> bool {
    let is_right = |step: &PlanStep| {
        let mut effects = made.effects.iter().filter(|effect| effect.id == step.id);
        let new = |old: Place| step.to.map(|to| (to.doctor.unwrap_or(old.0), to.start.unwrap_or(old.1)));
        effects.next().is_some_and(|effect| effect.new == new(effect.old)) && effects.next().is_none()
    };
    let is_as_planned = match &planned.plan {
        Plan::CancelAll => made.effects.iter().all(|effect| effect.new.is_none()),
        Plan::Steps(steps) => steps.len() == made.effects.len() && steps.iter().all(is_right),
    };
    made.change == Some(planned.change) && is_as_planned && (!call.is_ok() || is_answered(&made.effects, call, planned))
}

/// Returns whether the response to a change has its effects.
fn is_answered(effects: &[Effect], call: &Call, planned: &Planned) -> bool {
    // The response to a deactivation has no body.
    let Change::Absence(_) = planned.change else { return true };
    let rows = |name: &str| call.body()[name].as_array().into_iter().flatten();
    let cancelled = rows("cancelled").map(|id| (id.as_i64(), None));
    let moved =
        rows("rescheduled").map(|row| (row["id"].as_i64(), row["doctor_id"].as_i64().zip(seconds(&row["start_date"]))));
    let mut answered: Vec<_> = cancelled.chain(moved).collect();
    let mut made: Vec<_> = effects.iter().map(|effect| (Some(effect.id), effect.new)).collect();
    answered.sort_unstable();
    made.sort_unstable();
    answered == made
}

/// Returns the calls that a plan consists of.
fn parts(call: &Call, planned: &Planned, effects: &[Effect]) -> Vec<Call> {
    let part = |op, outcome| Call { op, outcome, ..call.clone() };
    let change = match planned.change {
        Change::Absence(absence) => Op::AddAbsence(absence),
        Change::Deactivation { doctor } => Op::SetActive { account: doctor, active: false },
    };
    let of_effect = |effect: &Effect| {
        let (id, at) = (effect.id, effect.new.unwrap_or(effect.old));
        let (op, status) = match effect.new {
            None => (Op::Cancel { id }, "Cancelled"),
            Some((doctor, start)) => (Op::Reschedule { id, doctor: Some(doctor), start }, "Booked"),
        };
        let start = chrono::DateTime::from_timestamp(at.1, 0).unwrap_or_default().to_rfc3339();
        let body = json!({ "status": status, "doctor_id": at.0, "start_date": start });
        let outcome = match &call.outcome {
            Outcome::Ok { .. } => Outcome::Ok { body, version: Some(effect.version) },
            other => other.clone(),
        };
        part(op, outcome)
    };
    [part(change, call.outcome.clone())].into_iter().chain(effects.iter().map(of_effect)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        check,
        end::Row,
        plan::Target,
        record::{Booking, Clinic, Moment, Seconds},
        rules::INITIAL_POLICY,
    };

    const START: Seconds = 86_400 * 20_000 + 9 * 3600;
    const OFF: Absence = Absence { doctor: Some(1), start: START, end: START + 3600 };

    fn call(op: Op, called: Moment, outcome: Outcome) -> Call {
        Call { client: 0, op, called, returned: called + 1, outcome }
    }

    fn ok(body: serde_json::Value) -> Outcome {
        Outcome::Ok { body, version: None }
    }

    fn refused() -> Outcome {
        Outcome::Refused { status: 409, conflicts: None }
    }

    /// Two appointments of the doctor in the time off.
    fn booked(id: i64) -> (Row, Call) {
        let start = START + (id - 1) * 1800;
        let row = Row {
            id,
            doctor: 1,
            requested_doctor: 1,
            patient: 10 + id,
            by: 10 + id,
            start,
            requested_start: start,
            duration: 30,
            requested_duration: 30,
            status: "Booked".into(),
            version: 1,
            ..Row::default()
        };
        let booking =
            Booking { doctor: 1, patient: row.patient, by: row.by, start, duration: Some(30), ..Booking::default() };
        (row, call(Op::Book(booking), id as Moment * 10, ok(json!(id))))
    }

    fn audited(request: &str, action: &str, id: i64, new: Option<Place>) -> Audited {
        Audited {
            request: request.into(),
            action: action.into(),
            appointment: Some(id),
            doctor: new.map(|new| new.0),
            start: new.map(|new| new.1),
            ..Audited::default()
        }
    }

    fn off(request: &str) -> Audited {
        Audited {
            request: request.into(),
            action: "time_off".into(),
            account: OFF.doctor,
            start: Some(OFF.start),
            end: Some(OFF.end),
            ..Audited::default()
        }
    }

    /// Cancels the first appointment, and moves the second one to another doctor.
    fn plan(dry_run: bool, outcome: Outcome) -> Call {
        let to = Target { doctor: Some(2), start: None };
        let plan = Plan::Steps(vec![PlanStep { id: 1, to: None }, PlanStep { id: 2, to: Some(to) }]);
        call(Op::Plan(Planned { change: Change::Absence(OFF), plan, dry_run }), 100, outcome)
    }

    fn done() -> Outcome {
        let moved = json!([{ "id": 2, "doctor_id": 2, "start_date": "2024-10-04T09:30:00+00:00" }]);
        ok(json!({ "id": 5, "cancelled": [1], "rescheduled": moved }))
    }

    /// Judges a plan of which these parts were made.
    fn codes(plan: Call, cancelled: bool, moved: bool, taken: bool) -> Vec<Code> {
        let ((mut first, one), (mut second, two)) = (booked(1), booked(2));
        let mut audit = vec![audited("a", "book", 1, None), audited("b", "book", 2, None)];
        if cancelled {
            (first.status, first.version) = ("Cancelled".into(), 2);
            audit.push(audited("c", "cancel", 1, None));
        }
        if moved {
            (second.doctor, second.version) = (2, 2);
            audit.push(audited("c", "reschedule", 2, Some((2, START + 1800))));
        }
        let time_off = taken.then_some((5, OFF));
        audit.extend(taken.then(|| off("c")));
        let end = End {
            appointments: vec![first, second],
            time_off: time_off.into_iter().collect(),
            policy: INITIAL_POLICY,
            audit,
            ..End::default()
        };
        let found = check::violations(&[one, two, plan], &end, &Clinic::default());
        found.into_iter().map(|violation| violation.code).collect()
    }

    #[test]
    fn acknowledged_plan_is_made_as_a_whole() {
        assert_eq!(codes(plan(false, done()), true, true, true), []);
        for (cancelled, moved, taken) in [(true, true, false), (true, false, true), (false, true, true)] {
            assert!(codes(plan(false, done()), cancelled, moved, taken).contains(&Code::PlanIncomplete));
        }
        let other = ok(json!({ "id": 5, "cancelled": [1, 2], "rescheduled": [] }));
        assert!(codes(plan(false, other), true, true, true).contains(&Code::PlanIncomplete));
    }

    #[test]
    fn refused_plan_and_dry_run_change_nothing() {
        for plan in [plan(false, refused()), plan(true, done())] {
            assert_eq!(codes(plan.clone(), false, false, false), []);
            assert!(codes(plan.clone(), true, true, true).contains(&Code::PlanUnexplained));
            assert!(codes(plan.clone(), true, true, false).contains(&Code::PlanUnexplained));
            assert!(codes(plan, true, false, false).contains(&Code::ChangesMiscounted));
        }
    }

    #[test]
    fn unconfirmed_plan_is_made_as_a_whole_or_not_at_all() {
        let unknown =
            || Call { returned: crate::record::NEVER, ..plan(false, Outcome::Unknown { reason: String::new() }) };
        assert_eq!(codes(unknown(), true, true, true), []);
        assert_eq!(codes(unknown(), false, false, false), []);
        assert!(codes(unknown(), true, false, true).contains(&Code::PlanUnexplained));
        assert!(codes(unknown(), true, true, false).contains(&Code::PlanUnexplained));
        assert!(codes(unknown(), true, false, false).contains(&Code::ChangesMiscounted));
    }
}
