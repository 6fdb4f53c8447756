//! Checks that appointments are within the hours of their doctors: those of the week, or those of a date.

use std::collections::HashMap;

use crate::{
    record::{Call, Clinic, Hours, Moment, Op, Seconds},
    rules::{Sets, placed, possible},
    timeline::Timeline,
    violation::{Code, Violation},
};

/// The working hours of a new doctor.
pub(crate) const INITIAL_HOURS: Hours = Hours::new(8, 18);
/// The working hours of a doctor who works at night, when a history begins.
pub(crate) const NIGHT: Hours = Hours::new(22, 30);

const DAY: Seconds = 86_400;

/// Returns the working hours of a doctor when a history begins.
pub(crate) fn initial(clinic: &Clinic, doctor: i64) -> Hours {
    if clinic.nights.contains(&doctor) { NIGHT } else { INITIAL_HOURS }
}

/// Checks that every booking and every new start was within hours that were possible at that time. For each setting, every
/// value that it can have had during the request is tried.
pub(crate) fn violations(calls: &[Call], timelines: &HashMap<i64, Timeline>, clinic: &Clinic) -> Vec<Violation> {
    let mut found = Vec::new();
    let checked = || clinic.grid.doctors.iter().chain(&clinic.open).chain(&clinic.nights);
    let set = Set::of(calls, clinic);
    for placed in
        placed(calls, timelines).filter(|placed| !placed.overridden && checked().any(|id| *id == placed.doctor))
    {
        let time = (placed.start, placed.start + placed.duration * 60);
        if !set.may_contain(placed.doctor, time, placed.within) {
            let evidence = format!("{:?}: {:?}", set.around(placed.doctor, placed.start, placed.within), placed.call);
            found.push(Violation::new(Code::OutsideHours, evidence));
        }
    }
    found
}

/// The hours that calls set.
struct Set<'a> {
    clinic: &'a Clinic,
    of_week: HashMap<i64, Sets<'a, Hours>>,
    of_date: HashMap<(i64, Seconds), Sets<'a, Option<Hours>>>,
}

/// The values that the hours around a date may have had.
#[derive(Debug)]
struct Around {
    of_week: Vec<Hours>,
    /// Of the date before, the date and the date after.
    of_dates: [Vec<Option<Hours>>; 3],
}

impl<'a> Set<'a> {
    fn of(calls: &'a [Call], clinic: &'a Clinic) -> Self {
        let mut set = Self { clinic, of_week: HashMap::new(), of_date: HashMap::new() };
        for call in calls.iter().filter(|call| call.may_be_made()) {
            match call.op {
                Op::SetHours { doctor, hours } => set.of_week.entry(doctor).or_default().push((call, hours)),
                Op::SetSpecialHours { doctor, day, hours } => {
                    set.of_date.entry((doctor, day)).or_default().push((call, hours));
                }
                _ => {}
            }
        }
        set
    }

    fn around(&self, doctor: i64, start: Seconds, (from, until): (Moment, Moment)) -> Around {
        let day = start - start.rem_euclid(DAY);
        let of_week = self.of_week.get(&doctor).map_or(&[][..], Vec::as_slice);
        Around {
            of_week: possible(initial(self.clinic, doctor), of_week, from, until),
            of_dates: [-DAY, 0, DAY].map(|shift| {
                let sets = self.of_date.get(&(doctor, day + shift)).map_or(&[][..], Vec::as_slice);
                possible(None, sets, from, until)
            }),
        }
    }

    /// Returns whether a time may have been within the doctor's hours.
    fn may_contain(&self, doctor: i64, (start, end): (Seconds, Seconds), within: (Moment, Moment)) -> bool {
        let Around { of_week, of_dates: [before, on, after] } = self.around(doctor, start, within);
        let second = start.rem_euclid(DAY);
        let time = (second, second + end - start);
        of_week.iter().any(|week| {
            before.iter().any(|before| {
                on.iter().any(|on| after.iter().any(|after| contain(*week, [*before, *on, *after], time)))
            })
        })
    }
}

/// Returns whether a time, in seconds since a midnight, is within the hours around that midnight: those of the week on the
/// dates without other hours, which are those of the date before, the date and the date after.
fn contain(week: Hours, dates: [Option<Hours>; 3], (start, end): (Seconds, Seconds)) -> bool {
    let mut ranges: Vec<(i64, i64)> = Vec::new();
    for (index, date) in dates.iter().enumerate() {
        let midnight = (index as i64 - 1) * 24;
        match date {
            Some(hours) => ranges.push((midnight + hours.from, midnight + hours.until)),
            None => {
                // The hours of a weekday end at its midnight. The rest of them are hours of the next weekday.
                ranges.push((midnight + week.from, midnight + week.until.min(24)));
                ranges.push((midnight, midnight + (week.until - 24).max(0)));
            }
        }
    }
    ranges.sort_unstable();
    let mut reached = start;
    for (from, until) in ranges {
        if from * 3600 <= reached {
            reached = reached.max(until * 3600);
        }
    }
    // A time that starts outside of all ranges has not moved on.
    end <= reached
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Seconds = 3600;

    #[test]
    fn hours_of_the_week_join_at_midnight() {
        let week = [None, None, None];
        for (start, end, is_within) in [(22, 23, true), (23, 25, true), (0, 6, true), (5, 7, false), (21, 23, false)] {
            assert_eq!(contain(NIGHT, week, (start * HOUR, end * HOUR)), is_within, "{start} to {end}");
        }
        // Until midnight only.
        let evening = Hours::new(20, 24);
        assert!(contain(evening, week, (23 * HOUR, 24 * HOUR)));
        assert!(!contain(evening, week, (23 * HOUR, 25 * HOUR)));
        assert!(!contain(evening, week, (0, HOUR)));
        assert!(contain(INITIAL_HOURS, week, (8 * HOUR, 18 * HOUR)));
        assert!(!contain(INITIAL_HOURS, week, (17 * HOUR, 19 * HOUR)));
    }

    #[test]
    fn hours_of_a_date_apply_instead_of_those_of_the_weekday() {
        let (off, evening, night) = (Some(Hours::new(0, 0)), Some(Hours::new(20, 24)), Some(Hours::new(22, 28)));
        let over_midnight = (23 * HOUR, 25 * HOUR);
        assert!(contain(NIGHT, [None, evening, None], over_midnight));
        assert!(!contain(NIGHT, [None, None, off], over_midnight));
        assert!(!contain(NIGHT, [None, off, None], over_midnight));
        // They also count on the next date, in addition to its own.
        assert!(contain(NIGHT, [None, night, off], over_midnight));
        assert!(contain(INITIAL_HOURS, [night, off, None], (HOUR, 4 * HOUR)));
        assert!(!contain(INITIAL_HOURS, [night, off, None], (HOUR, 5 * HOUR)));
        // The night of the weekday before ends with that weekday.
        assert!(!contain(NIGHT, [None, off, None], (HOUR, 2 * HOUR)));
        assert!(contain(NIGHT, [off, None, None], (HOUR, 2 * HOUR)));
    }
}
