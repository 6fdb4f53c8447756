//! Linearizability, slot by slot and setting by setting: whether there is one order of all calls,
//! each at a moment between when it was sent and when it was answered, in which every answer is
//! right. The search is a library's.

use std::collections::HashMap;

use todc_utils::{
    Specification, WGLChecker,
    linearizability::history::{Action, History},
};

use crate::{
    record::{Call, End, Grid, Moment, NEVER, Op, Outcome, Seconds},
    rules::{INITIAL_HOURS, INITIAL_POLICY},
    tenure::Life,
    violation::{Code, Violation},
};

/// What was done to a slot, or seen of it, by the ids of appointments.
#[derive(Clone, Debug)]
enum OfSlot {
    Take(i64),
    Leave(i64),
    /// It may have been taken or left.
    MayTake(i64),
    MayLeave(i64),
    /// Somebody else had it than the one whom it was refused to, if that is one.
    Busy(Option<i64>),
    /// Nobody else had it.
    Free(Option<i64>),
    See(i64),
}

struct Slot;

impl Specification for Slot {
    type State = Option<i64>;
    type Operation = OfSlot;

    fn init() -> Self::State {
        None
    }

    fn apply(operation: &OfSlot, state: &Self::State) -> (bool, Self::State) {
        let state = *state;
        match *operation {
            OfSlot::Take(id) => (state.is_none(), Some(id)),
            OfSlot::Leave(id) => (state == Some(id), None),
            OfSlot::MayTake(id) => (true, state.or(Some(id))),
            OfSlot::MayLeave(id) => (true, state.filter(|held| *held != id)),
            OfSlot::Busy(but) => (state.is_some() && state != but, state),
            OfSlot::Free(but) => (state.is_none() || state == but, state),
            OfSlot::See(id) => (state == Some(id), state),
        }
    }
}

/// What was done to a setting, or seen of it.
#[derive(Clone, Debug)]
enum OfSetting {
    Set(i64),
    See(i64),
}

/// A number that is set and read; 0 before that.
struct Setting;

impl Specification for Setting {
    type State = i64;
    type Operation = OfSetting;

    fn init() -> i64 {
        0
    }

    fn apply(operation: &OfSetting, state: &i64) -> (bool, i64) {
        match *operation {
            OfSetting::Set(value) => (true, value),
            OfSetting::See(value) => (value == *state, *state),
        }
    }
}

type Timed<T> = (T, (Moment, Moment));

/// Whether there is such an order.
fn is_linearizable<S: Specification>(operations: &[Timed<S::Operation>]) -> bool {
    if operations.is_empty() {
        return true;
    }
    let mut actions = Vec::new();
    for (process, (operation, (called, returned))) in operations.iter().enumerate() {
        // What returned at the moment at which another was called was not surely before it.
        actions.push((*called, 0, process, Action::Call(operation.clone())));
        actions.push((*returned, 1, process, Action::Response(operation.clone())));
    }
    actions.sort_by_key(|(moment, kind, process, _)| (*moment, *kind, *process));
    let actions = actions.into_iter().map(|(_, _, process, action)| (process, action)).collect();
    WGLChecker::<S>::is_linearizable(History::from_actions(actions))
}

/// The histories for which there is none.
pub(crate) fn violations(calls: &[Call], lives: &HashMap<i64, Life>, end: &End, grid: &Grid) -> Vec<Violation> {
    let mut found = Vec::new();
    for ((doctor, start), operations) in slots(calls, lives, grid) {
        if !is_linearizable::<Slot>(&operations) {
            found.push(Violation::new(Code::SlotUnordered, format!("{start} of doctor {doctor}: {operations:?}")));
        }
    }
    for (name, operations) in settings(calls, end, grid) {
        if !is_linearizable::<Setting>(&operations) {
            found.push(Violation::new(Code::SettingUnordered, format!("{name}: {operations:?}")));
        }
    }
    found
}

fn slots(calls: &[Call], lives: &HashMap<i64, Life>, grid: &Grid) -> HashMap<(i64, Seconds), Vec<Timed<OfSlot>>> {
    let mut slots: HashMap<(i64, Seconds), Vec<Timed<OfSlot>>> = HashMap::new();
    let mut add = |doctor: i64, start: Seconds, operation: OfSlot, within: (Moment, Moment)| {
        if grid.has(doctor, start) {
            slots.entry((doctor, start)).or_default().push((operation, within));
        }
    };
    for (id, life) in lives {
        add(life.doctor, life.asked_start, OfSlot::Take(*id), life.born);
        for step in life.steps.iter().flatten().filter(|step| step.came != Some(step.left)) {
            add(life.doctor, step.left, OfSlot::Leave(*id), step.within);
            if let Some(came) = step.came {
                add(life.doctor, came, OfSlot::Take(*id), step.within);
            }
        }
    }
    // Of an appointment whose steps are not known for sure, each change may be one, or none.
    let is_vague = |id: &i64| lives.get(id).is_some_and(|life| life.steps.is_none());
    for call in calls.iter().filter(|call| call.may_be_made()) {
        let (Op::Move { id, .. } | Op::Cancel { id }) = &call.op else { continue };
        if !is_vague(id) {
            continue;
        }
        let within = call.within();
        let life = &lives[id];
        for start in &grid.starts {
            let target = matches!(call.op, Op::Move { start: to, .. } if to == *start);
            let operation = if target { OfSlot::MayTake(*id) } else { OfSlot::MayLeave(*id) };
            add(life.doctor, *start, operation, within);
        }
    }
    for call in calls {
        let within = call.within();
        match (&call.op, &call.outcome) {
            (Op::Book { doctor, start, .. }, Outcome::Refused { conflicts: Some(conflicts), .. }) => {
                add(*doctor, *start, busy(conflicts, None), within);
            }
            (Op::Move { id, doctor, start }, Outcome::Refused { conflicts: Some(conflicts), .. }) => {
                add(*doctor, *start, busy(conflicts, Some(*id)), within);
            }
            (Op::Slots { doctor }, Outcome::Ok { body, .. }) => {
                let rows = body.as_array().into_iter().flatten();
                let seen: HashMap<Seconds, i64> =
                    rows.filter_map(|row| Some((seconds(&row["start_date"])?, row["id"].as_i64()?))).collect();
                for start in &grid.starts {
                    let operation = seen.get(start).map_or(OfSlot::Free(None), |id| OfSlot::See(*id));
                    add(*doctor, *start, operation, within);
                }
            }
            (Op::Availability { doctor }, Outcome::Ok { body, .. }) => {
                for start in body.as_array().into_iter().flatten().filter_map(|row| seconds(&row["start_date"])) {
                    add(*doctor, start, OfSlot::Free(None), within);
                }
            }
            (Op::Show { id }, Outcome::Ok { body, .. }) if body["status"] != "Cancelled" => {
                if let (Some(doctor), Some(start)) = (body["doctor_id"].as_i64(), seconds(&body["start_date"])) {
                    add(doctor, start, OfSlot::See(*id), within);
                }
            }
            _ => {}
        }
    }
    slots
}

fn busy(conflicts: &[String], but: Option<i64>) -> OfSlot {
    match conflicts.iter().any(|conflict| conflict.ends_with("doctor-busy")) {
        true => OfSlot::Busy(but),
        false => OfSlot::Free(but),
    }
}

/// A timestamp in an answer.
pub(crate) fn seconds(timestamp: &serde_json::Value) -> Option<Seconds> {
    chrono::DateTime::parse_from_rfc3339(timestamp.as_str()?).ok().map(|time| time.timestamp())
}

fn settings(calls: &[Call], end: &End, grid: &Grid) -> Vec<(String, Vec<Timed<OfSetting>>)> {
    let last = (NEVER - 1, NEVER - 1);
    let pack = |(appointments, mins): (i64, i64)| appointments * 10_000 + mins;
    let mut policy = vec![(OfSetting::Set(pack(INITIAL_POLICY)), (0, 0)), (OfSetting::See(pack(end.policy)), last)];
    let mut hours: HashMap<i64, Vec<Timed<OfSetting>>> = HashMap::new();
    for doctor in &grid.doctors {
        let first = (OfSetting::Set(INITIAL_HOURS), (0, 0));
        let until = end.hours.get(doctor).copied().unwrap_or_default();
        hours.insert(*doctor, vec![first, (OfSetting::See(until), last)]);
    }
    for call in calls.iter().filter(|call| call.may_be_made()) {
        let within = call.within();
        let body = call.body();
        match call.op {
            Op::SetPolicy { appointments, mins } => policy.push((OfSetting::Set(pack((appointments, mins))), within)),
            Op::Policy if call.is_ok() => {
                let number = |name: &str| body[name].as_i64().unwrap_or_default();
                let seen = (number("max_appointments_per_day"), number("max_booked_mins_per_day"));
                policy.push((OfSetting::See(pack(seen)), within));
            }
            Op::SetHours { doctor, until } => hours.entry(doctor).or_default().push((OfSetting::Set(until), within)),
            Op::Hours { doctor } if call.is_ok() => {
                let until = body[0]["end"].as_str().and_then(|end| end[..2].parse().ok()).unwrap_or_default();
                hours.entry(doctor).or_default().push((OfSetting::See(until), within));
            }
            _ => {}
        }
    }
    let hours = hours.into_iter().map(|(doctor, operations)| (format!("the hours of doctor {doctor}"), operations));
    [("the policy".to_owned(), policy)].into_iter().chain(hours).collect()
}
