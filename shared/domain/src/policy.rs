use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Address, Calendar, ClinicId, ClinicPhone, Code, Email, Language, Name, QuietHours, Timestamp, Violation, Zone,
};

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
    /// How many minutes before the start a Patient can still book.
    pub booking_notice: i64,
    /// The distance between two starts of slots, in minutes of the clinic's wall clock.
    pub slot_step: i64,
    /// How many minutes before the start a Patient can still cancel an appointment. `None`: Patients cannot cancel.
    pub patient_cancel_notice: Option<i64>,
    /// How many minutes before the start a Patient can still reschedule an appointment. `None`: Patients cannot
    /// reschedule.
    pub patient_reschedule_notice: Option<i64>,
    /// How many open bookings a Patient can have. `None`: any number.
    pub max_open_bookings: Option<i64>,
    /// Whether a Patient can book only after their email address was verified.
    pub require_verified_email: bool,
}

impl Policy {
    /// How many days ahead the staff can book, if the policy does not allow more.
    const STAFF_HORIZON_DAYS: i64 = 730;

    /// The latest start that can be booked as of `now`.
    pub fn horizon(&self, now: Timestamp) -> Timestamp {
        now + TimeDelta::days(self.booking_horizon_days)
    }

    /// How many days ahead the staff can book.
    pub fn staff_horizon_days(&self) -> i64 {
        self.booking_horizon_days.max(Self::STAFF_HORIZON_DAYS)
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

/// How people can reach the clinic. Anyone can read it, and messages contain it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Contact {
    /// The clinic's phone number, as it is shown.
    pub phone: Option<String>,
    /// The clinic's email address.
    pub email: Option<String>,
    /// The clinic's postal address, with line breaks if needed.
    pub address: Option<String>,
}

/// The clinic's policy for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessagePolicy {
    /// The language of messages to readers who have chosen none.
    pub language: Language,
    /// When reminders are sent, in minutes before the start of the appointment: different numbers, at most
    /// [`MessagePolicy::MOST_REMINDERS`]. Empty: no reminders.
    pub reminder_minutes: Vec<i64>,
    /// When no reminders are sent.
    pub quiet_hours: Option<QuietHours>,
}

impl MessagePolicy {
    /// The maximum number of reminders of an appointment.
    pub const MOST_REMINDERS: usize = 3;
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
    /// How people can reach the clinic.
    pub contact: Contact,
    /// The clinic's policy for messages.
    pub messages: MessagePolicy,
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
    pub booking_notice: Option<i64>,
    /// See [`Policy`].
    pub slot_step: Option<i64>,
    /// See [`Policy`]. `Some(None)`: Patients can no longer cancel.
    pub patient_cancel_notice: Option<Option<i64>>,
    /// See [`Policy`]. `Some(None)`: Patients can no longer reschedule.
    pub patient_reschedule_notice: Option<Option<i64>>,
    /// See [`Policy`]. `Some(None)` removes the limit.
    pub max_open_bookings: Option<Option<i64>>,
    /// See [`Policy`].
    pub require_verified_email: Option<bool>,
    /// See [`Contact`]. `Some(None)` removes the number.
    pub phone: Option<Option<ClinicPhone>>,
    /// See [`Contact`]. `Some(None)` removes the email.
    pub email: Option<Option<Email>>,
    /// See [`Contact`]. `Some(None)` removes the address.
    pub address: Option<Option<Address>>,
    /// See [`MessagePolicy`].
    pub language: Option<Language>,
    /// See [`MessagePolicy`].
    pub reminder_minutes: Option<Vec<i64>>,
    /// See [`MessagePolicy`]. `Some(None)`: there are no quiet hours any more.
    pub quiet_hours: Option<Option<QuietHours>>,
}
