use std::str::FromStr;

use chrono::{
    TimeDelta,
    serde::{ts_seconds, ts_seconds_option},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    AccountId, AppointmentId, Calendar, Caller, Code, Error, InvalidValue, Policy, SeriesId, Timestamp, TypeId,
};

/// The error of a change that only staff may make, or that the policy does not allow Patients.
const NOT_FOR_PATIENTS: Error =
    Error::Forbidden("Only the appointment's Doctor, a Receptionist or an Admin may do this.");

/// The status of an appointment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Status {
    /// Not cancelled and not marked.
    Booked,
    /// Cancelled. Its time is free again, and only histories and lists show it.
    Cancelled,
    /// The patient came.
    Done,
    /// The patient did not come.
    NoShow,
}

impl FromStr for Status {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "Booked" => Ok(Self::Booked),
            "Cancelled" => Ok(Self::Cancelled),
            "Done" => Ok(Self::Done),
            "NoShow" => Ok(Self::NoShow),
            _ => Err(Code::NotAllowed.with_detail("must be \"Booked\", \"Cancelled\", \"Done\" or \"NoShow\"")),
        }
    }
}

impl Status {
    /// The status as JSON and SQL spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Booked => "Booked",
            Self::Cancelled => "Cancelled",
            Self::Done => "Done",
            Self::NoShow => "NoShow",
        }
    }
}

/// An appointment as the database stores it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Appointment {
    /// The appointment's id.
    pub id: AppointmentId,
    /// The Doctor's account.
    pub doctor_id: AccountId,
    /// The patient.
    pub patient_id: AccountId,
    /// When it starts.
    #[serde(with = "ts_seconds")]
    pub start_at: Timestamp,
    /// How long it takes, in minutes.
    pub duration: i64,
    /// The status.
    pub status: Status,
    /// Why it was cancelled, if a reason was given.
    pub reason: Option<String>,
    /// The version: 1 at first, plus 1 for each change.
    pub version: i64,
    /// When the patient confirmed that they will come. A reschedule sets it to `None`.
    #[serde(with = "ts_seconds_option")]
    pub confirmed_at: Option<Timestamp>,
    /// When the patient arrived. A reschedule sets it to `None`.
    #[serde(with = "ts_seconds_option")]
    pub arrived_at: Option<Timestamp>,
    /// When it started before its last reschedule to another start. `None` if its start never changed.
    #[serde(with = "ts_seconds_option")]
    pub moved_from: Option<Timestamp>,
    /// The Doctor's current name.
    pub doctor_name: String,
    /// The patient's current name.
    pub patient_name: String,
    /// The patient's current phone number (E.164). Only for the staff.
    pub patient_phone: Option<String>,
    /// The accounts that act for the patient.
    pub guardians: Vec<AccountId>,
    /// The series that it was booked in.
    pub series_id: Option<SeriesId>,
    /// The appointment type that was booked.
    pub type_id: Option<TypeId>,
    /// The current name of the type.
    pub type_name: Option<String>,
    /// How many minutes before the start the doctor is busy too.
    pub buffer_before: i64,
    /// How many minutes after the end the doctor is busy too.
    pub buffer_after: i64,
    /// What the patient or the staff noted.
    pub note: Option<String>,
    /// Whether the staff booked it against the working hours or the limits of the day.
    pub overridden: bool,
}

impl Appointment {
    /// Returns the appointment that was looked up, if the caller may see it.
    ///
    /// If it does not exist, the front desk gets [`Error::NotFound`]. Everyone else gets the same error as for an
    /// appointment of other people.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`].
    pub fn visible_to(caller: &Caller, appointment: Option<Self>) -> Result<Self, Error> {
        appointment.filter(|appointment| appointment.is_visible_to(caller)).ok_or_else(|| Self::not_visible_to(caller))
    }

    /// Returns the error of an appointment that the caller may not see, or that does not exist.
    pub fn not_visible_to(caller: &Caller) -> Error {
        if caller.is_desk() {
            return Error::NotFound("appointment");
        }
        Error::Forbidden("You have no such appointment.")
    }

    /// Returns the appointment that was looked up, if the caller can reschedule it now.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::AlreadyCancelled`], [`Error::AlreadyStarted`].
    pub fn reschedulable_by(
        caller: &Caller,
        appointment: Option<Self>,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let appointment = Self::visible_to(caller, appointment)?;
        let notice = appointment.notice_for(caller, policy.patient_reschedule_notice)?;
        appointment.must_be_reschedulable(notice, now)?;
        Ok(appointment)
    }

    /// Checks that its Patient can reschedule it now.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::AlreadyCancelled`], [`Error::AlreadyStarted`].
    pub fn must_be_reschedulable_by_patient(&self, policy: &Policy, now: Timestamp) -> Result<(), Error> {
        let notice = policy.patient_reschedule_notice.ok_or(NOT_FOR_PATIENTS)?;
        self.must_be_reschedulable(Some(notice), now)
    }

    fn must_be_reschedulable(&self, notice: Option<i64>, now: Timestamp) -> Result<(), Error> {
        match self.status {
            Status::Cancelled => Err(Error::AlreadyCancelled),
            Status::Booked if self.start_at <= now => Err(Error::AlreadyStarted),
            Status::Booked if self.is_too_late(notice, now) => {
                Err(Error::Forbidden("It is too late to reschedule this appointment yourself: call the clinic."))
            }
            Status::Booked => Ok(()),
            Status::Done | Status::NoShow => Err(Error::AlreadyStarted),
        }
    }

    /// Whether the caller may see it. Allowed are its Doctor, its patient, the patient's guardians, and the front desk.
    pub fn is_visible_to(&self, caller: &Caller) -> bool {
        caller.is_desk() || caller.is(self.doctor_id) || self.is_of(caller)
    }

    /// Whether the caller is its patient or a guardian of the patient.
    pub fn is_of(&self, caller: &Caller) -> bool {
        caller.is(self.patient_id) || self.guardians.contains(&caller.account_id)
    }

    /// Checks that the caller may manage it. Allowed are its Doctor and the front desk.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for all others.
    pub fn must_be_managed_by(&self, caller: &Caller) -> Result<(), Error> {
        if caller.is_desk() || caller.is(self.doctor_id) {
            return Ok(());
        }
        Err(NOT_FOR_PATIENTS)
    }

    /// Checks that the caller may manage it, or acts for its patient and the policy allows Patients the change: then it
    /// has a `notice`. Returns the notice that applies to the caller.
    fn notice_for(&self, caller: &Caller, notice: Option<i64>) -> Result<Option<i64>, Error> {
        if notice.is_some() && self.is_of(caller) {
            return Ok(notice);
        }
        self.must_be_managed_by(caller).map(|()| None)
    }

    /// Whether fewer minutes than the `notice` are left until the start.
    fn is_too_late(&self, notice: Option<i64>, now: Timestamp) -> bool {
        notice.is_some_and(|notice| self.start_at - now < TimeDelta::minutes(notice))
    }

    /// Checks whether the caller can cancel it now. Returns `Ok(false)` if it is already cancelled. The front desk can
    /// cancel it until the end of its day, if it was entered by mistake.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if the caller may not cancel it, [`Error::AlreadyStarted`].
    pub fn can_be_cancelled_by(
        &self,
        caller: &Caller,
        policy: &Policy,
        calendar: &Calendar,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let notice = self.notice_for(caller, policy.patient_cancel_notice)?;
        if caller.is_desk() && self.status == Status::Booked && self.is_of_today(calendar, now) {
            return Ok(true);
        }
        self.can_be_cancelled(notice, now)
    }

    /// Whether it starts today.
    fn is_of_today(&self, calendar: &Calendar, now: Timestamp) -> bool {
        let today = calendar.day_of(now);
        (today.start..today.end).contains(&self.start_at)
    }

    /// Checks whether the caller can take back its mark now. Returns `Ok(false)` if it has none.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::AlreadyCancelled`], [`Error::DayOver`].
    pub fn can_be_reopened_by(&self, caller: &Caller, calendar: &Calendar, now: Timestamp) -> Result<bool, Error> {
        self.must_be_managed_by(caller)?;
        match self.status {
            Status::Cancelled => Err(Error::AlreadyCancelled),
            Status::Booked => Ok(false),
            Status::Done | Status::NoShow if self.is_of_today(calendar, now) => Ok(true),
            Status::Done | Status::NoShow => Err(Error::DayOver),
        }
    }

    /// Checks whether the caller can note now that the patient has arrived, or that they have not. Returns `Ok(false)` if that
    /// is already noted.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::AlreadyCancelled`], [`Error::AlreadyStarted`] if it is marked, [`Error::OnAnotherDay`],
    /// [`Error::DayOver`].
    pub fn can_take_arrival(
        &self,
        has_arrived: bool,
        caller: &Caller,
        calendar: &Calendar,
        now: Timestamp,
    ) -> Result<bool, Error> {
        self.must_be_managed_by(caller)?;
        match self.status {
            Status::Cancelled => Err(Error::AlreadyCancelled),
            _ if self.start_at >= calendar.day_of(now).end => Err(Error::OnAnotherDay),
            _ if !self.is_of_today(calendar, now) => Err(Error::DayOver),
            Status::Done | Status::NoShow if has_arrived && self.arrived_at.is_none() => Err(Error::AlreadyStarted),
            _ => Ok(self.arrived_at.is_some() != has_arrived),
        }
    }

    /// Checks that the caller may change its note. Allowed is everyone who may see it.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::AlreadyCancelled`].
    pub fn must_take_notes(&self, caller: &Caller) -> Result<(), Error> {
        if !self.is_visible_to(caller) {
            return Err(Self::not_visible_to(caller));
        }
        if self.status == Status::Cancelled { Err(Error::AlreadyCancelled) } else { Ok(()) }
    }

    /// Checks whether its Patient can cancel it now. Returns `Ok(false)` if it is already cancelled.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::AlreadyStarted`].
    pub fn can_be_cancelled_by_patient(&self, policy: &Policy, now: Timestamp) -> Result<bool, Error> {
        let notice = policy.patient_cancel_notice.ok_or(NOT_FOR_PATIENTS)?;
        self.can_be_cancelled(Some(notice), now)
    }

    fn can_be_cancelled(&self, notice: Option<i64>, now: Timestamp) -> Result<bool, Error> {
        if self.status == Status::Cancelled {
            return Ok(false);
        }
        if self.start_at <= now || self.status != Status::Booked {
            return Err(Error::AlreadyStarted);
        }
        if self.is_too_late(notice, now) {
            return Err(Error::Forbidden("It is too late to cancel this appointment yourself: call the clinic."));
        }
        Ok(true)
    }

    /// Checks whether its Patient can confirm it now. Returns `Ok(false)` if it is already confirmed.
    ///
    /// # Errors
    /// [`Error::AlreadyCancelled`], [`Error::AlreadyStarted`].
    pub fn can_be_confirmed(&self, now: Timestamp) -> Result<bool, Error> {
        match self.status {
            Status::Cancelled => Err(Error::AlreadyCancelled),
            Status::Booked if self.start_at > now => Ok(self.confirmed_at.is_none()),
            _ => Err(Error::AlreadyStarted),
        }
    }

    /// Checks whether the caller can mark it as done or as no-show now. Returns `Ok(false)` if it already has this
    /// mark.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::AlreadyCancelled`], [`Error::NotStarted`].
    pub fn can_be_marked_by(&self, mark: Status, caller: &Caller, now: Timestamp) -> Result<bool, Error> {
        self.must_be_managed_by(caller)?;
        match self.status {
            Status::Cancelled => Err(Error::AlreadyCancelled),
            _ if self.start_at > now => Err(Error::NotStarted),
            status => Ok(status != mark),
        }
    }
}
