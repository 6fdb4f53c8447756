//! The appointments of the demo clinic, from some days ago to the end of the next week.

use chrono::TimeDelta;
use rounds_domain::{Calendar, Day, Interval, Reason, Timestamp};

use super::{
    people::PATIENTS,
    week::{VISITS, WED, working_hours},
};

/// How many days before today the appointments begin.
const DAYS_BEFORE: i64 = 5;
/// The days on which Sam has the first appointment, counted from today.
const DAYS_OF_SAM: [i64; 4] = [-4, -2, 2, 6];
/// Which of the other patients' appointments that have ended were no-shows, counted from 1.
const NO_SHOWS: [i64; 2] = [3, 9];
/// Why appointments are cancelled, and whether the Patient cancels.
const REASONS: [(bool, &str); 4] = [
    (true, "I have a cold."),
    (false, "The doctor is ill."),
    (true, "I have to travel for work."),
    (false, "The patient called and will book again."),
];

/// The outcome of an appointment.
pub(super) enum Outcome {
    Booked,
    Done,
    NoShow,
    Cancelled {
        by_patient: bool,
        reason: Reason,
    },
    /// It was booked for another start, and moved.
    MovedFrom(Timestamp),
}

pub(super) struct Appointment {
    /// The index of the doctor.
    pub(super) doctor: usize,
    /// The index of the patient. `None` is Sam.
    pub(super) patient: Option<usize>,
    /// The time that it has now.
    pub(super) time: Interval,
    pub(super) booked_at: Timestamp,
    pub(super) outcome: Outcome,
}

/// Returns a day of the demo, counted from today.
fn day(calendar: &Calendar, now: Timestamp, offset: i64) -> Day {
    let today = calendar.day_of(now);
    // From noon, because a day has 23 to 25 hours.
    calendar.day_of(today.at(12 * 60) + TimeDelta::days(offset))
}

/// Returns the time off of the second doctor: the Wednesday of the next week.
pub(super) fn time_off(calendar: &Calendar, now: Timestamp) -> Interval {
    let wednesday = day(calendar, now, 7 - calendar.day_of(now).weekday + WED);
    Interval { start: wednesday.start, end: wednesday.end }
}

/// Returns the appointments in the order in which they were booked.
pub(super) fn appointments(calendar: &Calendar, now: Timestamp) -> Result<Vec<Appointment>, String> {
    let until_end_of_next_week = 14 - calendar.day_of(now).weekday;
    let off = time_off(calendar, now);
    let mut appointments = Vec::new();
    for offset in -DAYS_BEFORE..=until_end_of_next_week {
        let day = day(calendar, now, offset);
        let mut is_sams = DAYS_OF_SAM.contains(&offset);
        for visit in VISITS.iter().filter(|visit| visit.weekday == day.weekday) {
            let start = day.at(visit.minute);
            let time = Interval { start, end: start + TimeDelta::minutes(visit.duration) };
            if visit.doctor == 1 && off.overlaps(&time) {
                continue;
            }
            // No day has more appointments than there are patients, so each has one at most.
            let patient = (!is_sams).then_some(appointments.len() % PATIENTS.len());
            is_sams = false;
            let booked_at = booked_at(calendar, time.start.min(now), appointments.len());
            appointments.push(Appointment { doctor: visit.doctor, patient, time, booked_at, outcome: Outcome::Booked });
        }
    }
    set_outcomes(&mut appointments, calendar, now)?;
    appointments.sort_by_key(|appointment| appointment.booked_at);
    Ok(appointments)
}

/// Returns when an appointment was booked: during a day, at least two days before `latest`.
fn booked_at(calendar: &Calendar, latest: Timestamp, index: usize) -> Timestamp {
    let index = index as i64;
    calendar.day_of(latest - TimeDelta::days(3 + index % 5)).at(8 * 60 + index * 53 % 600)
}

/// Decides the outcome of appointments. Appointments that have ended are done or no-shows.
fn set_outcomes(appointments: &mut [Appointment], calendar: &Calendar, now: Timestamp) -> Result<(), String> {
    let (mut ended, mut has_moved) = (0, false);
    for (index, appointment) in appointments.iter_mut().enumerate() {
        let Appointment { doctor, patient, time, outcome, .. } = appointment;
        let tomorrow = calendar.day_of(now).end;
        *outcome = if patient.is_some() && index % 11 == 7 {
            let (by_patient, reason) = REASONS[index / 11 % REASONS.len()];
            Outcome::Cancelled { by_patient, reason: reason.parse()? }
        } else if time.end <= now {
            ended += i64::from(patient.is_some());
            if patient.is_some() && NO_SHOWS.contains(&ended) { Outcome::NoShow } else { Outcome::Done }
        } else if patient.is_some() && time.start >= tomorrow && !has_moved {
            has_moved = true;
            Outcome::MovedFrom(end_of_work(*doctor, &calendar.day_of(time.start)) - (time.end - time.start))
        } else {
            Outcome::Booked
        };
    }
    Ok(())
}

/// Returns when a doctor's work on a day ends.
fn end_of_work(doctor: usize, day: &Day) -> Timestamp {
    let hours = &working_hours()[doctor];
    let ends = hours.iter().filter(|hours| hours.weekday == day.weekday).map(|hours| day.at(hours.end_minute));
    ends.max().unwrap_or(day.end)
}
