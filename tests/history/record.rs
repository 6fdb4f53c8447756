//! Records of the requests and responses.

use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{plan::Planned, programs::CLOCKS, series::Series};

/// Seconds since 1970-01-01T00:00:00Z.
pub(crate) type Seconds = i64;
/// Microseconds since the start of the round, by one clock for all clients.
pub(crate) type Moment = u64;

/// The latest moment: the end of the time range of a call with an unknown outcome.
pub(crate) const NEVER: Moment = Moment::MAX;

/// A booking, as it was requested.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Booking {
    pub(crate) doctor: i64,
    pub(crate) patient: i64,
    /// The account that booked: the patient, a guardian or the staff.
    pub(crate) by: i64,
    pub(crate) start: Seconds,
    /// In minutes. `None`: the one of the type.
    pub(crate) duration: Option<i64>,
    pub(crate) type_id: Option<i64>,
    /// Whether the working hours and the limits of the day do not apply.
    pub(crate) overridden: bool,
    pub(crate) key: Option<String>,
}

/// How long an appointment of a type takes, in minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lengths {
    pub(crate) duration: i64,
    pub(crate) before: i64,
    pub(crate) after: i64,
}

/// A time range of a day, in hours since midnight. An end after 24 is on the next day. A range is empty if both are equal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hours {
    pub(crate) from: i64,
    pub(crate) until: i64,
}

impl Hours {
    pub(crate) const fn new(from: i64, until: i64) -> Self {
        Self { from, until }
    }
}

/// A time when a doctor does not work: time off, or a closure of the clinic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Absence {
    /// `None`: nobody works, the clinic is closed.
    pub(crate) doctor: Option<i64>,
    pub(crate) start: Seconds,
    pub(crate) end: Seconds,
}

impl Absence {
    pub(crate) fn is_closure(&self) -> bool {
        self.doctor.is_none()
    }

    /// Returns whether it is at the time of an appointment of its doctor.
    pub(crate) fn overlaps(&self, doctor: i64, start: Seconds, minutes: i64) -> bool {
        self.doctor.is_none_or(|absent| absent == doctor) && start < self.end && self.start < start + minutes * 60
    }
}

/// The operation of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Op {
    Book(Booking),
    /// Reschedules an appointment.
    Reschedule {
        id: i64,
        /// `None`: the doctor stays.
        doctor: Option<i64>,
        start: Seconds,
    },
    Cancel {
        id: i64,
    },
    BookSeries(Series),
    /// Cancels an appointment and the later ones of its series, as the front desk.
    CancelFollowing {
        id: i64,
    },
    /// Marks an appointment as `Done` or `NoShow`, or as `Booked` again.
    Mark {
        id: i64,
        status: String,
    },
    /// Notes that the patient has arrived, or undoes it.
    Arrival {
        id: i64,
        arrived: bool,
    },
    Show {
        id: i64,
    },
    /// Reads the booked times of a doctor's day, as an Admin.
    Slots {
        doctor: i64,
        /// The first second of the day.
        day: Seconds,
    },
    /// Reads the availability of a doctor's day, as an Admin.
    Availability {
        doctor: i64,
    },
    History {
        patient: i64,
    },
    /// Sets the maximum appointments and minutes of a doctor's day.
    SetPolicy {
        appointments: i64,
        mins: i64,
    },
    Policy,
    /// Sets a doctor's working hours, which are the same every day.
    SetHours {
        doctor: i64,
        hours: Hours,
    },
    Hours {
        doctor: i64,
    },
    /// Sets a doctor's hours of one date. `None` removes them.
    SetSpecialHours {
        doctor: i64,
        day: Seconds,
        hours: Option<Hours>,
    },
    SpecialHours {
        doctor: i64,
    },
    /// Sets the duration and the buffers of an appointment type.
    SetType {
        id: i64,
        lengths: Lengths,
    },
    Types,
    /// Takes time off, or closes the clinic.
    AddAbsence(Absence),
    EndAbsence {
        /// `None`: a closure.
        doctor: Option<i64>,
        id: i64,
    },
    /// Lists the time off of a doctor, or the closures.
    Absences {
        /// `None`: the closures.
        doctor: Option<i64>,
    },
    /// Takes time off, closes the clinic or deactivates a doctor, with a plan for the appointments.
    Plan(Planned),
    /// Deactivates or activates an account.
    SetActive {
        account: i64,
        active: bool,
    },
    /// Lists the booked appointments that start in a time.
    Booked {
        /// `None`: those of all doctors.
        doctor: Option<i64>,
        from: Seconds,
        until: Seconds,
    },
    /// Makes an account a guardian of a patient, or takes it away.
    SetGuardian {
        account: i64,
        patient: i64,
        active: bool,
    },
    /// Reads the guardians of a patient.
    Guardians {
        patient: i64,
    },
    /// Creates an account of a patient.
    Register {
        email: String,
    },
    /// Asks for the mail that sets a new password.
    ForgetPassword {
        email: String,
    },
}

impl Op {
    /// Returns the plan of the request, if it has one.
    pub(crate) fn planned(&self) -> Option<&Planned> {
        match self {
            Self::Plan(planned) => Some(planned),
            _ => None,
        }
    }

    /// Returns whether it changes the database.
    pub(crate) fn is_change(&self) -> bool {
        !matches!(
            self,
            Self::Show { .. }
                | Self::Slots { .. }
                | Self::Availability { .. }
                | Self::History { .. }
                | Self::Policy
                | Self::BookSeries(Series { dry_run: true, .. })
                | Self::Hours { .. }
                | Self::SpecialHours { .. }
                | Self::Types
                | Self::Absences { .. }
                | Self::Booked { .. }
                | Self::Plan(Planned { dry_run: true, .. })
                | Self::Guardians { .. }
        )
    }
}

/// The outcome of a request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Outcome {
    /// 2xx
    Ok { body: Value, version: Option<i64> },
    /// 4xx, or a 503 that says that nothing was changed. `conflicts` are the broken rules 3 and 4 of a 409.
    Refused { status: u16, conflicts: Option<Vec<String>> },
    /// No response, or a 503 that says that the change may have been made.
    Unknown { reason: String },
}

/// A request with its outcome.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Call {
    pub(crate) client: usize,
    pub(crate) op: Op,
    pub(crate) called: Moment,
    /// [`NEVER`] if the outcome is unknown.
    pub(crate) returned: Moment,
    pub(crate) outcome: Outcome,
}

impl Call {
    /// Returns whether the request was acknowledged.
    pub(crate) fn is_ok(&self) -> bool {
        matches!(self.outcome, Outcome::Ok { .. })
    }

    /// Returns whether the outcome is unknown.
    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self.outcome, Outcome::Unknown { .. })
    }

    /// Returns whether the change was made or may have been made.
    pub(crate) fn may_be_made(&self) -> bool {
        self.is_ok() || self.is_unknown()
    }

    /// Returns the time range in which the change may have been made. It has no end if the outcome is unknown.
    pub(crate) fn within(&self) -> (Moment, Moment) {
        (self.called, self.returned)
    }

    /// Returns the body of the response; null for other outcomes.
    pub(crate) fn body(&self) -> &Value {
        match &self.outcome {
            Outcome::Ok { body, .. } => body,
            _ => &Value::Null,
        }
    }

    /// Returns the id of the booked appointment. Patients get the id, the staff get the appointment.
    pub(crate) fn booked(&self) -> Option<i64> {
        let body = self.body();
        body.as_i64().or(body["id"].as_i64())
    }

    /// Returns the version of the appointment in the response.
    pub(crate) fn version(&self) -> Option<i64> {
        match self.outcome {
            Outcome::Ok { version, .. } => version,
            _ => None,
        }
    }
}

/// A backup that was made during the history.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Backup {
    /// The file, relative to the folder of the history.
    pub(crate) file: PathBuf,
    /// When `rounds backup` was started.
    pub(crate) begun: Moment,
}

/// The slots: times that are either booked as a whole or free, so that linearizability can be checked for each.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Grid {
    /// The doctors whose appointments are all in slots.
    pub(crate) doctors: Vec<i64>,
    /// The starts of the slots.
    pub(crate) starts: Vec<Seconds>,
    /// The duration of a slot, in minutes.
    pub(crate) duration: i64,
    /// The first second of their day.
    pub(crate) day: Seconds,
}

impl Grid {
    /// Returns whether a start of a doctor is a slot.
    pub(crate) fn has(&self, doctor: i64, start: Seconds) -> bool {
        self.doctors.contains(&doctor) && self.starts.contains(&start)
    }
}

/// What the checker knows of the clinic at the start of a history.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Clinic {
    pub(crate) grid: Grid,
    /// The doctors with the initial working hours whose appointments have any start, any duration and buffers.
    pub(crate) open: Vec<i64>,
    /// The doctors who work at night. Their appointments have any start, any duration and buffers too.
    pub(crate) nights: Vec<i64>,
    /// The accounts of the front desk: the Admin and the Receptionist.
    pub(crate) desk: Vec<i64>,
    /// Each guardian with a patient. They are guardians when the history begins.
    pub(crate) guardians: Vec<(i64, i64)>,
    /// The appointment types by id.
    pub(crate) types: BTreeMap<i64, Lengths>,
    /// The type that only the staff can book.
    pub(crate) staff_type: i64,
    /// When the history began, by the clock of this machine.
    pub(crate) begun: Seconds,
}

impl Clinic {
    /// Returns the first seconds of the dates that the nights of a history are on: the day of the grid and the next ones.
    pub(crate) fn dates(&self) -> [Seconds; 5] {
        [0, 1, 2, 3, 4].map(|days| self.grid.day + days * 86_400)
    }

    /// Returns the earliest time that the clock of a program can have shown at this moment.
    pub(crate) fn earliest_clock(&self, moment: Moment) -> Seconds {
        let slowest = CLOCKS.iter().min().copied().unwrap_or_default();
        self.begun + (moment / 1_000_000) as Seconds + slowest
    }
}
