//! Checks the rules of a booking, based on what was certainly booked at which time.

use std::collections::HashMap;

use crate::{
    record::{Call, End, Grid, Moment, NEVER, Op, Seconds},
    timeline::Timeline,
    violation::{Code, Violation},
};

/// The initial policy of the schema: maximum appointments and minutes of a doctor's day.
pub(crate) const INITIAL_POLICY: (i64, i64) = (12, 480);
/// The hour at which a new doctor stops working.
pub(crate) const INITIAL_HOURS: i64 = 18;

/// Returns the violations of the rules.
pub(crate) fn violations(calls: &[Call], timelines: &HashMap<i64, Timeline>, end: &End, grid: &Grid) -> Vec<Violation> {
    let mut found = overlaps(timelines);
    found.extend(day_limits(calls, timelines));
    found.extend(hours(calls, timelines, grid));
    found.extend(time_off(calls, timelines, end));
    found
}

/// Checks that no two appointments of a doctor or a patient overlapped while both were certainly booked.
fn overlaps(timelines: &HashMap<i64, Timeline>) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut sorted: Vec<_> = timelines
        .iter()
        .flat_map(|(id, timeline)| {
            timeline.occupancies.iter().map(move |occupancy| (occupancy.start, id, timeline, occupancy))
        })
        .collect();
    sorted.sort_by_key(|(start, id, ..)| (*start, **id));
    for (index, (start, id, timeline, occupancy)) in sorted.iter().enumerate() {
        let end = start + occupancy.duration * 60;
        for (_, other, other_timeline, other_occupancy) in
            sorted[index + 1..].iter().take_while(|(start, ..)| *start < end)
        {
            let shared = timeline.doctor == other_timeline.doctor || timeline.patient == other_timeline.patient;
            if shared
                && id != other
                && occupancy.from.max(other_occupancy.from) < occupancy.until.min(other_occupancy.until)
            {
                found.push(Violation::new(Code::Overlap, format!("{id}, {other}: {occupancy:?}, {other_occupancy:?}")));
            }
        }
    }
    found
}

/// Returns the values that a setting may have had in a time range: those set before its end and not certainly replaced
/// before its start.
fn possible<T: Copy>(initial: T, sets: &[(&Call, T)], from: Moment, until: Moment) -> Vec<T> {
    let replaced = |since: Moment| sets.iter().any(|(call, _)| call.called >= since && call.returned <= from);
    let of_sets = sets.iter().filter(|(call, _)| call.called <= until && !replaced(call.returned));
    let initial = (!replaced(0)).then_some(initial);
    initial.into_iter().chain(of_sets.map(|(_, value)| *value)).collect()
}

/// Returns the appointment, doctor, start and duration of an acknowledged booking or rescheduling.
fn placed(call: &Call, timelines: &HashMap<i64, Timeline>) -> Option<(i64, i64, Seconds, i64)> {
    if !call.is_ok() {
        return None;
    }
    match &call.op {
        Op::Book { doctor, start, duration, .. } => Some((call.body().as_i64()?, *doctor, *start, *duration)),
        Op::Reschedule { id, doctor, start } => Some((*id, *doctor, *start, timelines.get(id)?.duration)),
        _ => None,
    }
}

/// Returns whether this call made the change. A retry can be acknowledged long after the booking.
fn placed_now(call: &Call, timeline: &Timeline) -> bool {
    !matches!(call.op, Op::Book { .. }) || timeline.created.0 == call.called
}

/// Checks that no booking exceeded the limits of a doctor's day in the policy of that time.
fn day_limits(calls: &[Call], timelines: &HashMap<i64, Timeline>) -> Vec<Violation> {
    let mut found = Vec::new();
    let sets: Vec<_> = calls
        .iter()
        .filter(|call| call.may_be_made())
        .filter_map(|call| match call.op {
            Op::SetPolicy { appointments, mins } => Some((call, (appointments, mins))),
            _ => None,
        })
        .collect();
    let day = |start: Seconds| start.div_euclid(86_400);
    for call in calls {
        let Some((id, doctor, start, duration)) = placed(call, timelines) else { continue };
        if !timelines.get(&id).is_some_and(|timeline| placed_now(call, timeline)) {
            continue;
        }
        let others = timelines.iter().filter(|(other, timeline)| **other != id && timeline.doctor == doctor);
        let occupancies = others.filter_map(|(_, timeline)| {
            timeline.occupancies.iter().find(|occupancy| {
                day(occupancy.start) == day(start) && occupancy.certainly_covers(call.called, call.returned)
            })
        });
        let (count, mins) =
            occupancies.fold((1, duration), |(count, mins), occupancy| (count + 1, mins + occupancy.duration));
        let allowed = possible(INITIAL_POLICY, &sets, call.called, call.returned);
        if !allowed.iter().any(|(appointments, limit)| count <= *appointments && mins <= *limit) {
            found.push(Violation::new(
                Code::DayOverfull,
                format!("{count} appointments, {mins} minutes; allowed were {allowed:?}: {call:?}"),
            ));
        }
    }
    found
}

/// Checks that every booking was within the working hours of that time.
fn hours(calls: &[Call], timelines: &HashMap<i64, Timeline>, grid: &Grid) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut sets: HashMap<i64, Vec<(&Call, i64)>> = grid.doctors.iter().map(|doctor| (*doctor, Vec::new())).collect();
    for call in calls.iter().filter(|call| call.may_be_made()) {
        if let Op::SetHours { doctor, until } = call.op {
            sets.entry(doctor).or_default().push((call, until));
        }
    }
    for call in calls {
        let Op::Book { doctor, key, .. } = &call.op else { continue };
        let (Some(sets), Some((_, _, start, duration))) = (sets.get(doctor), placed(call, timelines)) else { continue };
        // With a key, the response may be for a much earlier booking.
        let allowed = match key {
            Some(_) => sets.iter().map(|(_, until)| *until).chain([INITIAL_HOURS]).collect(),
            None => possible(INITIAL_HOURS, sets, call.called, call.returned),
        };
        let ends = (start + duration * 60).rem_euclid(86_400);
        if !allowed.iter().any(|until| ends <= until * 3600) {
            found.push(Violation::new(Code::OutsideHours, format!("until {allowed:?}: {call:?}")));
        }
    }
    found
}

/// Checks that bookings and time off do not overlap, and that time off is in the database until it is deleted.
fn time_off(calls: &[Call], timelines: &HashMap<i64, Timeline>, end: &End) -> Vec<Violation> {
    let mut found = Vec::new();
    for taken in calls.iter().filter(|call| call.is_ok()) {
        let Op::TakeTimeOff { doctor, start, end: until } = taken.op else { continue };
        let id = taken.body()["id"].as_i64().unwrap_or_default();
        let ends = || calls.iter().filter(|call| matches!(call.op, Op::EndTimeOff { id: other, .. } if other == id));
        let deleted = ends().any(Call::is_ok);
        let may_be_deleted = ends().any(Call::may_be_made);
        match end.time_off.get(&id) {
            Some(_) if deleted => found.push(Violation::new(Code::TimeOffNotEnded, format!("{taken:?}"))),
            Some(stored) if *stored != (doctor, start, until) => {
                found.push(Violation::new(Code::TimeOffDiffers, format!("{taken:?}, {stored:?}")))
            }
            None if !may_be_deleted => found.push(Violation::new(Code::TimeOffLost, format!("{taken:?}"))),
            _ => {}
        }
        let surely_until = ends().filter(|call| call.may_be_made()).map(|call| call.called).min().unwrap_or(NEVER);
        for call in calls {
            let Some((id, booked_doctor, at, duration)) = placed(call, timelines) else { continue };
            let within = booked_doctor == doctor && at < until && start < at + duration * 60;
            let now = timelines.get(&id).is_some_and(|timeline| placed_now(call, timeline));
            if within && now && taken.returned < call.called && call.returned < surely_until {
                found.push(Violation::new(Code::BookedOverTimeOff, format!("{call:?}, {taken:?}")));
            }
        }
        for (id, timeline) in timelines.iter().filter(|(_, timeline)| timeline.doctor == doctor) {
            let over = timeline.occupancies.iter().find(|occupancy| {
                occupancy.certainly_covers(taken.called, taken.returned)
                    && occupancy.start < until
                    && start < occupancy.start + occupancy.duration * 60
            });
            if over.is_some() && !timeline.marked {
                found.push(Violation::new(Code::TimeOffOverBooked, format!("{id}: {taken:?}")));
            }
        }
    }
    let made = calls.iter().filter(|call| matches!(call.op, Op::TakeTimeOff { .. }) && call.may_be_made()).count();
    if end.time_off.len() > made {
        found.push(Violation::new(
            Code::TimeOffUnexplained,
            format!("{} in the database, at most {made} were taken", end.time_off.len()),
        ));
    }
    found
}
