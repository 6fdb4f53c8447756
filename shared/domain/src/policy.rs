use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Calendar, ClinicId, Code, Name, Timestamp, Violation, Zone};

/// The clinic's policy. The database stores it, and an Admin can change it. A change applies from the next booking
/// on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Policy {
    /// The shortest duration of an appointment, in minutes.
    pub min_duration: i64,
    /// The longest duration of an appointment, in minutes.
    pub max_duration: i64,
    /// How many appointments a doctor can have in a day.
    pub max_appointments_per_day: i64,
    /// How many minutes a doctor can be booked in a day.
    pub max_booked_mins_per_day: i64,
    /// The booking horizon: how far ahead an appointment may start, in days of 24 hours.
    pub booking_horizon_days: i64,
    /// The distance between two starts of slots, in minutes of the clinic's wall clock.
    pub slot_step: i64,
    /// How many minutes before the start a Patient can still cancel an appointment. `None`: Patients cannot cancel.
    pub patient_cancel_notice: Option<i64>,
    /// How many open bookings a Patient can have. `None`: any number.
    pub max_open_bookings: Option<i64>,
}

impl Policy {
    /// The latest start that can be booked as of `now`.
    pub fn horizon(&self, now: Timestamp) -> Timestamp {
        now + TimeDelta::days(self.booking_horizon_days)
    }

    /// Checks that the policy allows the duration, in minutes.
    ///
    /// # Errors
    /// The violation of `duration`.
    pub fn check_duration(&self, duration: i64) -> Result<(), Violation> {
        if (self.min_duration..=self.max_duration).contains(&duration) {
            return Ok(());
        }
        let detail = format!("must be {} to {} minutes", self.min_duration, self.max_duration);
        Err(Violation::new("duration", Code::DurationNotAllowed.with_detail(detail)))
    }
}

/// The clinic and its policy.
#[derive(Clone, Debug)]
pub struct Clinic {
    /// The clinic's id, random, created with the database.
    pub id: ClinicId,
    /// The clinic's name.
    pub name: String,
    /// The clinic's time zone and its calendar days.
    pub calendar: Calendar,
    /// The clinic's policy.
    pub policy: Policy,
}

/// A change of the clinic. `None` leaves a member unchanged.
#[derive(Debug, Default)]
pub struct ClinicChange {
    /// The new name.
    pub name: Option<Name>,
    /// The new time zone.
    pub time_zone: Option<Zone>,
    /// See [`Policy`].
    pub min_duration: Option<i64>,
    /// See [`Policy`].
    pub max_duration: Option<i64>,
    /// See [`Policy`].
    pub max_appointments_per_day: Option<i64>,
    /// See [`Policy`].
    pub max_booked_mins_per_day: Option<i64>,
    /// See [`Policy`].
    pub booking_horizon_days: Option<i64>,
    /// See [`Policy`].
    pub slot_step: Option<i64>,
    /// See [`Policy`]. `Some(None)`: Patients can no longer cancel.
    pub patient_cancel_notice: Option<Option<i64>>,
    /// See [`Policy`]. `Some(None)` removes the limit.
    pub max_open_bookings: Option<Option<i64>>,
}
