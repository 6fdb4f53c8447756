//! Linearizability of each slot and each setting: there must be an order of all calls, each at a time between its
//! request and its response, in which every response is right. A library does the search.

use std::collections::HashMap;

use todc_utils::{
    Specification, WGLChecker,
    linearizability::history::{Action, History},
};

use crate::{
    end::End,
    record::{Booking, Call, Clinic, Grid, Moment, Op, Outcome, Seconds},
    settings,
    timeline::{Place, Timeline, moved_to},
    violation::{Code, Violation},
};

/// An operation on a slot, or an observation of it. Numbers are appointment ids.
#[derive(Clone, Debug)]
enum SlotOperation {
    Take(i64),
    Leave(i64),
    /// The appointment may have taken the slot.
    MayTake(i64),
    MayLeave(i64),
    /// The slot was observed to be taken by another appointment than this one.
    Busy(Option<i64>),
    /// The slot was observed not to be taken by another appointment than this one.
    Free(Option<i64>),
    See(i64),
}

struct SlotModel;

impl Specification for SlotModel {
    type State = Option<i64>;
    type Operation = SlotOperation;

    fn init() -> Self::State {
        None
    }

    fn apply(operation: &SlotOperation, state: &Self::State) -> (bool, Self::State) {
        let state = *state;
        match *operation {
            SlotOperation::Take(id) => (state.is_none(), Some(id)),
            SlotOperation::Leave(id) => (state == Some(id), None),
            SlotOperation::MayTake(id) => (true, state.or(Some(id))),
            SlotOperation::MayLeave(id) => (true, state.filter(|current| *current != id)),
            SlotOperation::Busy(except) => (state.is_some() && state != except, state),
            SlotOperation::Free(except) => (state.is_none() || state == except, state),
            SlotOperation::See(id) => (state == Some(id), state),
        }
    }
}

/// An operation, and between which moments it took place.
pub(crate) type Timed<T> = (T, (Moment, Moment));

/// Returns whether the operations have a linear order.
pub(crate) fn is_linearizable<S: Specification>(operations: &[Timed<S::Operation>]) -> bool {
    if operations.is_empty() {
        return true;
    }
    let mut actions = Vec::new();
    for (process, (operation, (called, returned))) in operations.iter().enumerate() {
        // A call that returned at the same moment at which another began was not certainly before it.
        actions.push((*called, 0, process, Action::Call(operation.clone())));
        actions.push((*returned, 1, process, Action::Response(operation.clone())));
    }
    actions.sort_by_key(|(moment, kind, process, _)| (*moment, *kind, *process));
    let actions = actions.into_iter().map(|(_, _, process, action)| (process, action)).collect();
    WGLChecker::<S>::is_linearizable(History::from_actions(actions))
}

/// Returns the slots and settings whose operations have no linear order.
pub(crate) fn violations(
    calls: &[Call],
    timelines: &HashMap<i64, Timeline>,
    end: &End,
    clinic: &Clinic,
) -> Vec<Violation> {
    let mut found = Vec::new();
    for ((doctor, start), operations) in slots(calls, timelines, &clinic.grid) {
        if !is_linearizable::<SlotModel>(&operations) {
            found.push(Violation::new(Code::SlotUnordered, format!("{start} of doctor {doctor}: {operations:?}")));
        }
    }
    found.extend(settings::violations(calls, end, clinic));
    found
}

fn slots(calls: &[Call], timelines: &HashMap<i64, Timeline>, grid: &Grid) -> HashMap<Place, Vec<Timed<SlotOperation>>> {
    let mut slots: HashMap<Place, Vec<Timed<SlotOperation>>> = HashMap::new();
    let mut add = |(doctor, start): Place, operation: SlotOperation, within: (Moment, Moment)| {
        if grid.has(doctor, start) {
            slots.entry((doctor, start)).or_default().push((operation, within));
        }
    };
    for (id, timeline) in timelines {
        add(timeline.requested, SlotOperation::Take(*id), timeline.created);
        for step in timeline.steps.iter().flatten().filter(|step| step.new != Some(step.old)) {
            add(step.old, SlotOperation::Leave(*id), step.within);
            if let Some(new) = step.new {
                add(new, SlotOperation::Take(*id), step.within);
            }
        }
    }
    // If the steps of an appointment are uncertain, each of its changes may have been made or not.
    for call in calls.iter().filter(|call| call.may_be_made()) {
        let (Op::Reschedule { id, .. } | Op::Cancel { id }) = &call.op else { continue };
        let Some(timeline) = timelines.get(id).filter(|timeline| timeline.steps.is_none()) else { continue };
        for place in &timeline.places {
            let is_target = matches!(call.op, Op::Reschedule { start, .. } if start == place.1)
                && moved_to(call).is_none_or(|doctor| doctor == place.0);
            let operation = if is_target { SlotOperation::MayTake(*id) } else { SlotOperation::MayLeave(*id) };
            add(*place, operation, call.within());
        }
    }
    for call in calls {
        let within = call.within();
        match (&call.op, &call.outcome) {
            (Op::Book(Booking { doctor, start, .. }), Outcome::Refused { conflicts: Some(conflicts), .. }) => {
                add((*doctor, *start), busy(conflicts, None), within);
            }
            // Without a doctor in the request, it is not certain whose slot this is.
            (
                Op::Reschedule { id, doctor: Some(doctor), start },
                Outcome::Refused { conflicts: Some(conflicts), .. },
            ) => {
                add((*doctor, *start), busy(conflicts, Some(*id)), within);
            }
            (Op::Slots { doctor, day }, Outcome::Ok { body, .. }) if *day == grid.day => {
                let rows = body.as_array().into_iter().flatten();
                let seen: HashMap<Seconds, i64> =
                    rows.filter_map(|row| Some((seconds(&row["start_date"])?, row["id"].as_i64()?))).collect();
                for start in &grid.starts {
                    let operation = seen.get(start).map_or(SlotOperation::Free(None), |id| SlotOperation::See(*id));
                    add((*doctor, *start), operation, within);
                }
            }
            (Op::Availability { doctor }, Outcome::Ok { body, .. }) => {
                for start in body.as_array().into_iter().flatten().filter_map(|row| seconds(&row["start_date"])) {
                    add((*doctor, start), SlotOperation::Free(None), within);
                }
            }
            (Op::Show { id }, Outcome::Ok { body, .. }) if body["status"] != "Cancelled" => {
                if let (Some(doctor), Some(start)) = (body["doctor_id"].as_i64(), seconds(&body["start_date"])) {
                    add((doctor, start), SlotOperation::See(*id), within);
                }
            }
            _ => {}
        }
    }
    slots
}

fn busy(conflicts: &[String], except: Option<i64>) -> SlotOperation {
    match conflicts.iter().any(|conflict| conflict.ends_with("doctor-busy")) {
        true => SlotOperation::Busy(except),
        false => SlotOperation::Free(except),
    }
}

/// Parses a timestamp of a response.
pub(crate) fn seconds(timestamp: &serde_json::Value) -> Option<Seconds> {
    chrono::DateTime::parse_from_rfc3339(timestamp.as_str()?).ok().map(|time| time.timestamp())
}
