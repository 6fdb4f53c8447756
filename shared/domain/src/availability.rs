use chrono::{TimeDelta, Timelike};
use serde::Deserialize;

use crate::{Booking, Calendar, Day, Hours, Interval, Policy, Terms, Timestamp};

/// How far before and after the requested time alternatives are searched, in days.
const ALTERNATIVES_WITHIN_DAYS: i64 = 31;
/// How many alternatives are returned.
const ALTERNATIVES: usize = 3;

/// A time that can be booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The start.
    pub start: Timestamp,
    /// The duration, in minutes.
    pub duration: i64,
}

/// The data that decides which times can be booked with a doctor. It is complete for the days that it was read for.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// The clinic's policy.
    pub policy: Policy,
    /// The clinic's time zone and its calendar days.
    pub calendar: Calendar,
    /// Whether the doctor's account is active.
    pub active: bool,
    /// The doctor's hours.
    pub hours: Hours,
    /// The closures of the clinic.
    pub closures: Vec<Interval>,
    /// The doctor's time off.
    pub time_off: Vec<Interval>,
    /// The doctor's appointments that are not cancelled, in order of start.
    pub booked: Vec<Booked>,
    /// The patient's appointments with any doctor, in order of start. Empty if the schedule is for no specific
    /// patient.
    pub patient_booked: Vec<Interval>,
    /// How many open bookings the account has that books. `None` if the policy's limit does not apply.
    pub open_bookings: Option<i64>,
    /// What applies to the booking that is checked.
    pub terms: Terms,
}

/// An appointment in a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Booked {
    /// From its start to its end.
    #[serde(flatten)]
    pub time: Interval,
    /// The time that the doctor is busy: the appointment with its buffers.
    pub busy: Interval,
}

impl Schedule {
    /// The number of the doctor's appointments that start on `day`, and the sum of their minutes.
    pub fn load(&self, day: &Day) -> (i64, i64) {
        let from = self.booked.partition_point(|booked| booked.time.start < day.start);
        let until = self.booked.partition_point(|booked| booked.time.start < day.end);
        let minutes = self.booked[from..until].iter().map(|booked| booked.time.minutes()).sum();
        ((until - from) as i64, minutes)
    }

    /// Returns the starts of the slots on `day` as of `now`, in order.
    pub fn starts(&self, day: &Day, duration: i64, now: Timestamp) -> impl Iterator<Item = Timestamp> {
        // A cheap check first: most of a day is outside the working hours.
        let hours = self.hours.on(day);
        day.grid(self.policy.slot_step)
            .filter(move |start| hours.iter().any(|hours| (hours.start..hours.end).contains(start)))
            .filter(move |start| self.can_be_booked(&self.terms, &Booking { start: *start, duration }, day, now))
    }

    /// Returns the slots nearest to the requested time, nearest first.
    pub(crate) fn alternatives(&self, requested: &Booking, now: Timestamp) -> Vec<Slot> {
        let distance = |start: &Timestamp| (*start - requested.start).abs();
        let limit = TimeDelta::days(ALTERNATIVES_WITHIN_DAYS);
        let requested_day = self.calendar.day_of(requested.start);
        let mut nearest: Vec<Timestamp> = self.starts(&requested_day, requested.duration, now).collect();
        let (mut first_day, mut last_day) = (requested_day.clone(), requested_day);
        loop {
            // Every start outside of the searched days is at least this far away.
            let searched = (requested.start - first_day.start).min(last_day.end - requested.start);
            nearest.retain(|start| distance(start) <= limit);
            nearest.sort_by_key(|start| (distance(start), *start));
            nearest.truncate(ALTERNATIVES);
            let complete = nearest.len() == ALTERNATIVES && nearest.iter().all(|start| distance(start) <= searched);
            if complete || searched > limit {
                return nearest.into_iter().map(|start| Slot { start, duration: requested.duration }).collect();
            }
            first_day = self.calendar.day_of(first_day.start - TimeDelta::minutes(1));
            last_day = self.calendar.day_of(last_day.end);
            nearest.extend(self.starts(&first_day, requested.duration, now));
            nearest.extend(self.starts(&last_day, requested.duration, now));
        }
    }

    /// Returns how many more minutes the doctor can be booked on `day`. Counts only gaps that are long enough for the
    /// shortest appointment. `None` if no appointment fits.
    pub fn free_minutes(&self, day: &Day, now: Timestamp) -> Option<i64> {
        let (count, booked) = self.load(day);
        let remaining = self.policy.max_booked_mins_per_day - booked;
        if !self.active || count >= self.policy.max_appointments_per_day || remaining < self.policy.min_duration {
            return None;
        }
        // An appointment may start at the booking horizon and end after it.
        let horizon = self.policy.horizon(now);
        let last_end = horizon + TimeDelta::minutes(self.policy.max_duration);
        let free_until = self.free_after_midnight(day);
        let usable = self.gaps(day, now).into_iter().filter(|gap| gap.start <= horizon).filter(|gap| {
            // An appointment may end after midnight, and counts for the day of its start.
            let end = if gap.end == day.end { free_until } else { gap.end };
            Interval { end: end.min(last_end), ..*gap }.minutes() >= self.policy.min_duration
        });
        let minutes: i64 = usable.map(|gap| Interval { end: gap.end.min(last_end), ..gap }.minutes()).sum();
        (minutes > 0).then_some(minutes.min(remaining))
    }

    /// Returns the times when the doctor cannot be booked, in order.
    fn busy(&self) -> Vec<Interval> {
        let booked = self.booked.iter().map(|booked| booked.busy);
        let mut busy: Vec<Interval> =
            booked.chain(self.time_off.iter().copied()).chain(self.closures.iter().copied()).collect();
        busy.sort();
        busy
    }

    /// Returns the gaps on `day` after `now`: hours without closures, time off and appointments.
    fn gaps(&self, day: &Day, now: Timestamp) -> Vec<Interval> {
        let busy = self.busy();
        let mut hours = self.hours.on(day);
        hours.sort();
        let mut gaps = Vec::new();
        let mut free_from = next_minute(now);
        for hours in hours {
            free_from = free_from.max(hours.start);
            for busy in busy.iter().filter(|busy| busy.overlaps(&hours)) {
                gaps.push(Interval { start: free_from, end: busy.start });
                free_from = free_from.max(busy.end);
            }
            gaps.push(Interval { start: free_from, end: hours.end });
            // Two time ranges can overlap if the clock is set forward: 01:30 to 02:30 then ends at 03:30, and 03:00 to
            // 05:00 starts at 03:00.
            free_from = free_from.max(hours.end);
        }
        gaps.retain(|gap| gap.start < gap.end);
        gaps
    }

    /// Returns until when the doctor is free after the end of `day`.
    fn free_after_midnight(&self, day: &Day) -> Timestamp {
        let end = self.hours.stretch_from(&self.calendar, day).unwrap_or(day.end);
        let next = self.busy().into_iter().find(|busy| busy.end > day.end);
        next.map_or(end, |busy| busy.start.clamp(day.end, end))
    }
}

/// The first whole minute after `now`, which is the earliest start that can be booked.
fn next_minute(now: Timestamp) -> Timestamp {
    now - TimeDelta::seconds(i64::from(now.second())) - TimeDelta::nanoseconds(i64::from(now.nanosecond()))
        + TimeDelta::minutes(1)
}
