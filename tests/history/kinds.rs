//! Counts what the clients of a history did, so that a reader of the results sees what was tested.

use std::collections::{BTreeMap, HashMap};

use crate::{
    plan::{Change, Plan, Planned},
    record::{Absence, Booking, Call, Clinic, Moment, Op, Outcome, Seconds},
    series::Series,
};

/// Returns the number of acknowledged changes by kind. A change can be of several kinds.
pub(crate) fn kinds(calls: &[Call], clinic: &Clinic) -> BTreeMap<&'static str, u64> {
    let bookings = || {
        calls.iter().filter(|call| call.is_ok()).filter_map(|call| match &call.op {
            Op::Book(booking) => Some((call, booking)),
            _ => None,
        })
    };
    let booked: HashMap<i64, &Booking> =
        bookings().filter_map(|(call, booking)| Some((call.booked()?, booking))).collect();
    let now = |called: Moment| clinic.begun + (called / 1_000_000) as Seconds;
    let mut counts = BTreeMap::new();
    let mut count = |kind, is| *counts.entry(kind).or_default() += u64::from(is);
    for (call, booking) in bookings() {
        let by_guardian = clinic.guardians.contains(&(booking.by, booking.patient));
        let minutes = booking.duration.unwrap_or_default();
        let over_midnight = booking.start.rem_euclid(86_400) + minutes * 60 > 86_400;
        count("booked by a guardian", by_guardian);
        count("booked by the staff", !by_guardian && booking.by != booking.patient);
        count("booked as a walk-in", booking.start + 60 < now(call.called));
        count("booked over midnight", over_midnight);
        count("booked with a type", booking.type_id.is_some());
        count("booked with an override", booking.overridden);
    }
    for call in calls.iter().filter(|call| call.is_ok()) {
        match &call.op {
            Op::Reschedule { id, .. } => {
                let doctor = call.body()["doctor_id"].as_i64();
                count("rescheduled", true);
                count(
                    "rescheduled to another doctor",
                    booked.get(id).is_some_and(|booking| Some(booking.doctor) != doctor),
                );
            }
            Op::Cancel { id } => {
                count("cancelled", true);
                let has_begun = booked.get(id).is_some_and(|booking| booking.start + 60 < now(call.called));
                count("cancelled after the start", has_begun);
            }
            Op::BookSeries(Series { dry_run: true, .. }) => count("series tried out", true),
            Op::BookSeries(series) => {
                count("series booked", true);
                count("series booked without conflicts", series.skip_conflicts);
            }
            Op::CancelFollowing { .. } => {
                let several = call.body()["cancelled"].as_array().is_some_and(|cancelled| cancelled.len() > 1);
                count("cancelled with the later ones", several);
            }
            Op::Mark { status, .. } => count(if status == "Booked" { "reopened" } else { "marked" }, true),
            Op::Arrival { arrived, .. } => count(if *arrived { "arrival noted" } else { "arrival undone" }, true),
            Op::SetSpecialHours { .. } => count("hours of a date changed", true),
            Op::AddAbsence(Absence { doctor: None, .. }) => count("clinic closed", true),
            Op::EndAbsence { doctor: None, .. } => count("clinic opened again", true),
            Op::SetActive { .. } => count("doctor activated", true),
            Op::SetGuardian { active, .. } => {
                count(if *active { "guardian given back" } else { "guardian taken away" }, true);
            }
            _ => {}
        }
    }
    for (call, planned) in calls.iter().filter_map(|call| call.op.planned().map(|planned| (call, planned))) {
        let Planned { change, plan, dry_run } = planned;
        let is_made = call.is_ok() && !dry_run;
        count("plan tried out", call.is_ok() && *dry_run);
        count("plan refused", matches!(call.outcome, Outcome::Refused { status: 409, .. }));
        let kind = match change {
            Change::Absence(absence) if absence.is_closure() => "clinic closed with a plan",
            Change::Absence(_) => "time off taken with a plan",
            Change::Deactivation { .. } => "doctor deactivated with a plan",
        };
        count(kind, is_made);
        if let (true, Plan::Steps(steps)) = (is_made, plan) {
            for step in steps {
                let is_reassigned = step.to.is_some_and(|to| to.doctor.is_some());
                count("cancelled by a plan", step.to.is_none());
                count("moved by a plan", step.to.is_some() && !is_reassigned);
                count("reassigned by a plan", is_reassigned);
            }
        }
    }
    counts
}
