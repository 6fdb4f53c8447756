use chrono::{TimeDelta, Timelike};

use crate::{Booking, Calendar, Day, Interval, Policy, Timestamp, WorkingHours, week::hours_on};

/// How far around a wanted time alternatives are looked for, in days.
const ALTERNATIVES_WITHIN_DAYS: i64 = 31;
/// How many alternatives are offered.
const ALTERNATIVES: usize = 3;

/// A time that can be booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// When it starts.
    pub start: Timestamp,
    /// How long it takes, in minutes.
    pub duration: i64,
}

/// All that decides what can be booked with a doctor, for the days that were asked for.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// The clinic's numbers.
    pub policy: Policy,
    /// The clinic's days.
    pub calendar: Calendar,
    /// Whether the doctor's account is active.
    pub active: bool,
    /// The doctor's week.
    pub working_hours: Vec<WorkingHours>,
    /// When the doctor is away.
    pub time_off: Vec<Interval>,
    /// The doctor's appointments that are not cancelled, by start.
    pub booked: Vec<Interval>,
    /// The patient's own, with any doctor, by start; empty where nobody in particular asks.
    pub patient_booked: Vec<Interval>,
    /// How many appointments the patient has ahead, where the policy's limit of them applies.
    pub open_bookings: Option<i64>,
}

impl Schedule {
    /// The doctor's appointments that start on `day`: how many, and their minutes.
    pub fn load(&self, day: &Day) -> (i64, i64) {
        let from = self.booked.partition_point(|booked| booked.start < day.start);
        let until = self.booked.partition_point(|booked| booked.start < day.end);
        let minutes = self.booked[from..until].iter().map(Interval::minutes).sum();
        ((until - from) as i64, minutes)
    }

    /// Every start on the day's grid that can be booked as of `now`, in order.
    pub fn starts(&self, day: &Day, duration: i64, now: Timestamp) -> impl Iterator<Item = Timestamp> {
        // Most of a day is outside of the hours: that is told sooner than what else is wrong with it.
        let hours: Vec<Interval> = hours_on(&self.working_hours, day).collect();
        day.grid(self.policy.slot_step)
            .filter(move |start| hours.iter().any(|hours| (hours.start..hours.end).contains(start)))
            .filter(move |start| self.takes(&Booking { start: *start, duration }, day, now))
    }

    /// The times nearest to a wanted one that can be booked, nearest first.
    pub(crate) fn alternatives(&self, wanted: &Booking, now: Timestamp) -> Vec<Slot> {
        let distance = |start: &Timestamp| (*start - wanted.start).abs();
        let limit = TimeDelta::days(ALTERNATIVES_WITHIN_DAYS);
        let (mut before, mut after) = (self.calendar.day_of(wanted.start), self.calendar.day_of(wanted.start));
        let mut found: Vec<Timestamp> = self.starts(&before, wanted.duration, now).collect();
        loop {
            // What lies outside of the days looked at is at least this far away.
            let reached = (wanted.start - before.start).min(after.end - wanted.start);
            found.retain(|start| distance(start) <= limit);
            found.sort_by_key(|start| (distance(start), *start));
            found.truncate(ALTERNATIVES);
            let enough = found.len() == ALTERNATIVES && found.iter().all(|start| distance(start) <= reached);
            if enough || reached > limit {
                return found.into_iter().map(|start| Slot { start, duration: wanted.duration }).collect();
            }
            before = self.calendar.day_of(before.start - TimeDelta::minutes(1));
            after = self.calendar.day_of(after.end);
            found.extend(self.starts(&before, wanted.duration, now));
            found.extend(self.starts(&after, wanted.duration, now));
        }
    }

    /// How many more minutes the doctor can be booked on `day`, in stretches that hold the
    /// shortest appointment; `None` where not even that can be booked any more.
    pub fn free_minutes(&self, day: &Day, now: Timestamp) -> Option<i64> {
        let (count, booked) = self.load(day);
        let left = self.policy.max_booked_mins_per_day - booked;
        if !self.active || count >= self.policy.max_appointments_per_day || left < self.policy.min_duration {
            return None;
        }
        // What starts at the horizon reaches beyond it, by its length.
        let horizon = self.policy.horizon(now);
        let last_end = horizon + TimeDelta::minutes(self.policy.max_duration);
        let usable = self.gaps(day, now).into_iter().filter(|gap| gap.start <= horizon);
        let minutes = usable.map(|gap| Interval { end: gap.end.min(last_end), ..gap }.minutes());
        let minutes: i64 = minutes.filter(|minutes| *minutes >= self.policy.min_duration).sum();
        (minutes > 0).then_some(minutes.min(left))
    }

    /// The stretches of the working hours of `day` after `now` that are neither off nor booked.
    fn gaps(&self, day: &Day, now: Timestamp) -> Vec<Interval> {
        let mut busy: Vec<Interval> = self.booked.iter().chain(&self.time_off).copied().collect();
        busy.sort();
        let mut hours: Vec<Interval> = hours_on(&self.working_hours, day).collect();
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
            // Where the clock is set forward, stretches can meet.
            free_from = free_from.max(hours.end);
        }
        gaps.retain(|gap| gap.start < gap.end);
        gaps
    }
}

/// The first whole minute after `now`: the earliest start there can be.
fn next_minute(now: Timestamp) -> Timestamp {
    now - TimeDelta::seconds(i64::from(now.second())) - TimeDelta::nanoseconds(i64::from(now.nanosecond()))
        + TimeDelta::minutes(1)
}
