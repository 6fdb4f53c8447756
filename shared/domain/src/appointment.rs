use std::str::FromStr;

use chrono::{TimeDelta, serde::ts_seconds};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AccountId, AppointmentId, Caller, Code, Error, InvalidValue, Policy, Timestamp};

/// Where an appointment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Status {
    /// To come, or not yet marked.
    Booked,
    /// Called off. Its time is free again, and it counts nowhere but in a history.
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
    /// The word for it in JSON and SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Booked => "Booked",
            Self::Cancelled => "Cancelled",
            Self::Done => "Done",
            Self::NoShow => "NoShow",
        }
    }
}

/// An appointment, as the database holds it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Appointment {
    /// Its id.
    pub id: AppointmentId,
    /// The Doctor's account.
    pub doctor_id: AccountId,
    /// The Patient's account.
    pub patient_id: AccountId,
    /// When it starts.
    #[serde(with = "ts_seconds")]
    pub start_at: Timestamp,
    /// How long it takes, in minutes.
    pub duration: i64,
    /// Where it stands.
    pub status: Status,
    /// Why it was cancelled, if somebody said so.
    pub reason: Option<String>,
    /// Counts its changes, from 1.
    pub version: i64,
}

impl Appointment {
    /// The appointment that was looked up, if the caller may know of it. Only an Admin is told that there is
    /// none: to everyone else an appointment that is not theirs is the same as no appointment.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`].
    pub fn visible_to(caller: &Caller, found: Option<Self>) -> Result<Self, Error> {
        match found {
            Some(appointment) if appointment.is_seen_by(caller) => Ok(appointment),
            None if caller.is_admin() => Err(Error::NotFound("appointment")),
            _ => Err(Error::Forbidden("You have no such appointment.")),
        }
    }

    /// The appointment that was looked up, if the caller can move it now.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::AlreadyCancelled`], [`Error::AlreadyStarted`].
    pub fn can_be_rescheduled_by(caller: &Caller, found: Option<Self>, now: Timestamp) -> Result<Self, Error> {
        let appointment = Self::visible_to(caller, found)?;
        appointment.is_worked_on_by(caller)?;
        match appointment.status {
            Status::Cancelled => Err(Error::AlreadyCancelled),
            Status::Booked if appointment.start_at > now => Ok(appointment),
            _ => Err(Error::AlreadyStarted),
        }
    }

    /// Whether the caller may see it: its Doctor, its Patient, and every Admin.
    pub fn is_seen_by(&self, caller: &Caller) -> bool {
        caller.is_admin() || caller.is(self.doctor_id) || caller.is(self.patient_id)
    }

    /// Whether the caller works on it: its Doctor, and every Admin.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for all others.
    pub fn is_worked_on_by(&self, caller: &Caller) -> Result<(), Error> {
        if caller.is_admin() || caller.is(self.doctor_id) {
            return Ok(());
        }
        Err(Error::Forbidden("Only the appointment's Doctor or an Admin may do this."))
    }

    /// Decides whether the caller can cancel it now; `Ok(false)` where it is cancelled already.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where it is not theirs to cancel, [`Error::AlreadyStarted`].
    pub fn cancellable(&self, caller: &Caller, policy: &Policy, now: Timestamp) -> Result<bool, Error> {
        let notice = policy.patient_cancel_notice.filter(|_| caller.is(self.patient_id));
        if notice.is_none() {
            self.is_worked_on_by(caller)?;
        }
        if self.status == Status::Cancelled {
            return Ok(false);
        }
        if self.start_at <= now || self.status != Status::Booked {
            return Err(Error::AlreadyStarted);
        }
        if notice.is_some_and(|notice| self.start_at - now < TimeDelta::minutes(notice)) {
            return Err(Error::Forbidden("It is too late to cancel this appointment yourself: call the clinic."));
        }
        Ok(true)
    }

    /// Decides whether the caller can mark it as done or missed now; `Ok(false)` where it is
    /// marked so already.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::AlreadyCancelled`], [`Error::NotStarted`].
    pub fn markable(&self, mark: Status, caller: &Caller, now: Timestamp) -> Result<bool, Error> {
        self.is_worked_on_by(caller)?;
        match self.status {
            Status::Cancelled => Err(Error::AlreadyCancelled),
            _ if self.start_at > now => Err(Error::NotStarted),
            status => Ok(status != mark),
        }
    }
}
