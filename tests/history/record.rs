//! Records of the requests and responses, and of the database at the end.

use std::{collections::HashMap, path::PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Seconds since 1970-01-01T00:00:00Z.
pub(crate) type Seconds = i64;
/// Microseconds since the start of the round, by one clock for all clients.
pub(crate) type Moment = u64;

/// The latest moment: the end of the time range of a call with an unknown outcome.
pub(crate) const NEVER: Moment = Moment::MAX;

/// The operation of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Op {
    /// Books a time with a doctor for a patient.
    Book {
        doctor: i64,
        patient: i64,
        start: Seconds,
        duration: i64,
        key: Option<String>,
    },
    /// Reschedules an appointment.
    Reschedule {
        id: i64,
        doctor: i64,
        start: Seconds,
    },
    Cancel {
        id: i64,
    },
    /// Marks an appointment as `Done` or `NoShow`.
    Mark {
        id: i64,
        status: String,
    },
    Show {
        id: i64,
    },
    /// Reads the booked times of a doctor's day, as an Admin.
    Slots {
        doctor: i64,
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
    /// Sets the end (an hour) of a doctor's working hours, which begin at 08:00 every day.
    SetHours {
        doctor: i64,
        until: i64,
    },
    Hours {
        doctor: i64,
    },
    TakeTimeOff {
        doctor: i64,
        start: Seconds,
        end: Seconds,
    },
    EndTimeOff {
        doctor: i64,
        id: i64,
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
    /// Returns whether it changes the database.
    pub(crate) fn is_change(&self) -> bool {
        !matches!(
            self,
            Self::Show { .. }
                | Self::Slots { .. }
                | Self::Availability { .. }
                | Self::History { .. }
                | Self::Policy
                | Self::Hours { .. }
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

    /// Returns the version of the appointment in the response.
    pub(crate) fn version(&self) -> Option<i64> {
        match self.outcome {
            Outcome::Ok { version, .. } => version,
            _ => None,
        }
    }
}

/// An appointment in the database at the end.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) id: i64,
    pub(crate) doctor: i64,
    pub(crate) patient: i64,
    pub(crate) start: Seconds,
    pub(crate) duration: i64,
    pub(crate) status: String,
    pub(crate) version: i64,
    pub(crate) key: Option<String>,
    pub(crate) requested_start: Seconds,
    pub(crate) requested_duration: i64,
}

/// The contents of the database at the end.
#[derive(Clone, Debug, Default)]
pub(crate) struct End {
    pub(crate) appointments: Vec<Row>,
    /// Time off by id: doctor, start and end.
    pub(crate) time_off: HashMap<i64, (i64, Seconds, Seconds)>,
    /// The maximum appointments and minutes of a doctor's day.
    pub(crate) policy: (i64, i64),
    /// The hour at which each doctor stops working.
    pub(crate) hours: HashMap<i64, i64>,
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
