//! Checks the rules of a booking, based on what was certainly booked at which time.

use std::collections::HashMap;

use crate::{
    record::{Call, Clinic, End, Moment, NEVER, Op, Seconds},
    timeline::{Occupancy, Timeline},
    violation::{Code, Violation},
};

/// The initial policy of the schema: maximum appointments and minutes of a doctor's day.
pub(crate) const INITIAL_POLICY: (i64, i64) = (12, 480);
/// The hour at which doctors start to work.
pub(crate) const FIRST_HOUR: i64 = 8;
/// The hour at which a new doctor stops working.
pub(crate) const INITIAL_HOURS: i64 = 18;

/// Returns the violations of the rules.
pub(crate) fn violations(
    calls: &[Call],
    timelines: &HashMap<i64, Timeline>,
    end: &End,
    clinic: &Clinic,
) -> Vec<Violation> {
    let mut found = overlaps(timelines, |_, occupancy| occupancy.doctor, Occupancy::busy);
    found.extend(overlaps(timelines, |timeline, _| timeline.patient, Occupancy::attended));
    found.extend(day_limits(calls, timelines));
    found.extend(hours(calls, timelines, clinic));
    found.extend(time_off(calls, timelines, end));
    found
}

/// Checks that no two appointments of a person overlapped while both were certainly booked. `person` is the doctor or the
/// patient, and `interval` is when that person is not free for another appointment.
fn overlaps(
    timelines: &HashMap<i64, Timeline>,
    person: impl Fn(&Timeline, &Occupancy) -> i64,
    interval: impl Fn(&Occupancy) -> (Seconds, Seconds),
) -> Vec<Violation> {
    let mut of_person: HashMap<i64, Vec<_>> = HashMap::new();
    for (id, timeline) in timelines {
        for occupancy in &timeline.occupancies {
            of_person.entry(person(timeline, occupancy)).or_default().push((interval(occupancy), id, occupancy));
        }
    }
    let mut found = Vec::new();
    for mut intervals in of_person.into_values() {
        intervals.sort_by_key(|(interval, id, _)| (*interval, **id));
        for (index, ((_, end), id, occupancy)) in intervals.iter().enumerate() {
            let later = intervals[index + 1..].iter().take_while(|((start, _), ..)| start < end);
            for (_, other, other_occupancy) in later.filter(|(_, other, _)| other != id) {
                if occupancy.coexists_with(other_occupancy) {
                    let evidence = format!("{id}, {other}: {occupancy:?}, {other_occupancy:?}");
                    found.push(Violation::new(Code::Overlap, evidence));
                }
            }
        }
    }
    found
}

/// Returns the values that a setting may have had in a time range: those set before its end and not certainly replaced
/// before its start.
pub(crate) fn possible<T: Copy>(initial: T, sets: &[(&Call, T)], from: Moment, until: Moment) -> Vec<T> {
    let replaced = |since: Moment| sets.iter().any(|(call, _)| call.called >= since && call.returned <= from);
    let of_sets = sets.iter().filter(|(call, _)| call.called <= until && !replaced(call.returned));
    let initial = (!replaced(0)).then_some(initial);
    initial.into_iter().chain(of_sets.map(|(_, value)| *value)).collect()
}

/// An acknowledged booking or rescheduling.
pub(crate) struct Placed<'a> {
    pub(crate) call: &'a Call,
    pub(crate) id: i64,
    pub(crate) doctor: i64,
    pub(crate) start: Seconds,
    pub(crate) duration: i64,
    /// Whether the working hours and the limits of the day did not apply.
    pub(crate) overridden: bool,
    /// Between which moments it was made. For a booking, a retry can be acknowledged long after it was made.
    pub(crate) within: (Moment, Moment),
}

/// Returns all acknowledged bookings and reschedules. A booking that was acknowledged several times is there once.
pub(crate) fn placed<'a>(calls: &'a [Call], timelines: &HashMap<i64, Timeline>) -> impl Iterator<Item = Placed<'a>> {
    calls.iter().filter(|call| call.is_ok()).filter_map(|call| match &call.op {
        Op::Book(booking) => {
            let id = call.booked()?;
            let Timeline { duration, created, .. } = *timelines.get(&id)?;
            // The first acknowledgement.
            (created.1 == call.returned).then_some(Placed {
                call,
                id,
                doctor: booking.doctor,
                start: booking.start,
                duration,
                overridden: booking.overridden,
                within: created,
            })
        }
        Op::Reschedule { id, start, .. } => Some(Placed {
            call,
            id: *id,
            doctor: call.body()["doctor_id"].as_i64()?,
            start: *start,
            duration: timelines.get(id)?.duration,
            overridden: false,
            within: call.within(),
        }),
        _ => None,
    })
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
    for placed in placed(calls, timelines).filter(|placed| !placed.overridden) {
        let (from, until) = placed.within;
        let others = timelines.iter().filter(|(other, _)| **other != placed.id);
        let occupancies = others.filter_map(|(_, timeline)| {
            timeline.occupancies.iter().find(|occupancy| {
                occupancy.doctor == placed.doctor
                    && day(occupancy.start) == day(placed.start)
                    && occupancy.certainly_covers(from, until)
            })
        });
        let (count, mins) =
            occupancies.fold((1, placed.duration), |(count, mins), occupancy| (count + 1, mins + occupancy.duration));
        let allowed = possible(INITIAL_POLICY, &sets, from, until);
        if !allowed.iter().any(|(appointments, limit)| count <= *appointments && mins <= *limit) {
            found.push(Violation::new(
                Code::DayOverfull,
                format!("{count} appointments, {mins} minutes; allowed were {allowed:?}: {:?}", placed.call),
            ));
        }
    }
    found
}

/// Checks that every booking and every new start was within the working hours of that time.
fn hours(calls: &[Call], timelines: &HashMap<i64, Timeline>, clinic: &Clinic) -> Vec<Violation> {
    let mut found = Vec::new();
    let doctors = clinic.grid.doctors.iter().chain(&clinic.open);
    let mut sets: HashMap<i64, Vec<(&Call, i64)>> = doctors.map(|doctor| (*doctor, Vec::new())).collect();
    for call in calls.iter().filter(|call| call.may_be_made()) {
        if let Op::SetHours { doctor, until } = call.op {
            sets.entry(doctor).or_default().push((call, until));
        }
    }
    for placed in placed(calls, timelines).filter(|placed| !placed.overridden) {
        let Some(sets) = sets.get(&placed.doctor) else { continue };
        let allowed = possible(INITIAL_HOURS, sets, placed.within.0, placed.within.1);
        let begins = placed.start.rem_euclid(86_400);
        let ends = begins + placed.duration * 60;
        if begins < FIRST_HOUR * 3600 || !allowed.iter().any(|until| ends <= until * 3600) {
            found.push(Violation::new(Code::OutsideHours, format!("until {allowed:?}: {:?}", placed.call)));
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
        for placed in placed(calls, timelines).filter(|placed| placed.doctor == doctor) {
            let is_within = placed.start < until && start < placed.start + placed.duration * 60;
            if is_within && taken.returned < placed.within.0 && placed.within.1 < surely_until {
                found.push(Violation::new(Code::BookedOverTimeOff, format!("{:?}, {taken:?}", placed.call)));
            }
        }
        for (id, timeline) in timelines {
            let over = timeline.occupancies.iter().find(|occupancy| {
                occupancy.doctor == doctor
                    && occupancy.certainly_covers(taken.called, taken.returned)
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
