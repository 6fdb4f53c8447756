//! Reads the responses to series: the appointments in them, and what they say about those that cannot be booked.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::{
    end::End,
    linear::seconds,
    record::{Call, Op, Outcome, Seconds},
    series::Series,
};

/// Returns the appointments in a response.
pub(crate) fn ids(body: &Value) -> Vec<i64> {
    occurrences(body).filter_map(|occurrence| occurrence["appointment_id"].as_i64()).collect()
}

fn occurrences(body: &Value) -> impl Iterator<Item = &Value> {
    body.as_array().into_iter().flatten()
}

/// Returns each appointment with its requested start, and with each to which it may have been moved.
pub(crate) fn places(calls: &[Call], end: &End) -> HashSet<(i64, Seconds)> {
    let moved = calls.iter().filter(|call| call.may_be_made()).filter_map(|call| match call.op {
        Op::Reschedule { id, start, .. } => Some((id, start)),
        _ => None,
    });
    end.appointments.iter().map(|row| (row.id, row.requested_start)).chain(moved).collect()
}

/// Returns whether a response has all requested starts, and for each its appointment or a problem. The response to a retry
/// has the appointments alone, at their present starts.
pub(crate) fn has_starts(call: &Call, series: &Series, places: &HashSet<(i64, Seconds)>) -> bool {
    let is_right = |one: &Value| match (one["appointment_id"].as_i64(), seconds(&one["start_date"])) {
        (Some(id), Some(start)) => one["problem"].is_null() && places.contains(&(id, start)),
        (None, Some(_)) => series.dry_run || !one["problem"].is_null(),
        _ => false,
    };
    let starts = occurrences(call.body()).filter_map(|one| seconds(&one["start_date"]));
    let is_retry = series.first.key.is_some() && ids(call.body()).len() == occurrences(call.body()).count();
    occurrences(call.body()).all(is_right) && (is_retry || starts.eq(series.starts()))
}

/// Returns the refused booking of each appointment that was left out because somebody was busy or a day was full.
pub(crate) fn refusals(call: &Call, series: &Series) -> impl Iterator<Item = Call> {
    occurrences(call.body()).filter_map(|one| {
        let violations = one["problem"]["violations"].as_array()?;
        let conflicts = violations.iter().filter_map(|kind| Some(kind.as_str()?.to_owned())).collect();
        let booking = series.booking(seconds(&one["start_date"])?, false);
        let outcome = Outcome::Refused { status: 409, conflicts: Some(conflicts) };
        Some(Call { op: Op::Book(booking), outcome, ..call.clone() })
    })
}

/// Returns what a dry run says of the doctor's free times.
pub(crate) fn free(call: &Call, series: &Series) -> Call {
    let free: Vec<&Value> = occurrences(call.body()).filter(|one| one["problem"].is_null()).collect();
    let outcome = Outcome::Ok { body: json!(free), version: None };
    Call { op: Op::Availability { doctor: series.first.doctor }, outcome, ..call.clone() }
}
