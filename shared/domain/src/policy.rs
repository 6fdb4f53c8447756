use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Calendar, ClinicId, Code, Name, Timestamp, Violation, Zone};

/// The clinic's numbers. They live in the database; an Admin may change them, and the next
/// booking obeys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
    /// How many appointments ahead a Patient who books may have; `None`: any number.
    pub max_open_bookings: Option<i64>,
}

impl Policy {
    /// The latest start that can be booked as of `now`.
    pub fn horizon(&self, now: Timestamp) -> Timestamp {
        now + TimeDelta::days(self.booking_horizon_days)
    }

    /// Whether an appointment may take so many minutes.
    ///
    /// # Errors
    /// The violation.
    pub fn allows(&self, duration: i64) -> Result<(), Violation> {
        if (self.min_duration..=self.max_duration).contains(&duration) {
            return Ok(());
        }
        let detail = format!("must be {} to {} minutes", self.min_duration, self.max_duration);
        Err(Violation::new("duration", Code::DurationNotAllowed.with_detail(detail)))
    }
}

/// The clinic.
#[derive(Clone, Debug)]
pub struct Clinic {
    /// Its id, random, made with the database.
    pub id: ClinicId,
    /// Its name.
    pub name: String,
    /// Its days.
    pub calendar: Calendar,
    /// Its numbers.
    pub policy: Policy,
}

/// What is to change about the clinic; `None` leaves a member as it is.
#[derive(Debug, Default)]
pub struct ClinicChange {
    /// Its name.
    pub name: Option<Name>,
    /// Its time zone.
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
    /// See [`Policy`]; `Some(None)` ends that Patients can cancel.
    pub patient_cancel_notice: Option<Option<i64>>,
    /// See [`Policy`]; `Some(None)` ends the limit.
    pub max_open_bookings: Option<Option<i64>>,
}
