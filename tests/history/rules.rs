//! The rules of a booking, judged by what surely was booked when.

use std::collections::HashMap;

use crate::{
    record::{Call, End, Grid, Moment, NEVER, Op, Seconds},
    tenure::Life,
    violation::{Code, Violation},
};

/// Appointments and minutes that a doctor's day holds, as the schema begins.
pub(crate) const INITIAL_POLICY: (i64, i64) = (12, 480);
/// The hour until which a new doctor works.
pub(crate) const INITIAL_HOURS: i64 = 18;

/// The rules that were broken.
pub(crate) fn violations(calls: &[Call], lives: &HashMap<i64, Life>, end: &End, grid: &Grid) -> Vec<Violation> {
    let mut found = overlaps(lives);
    found.extend(day_limits(calls, lives));
    found.extend(hours(calls, lives, grid));
    found.extend(time_off(calls, lives, end));
    found
}

/// No two appointments that surely were booked at the same moment have the doctor or the patient at
/// the same time.
fn overlaps(lives: &HashMap<i64, Life>) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut sorted: Vec<_> = lives
        .iter()
        .flat_map(|(id, life)| life.tenures.iter().map(move |tenure| (tenure.start, id, life, tenure)))
        .collect();
    sorted.sort_by_key(|(start, id, ..)| (*start, **id));
    for (index, (start, id, life, tenure)) in sorted.iter().enumerate() {
        let end = start + tenure.duration * 60;
        for (_, other, their_life, theirs) in sorted[index + 1..].iter().take_while(|(start, ..)| *start < end) {
            let shared = life.doctor == their_life.doctor || life.patient == their_life.patient;
            if shared && id != other && tenure.from.max(theirs.from) < tenure.until.min(theirs.until) {
                found.push(Violation::new(Code::Overlap, format!("{id}, {other}: {tenure:?}, {theirs:?}")));
            }
        }
    }
    found
}

/// The values that a setting may have had in a stretch of time: those that were set before its end
/// and not surely replaced before its beginning.
fn possible<T: Copy>(initial: T, sets: &[(&Call, T)], from: Moment, until: Moment) -> Vec<T> {
    let replaced = |since: Moment| sets.iter().any(|(call, _)| call.called >= since && call.returned <= from);
    let of_sets = sets.iter().filter(|(call, _)| call.called <= until && !replaced(call.returned));
    let initial = (!replaced(0)).then_some(initial);
    initial.into_iter().chain(of_sets.map(|(_, value)| *value)).collect()
}

/// What was booked or moved: the appointment, its doctor, the new start, and how long.
fn placed(call: &Call, lives: &HashMap<i64, Life>) -> Option<(i64, i64, Seconds, i64)> {
    if !call.is_ok() {
        return None;
    }
    match &call.op {
        Op::Book { doctor, start, duration, .. } => Some((call.body().as_i64()?, *doctor, *start, *duration)),
        Op::Move { id, doctor, start } => Some((*id, *doctor, *start, lives.get(id)?.duration)),
        _ => None,
    }
}

/// Whether it is this call that placed the appointment: a retry can be answered long after that.
fn placed_now(call: &Call, life: &Life) -> bool {
    !matches!(call.op, Op::Book { .. }) || life.born.0 == call.called
}

/// No day of a doctor's was filled past the policy in force.
fn day_limits(calls: &[Call], lives: &HashMap<i64, Life>) -> Vec<Violation> {
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
        let Some((id, doctor, start, duration)) = placed(call, lives) else { continue };
        if !lives.get(&id).is_some_and(|life| placed_now(call, life)) {
            continue;
        }
        let others = lives.iter().filter(|(other, life)| **other != id && life.doctor == doctor);
        let theirs = others.filter_map(|(_, life)| {
            life.tenures
                .iter()
                .find(|tenure| day(tenure.start) == day(start) && tenure.surely_covers(call.called, call.returned))
        });
        let (count, mins) = theirs.fold((1, duration), |(count, mins), tenure| (count + 1, mins + tenure.duration));
        let allowed = possible(INITIAL_POLICY, &sets, call.called, call.returned);
        if !allowed.iter().any(|(appointments, limit)| count <= *appointments && mins <= *limit) {
            found.push(Violation::new(
                Code::DayOverfull,
                format!("{count} appointments, {mins} minutes, where {allowed:?} may be: {call:?}"),
            ));
        }
    }
    found
}

/// Nothing was booked outside the hours in force.
fn hours(calls: &[Call], lives: &HashMap<i64, Life>, grid: &Grid) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut sets: HashMap<i64, Vec<(&Call, i64)>> = grid.doctors.iter().map(|doctor| (*doctor, Vec::new())).collect();
    for call in calls.iter().filter(|call| call.may_be_made()) {
        if let Op::SetHours { doctor, until } = call.op {
            sets.entry(doctor).or_default().push((call, until));
        }
    }
    for call in calls {
        let Op::Book { doctor, key, .. } = &call.op else { continue };
        let (Some(sets), Some((_, _, start, duration))) = (sets.get(doctor), placed(call, lives)) else { continue };
        // With a key, the answer may be to a booking of long ago.
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

/// Nothing was booked over time off, time off was taken over nothing booked, and it is there until
/// it is ended.
fn time_off(calls: &[Call], lives: &HashMap<i64, Life>, end: &End) -> Vec<Violation> {
    let mut found = Vec::new();
    for taken in calls.iter().filter(|call| call.is_ok()) {
        let Op::TakeTimeOff { doctor, start, end: until } = taken.op else { continue };
        let id = taken.body()["id"].as_i64().unwrap_or_default();
        let ends = || calls.iter().filter(|call| matches!(call.op, Op::EndTimeOff { id: of, .. } if of == id));
        let gone = ends().any(Call::is_ok);
        let may_be_gone = ends().any(Call::may_be_made);
        match end.time_off.get(&id) {
            Some(_) if gone => found.push(Violation::new(Code::TimeOffNotEnded, format!("{taken:?}"))),
            Some(there) if *there != (doctor, start, until) => {
                found.push(Violation::new(Code::TimeOffDiffers, format!("{taken:?}, {there:?}")))
            }
            None if !may_be_gone => found.push(Violation::new(Code::TimeOffLost, format!("{taken:?}"))),
            _ => {}
        }
        let surely_until = ends().filter(|call| call.may_be_made()).map(|call| call.called).min().unwrap_or(NEVER);
        for call in calls {
            let Some((id, of, at, duration)) = placed(call, lives) else { continue };
            let within = of == doctor && at < until && start < at + duration * 60;
            let now = lives.get(&id).is_some_and(|life| placed_now(call, life));
            if within && now && taken.returned < call.called && call.returned < surely_until {
                found.push(Violation::new(Code::BookedOverTimeOff, format!("{call:?}, {taken:?}")));
            }
        }
        for (id, life) in lives.iter().filter(|(_, life)| life.doctor == doctor) {
            let over = life.tenures.iter().find(|tenure| {
                tenure.surely_covers(taken.called, taken.returned)
                    && tenure.start < until
                    && start < tenure.start + tenure.duration * 60
            });
            if over.is_some() && !life.marked {
                found.push(Violation::new(Code::TimeOffOverBooked, format!("{id}: {taken:?}")));
            }
        }
    }
    let made = calls.iter().filter(|call| matches!(call.op, Op::TakeTimeOff { .. }) && call.may_be_made()).count();
    if end.time_off.len() > made {
        found.push(Violation::new(Code::TimeOffUnexplained, format!("{} where {made} may be", end.time_off.len())));
    }
    found
}
