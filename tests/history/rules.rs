//! Checks the rules of a booking, based on what was certainly booked at which time.

use std::collections::HashMap;

use crate::{
    absences,
    end::End,
    hours, inactive,
    record::{Booking, Call, Clinic, Moment, Op, Outcome, Seconds},
    timeline::{Occupancy, Place, Timeline},
    violation::{Code, Violation},
};

/// The initial policy of the schema: maximum appointments and minutes of a doctor's day.
pub(crate) const INITIAL_POLICY: (i64, i64) = (12, 480);

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
    found.extend(hours::violations(calls, timelines, clinic));
    found.extend(absences::violations(calls, timelines, end));
    found.extend(inactive::violations(calls, timelines, end));
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

/// The calls that set a setting, each with its value.
pub(crate) type Sets<'a, T> = Vec<(&'a Call, T)>;

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

/// The first second of the day of a time.
fn day(start: Seconds) -> Seconds {
    start - start.rem_euclid(86_400)
}

/// Checks that no booking exceeded the limits of a doctor's day in the policy of that time, and that none was refused
/// because of a day that cannot have been full. An appointment counts for the day on which it starts.
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
    for placed in placed(calls, timelines).filter(|placed| !placed.overridden) {
        let (from, until) = placed.within;
        let others = timelines.iter().filter(|(other, _)| **other != placed.id);
        let certain = others.filter_map(|(_, timeline)| {
            timeline.occupancies.iter().find(|occupancy| {
                occupancy.doctor == placed.doctor
                    && day(occupancy.start) == day(placed.start)
                    && occupancy.certainly_covers(from, until)
            })
        });
        let (count, mins) =
            certain.fold((1, placed.duration), |(count, mins), occupancy| (count + 1, mins + occupancy.duration));
        let allowed = possible(INITIAL_POLICY, &sets, from, until);
        if !allowed.iter().any(|(appointments, limit)| count <= *appointments && mins <= *limit) {
            found.push(Violation::new(
                Code::DayOverfull,
                format!("{count} appointments, {mins} minutes; allowed were {allowed:?}: {:?}", placed.call),
            ));
        }
    }
    for (call, id, (doctor, start), duration) in refused_as_full(calls, timelines) {
        let (from, until) = call.within();
        let others = timelines.iter().filter(|(other, _)| Some(**other) != id);
        let possibly = others.filter(|(_, timeline)| timeline.may_be_on(doctor, day(start), from, until));
        let (count, mins) =
            possibly.fold((1, duration), |(count, mins), (_, timeline)| (count + 1, mins + timeline.duration));
        let allowed = possible(INITIAL_POLICY, &sets, from, until);
        if !allowed.iter().any(|(appointments, limit)| count > *appointments || mins > *limit) {
            found.push(Violation::new(
                Code::DayNotFull,
                format!("at most {count} appointments, {mins} minutes; allowed were {allowed:?}: {call:?}"),
            ));
        }
    }
    found
}

/// Returns the bookings and reschedules that were refused because the doctor's day was full, with the moved appointment, the
/// place and the duration. Those without a doctor or a duration in the request are left out.
fn refused_as_full<'a>(
    calls: &'a [Call],
    timelines: &HashMap<i64, Timeline>,
) -> impl Iterator<Item = (&'a Call, Option<i64>, Place, i64)> {
    calls.iter().filter_map(|call| {
        let Outcome::Refused { conflicts: Some(conflicts), .. } = &call.outcome else { return None };
        conflicts.iter().find(|conflict| conflict.ends_with("doctor-day-full"))?;
        match &call.op {
            Op::Book(Booking { doctor, start, duration, .. }) => Some((call, None, (*doctor, *start), (*duration)?)),
            Op::Reschedule { id, doctor, start } => {
                Some((call, Some(*id), ((*doctor)?, *start), timelines.get(id)?.duration))
            }
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{check, end::Row};

    const MIDNIGHT: Seconds = 86_400 * 20_000;

    fn call(op: Op, called: Moment, outcome: Outcome) -> Call {
        Call { client: 0, op, called, returned: called + 1, outcome }
    }

    /// Books half an hour, as a patient who books nothing else.
    fn booking(start: Seconds) -> Op {
        let patient = start;
        Op::Book(Booking { doctor: 1, patient, by: patient, start, duration: Some(30), ..Booking::default() })
    }

    /// Books these starts, and then gets the response that the day of `refused` is full.
    fn codes(starts: &[Seconds], refused: Seconds) -> Vec<Code> {
        let row = |(id, start): (i64, Seconds)| Row {
            id,
            doctor: 1,
            requested_doctor: 1,
            patient: start,
            by: start,
            start,
            requested_start: start,
            duration: 30,
            requested_duration: 30,
            status: "Booked".into(),
            version: 1,
            ..Row::default()
        };
        let rows: Vec<Row> = (1..).zip(starts.iter().copied()).map(row).collect();
        let ok = |row: &Row| {
            call(booking(row.start), row.id as Moment * 10, Outcome::Ok { body: json!(row.id), version: None })
        };
        let full = Outcome::Refused { status: 409, conflicts: Some(vec!["/problems/doctor-day-full".into()]) };
        let calls: Vec<Call> = rows.iter().map(ok).chain([call(booking(refused), 1000, full)]).collect();
        let end = End { appointments: rows, policy: INITIAL_POLICY, ..End::default() };
        check::violations(&calls, &end, &Clinic::default()).into_iter().map(|violation| violation.code).collect()
    }

    #[test]
    fn appointment_over_midnight_counts_for_the_day_of_its_start() {
        // The last one begins at 23:45.
        let evening: Vec<Seconds> = (0..12).map(|index| MIDNIGHT - 900 - index * 1800).collect();
        assert_eq!(codes(&evening, MIDNIGHT - 10 * 3600), []);
        assert_eq!(codes(&evening, MIDNIGHT + 3600), [Code::DayNotFull]);
        let too_many: Vec<Seconds> = evening.iter().copied().chain([MIDNIGHT - 10 * 3600]).collect();
        assert_eq!(codes(&too_many, MIDNIGHT - 12 * 3600), [Code::DayOverfull]);
    }
}
