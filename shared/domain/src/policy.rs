use chrono::TimeDelta;
use serde::Deserialize;

use crate::Instant;

/// The clinic's numbers. They live in the database; an Admin may change them, and the next
/// booking obeys.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Policy {
    /// The shortest appointment, in minutes.
    pub min_duration: i64,
    /// The longest appointment, in minutes.
    pub max_duration: i64,
    /// How many appointments a doctor takes in a day.
    pub max_appointments_per_day: i64,
    /// How many minutes a doctor can be booked in a day.
    pub max_booked_mins_per_day: i64,
    /// How far ahead an appointment may start, in days of 24 hours.
    pub booking_horizon_days: i64,
    /// The step of the grid of times on offer, in minutes of the clinic's wall clock.
    pub slot_step: i64,
    /// How many minutes before its start a Patient may still cancel an appointment; `None`: a
    /// Patient cannot cancel.
    pub patient_cancel_notice: Option<i64>,
}

impl Policy {
    /// The latest start that can be booked as of `now`.
    pub fn horizon(&self, now: Instant) -> Instant {
        now + TimeDelta::days(self.booking_horizon_days)
    }
}
