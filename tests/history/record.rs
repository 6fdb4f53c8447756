//! What every client saw.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Seconds since 1970-01-01T00:00:00Z.
pub(crate) type Seconds = i64;
/// Microseconds since the round began, by one clock for all clients.
pub(crate) type Moment = u64;

/// The end of time: when what nobody was told of has surely happened, if ever.
pub(crate) const NEVER: Moment = Moment::MAX;

/// What a client asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Op {
    /// A time of a doctor's, for a patient.
    Book {
        doctor: i64,
        patient: i64,
        start: Seconds,
        duration: i64,
        key: Option<String>,
    },
    /// Another time for an appointment.
    Move {
        id: i64,
        doctor: i64,
        start: Seconds,
    },
    Cancel {
        id: i64,
    },
    /// `Done` or `NoShow`.
    Mark {
        id: i64,
        status: String,
    },
    Show {
        id: i64,
    },
    /// The booked times of a doctor's day, seen by an Admin.
    Slots {
        doctor: i64,
    },
    /// The free times of a doctor's day, seen by an Admin.
    Availability {
        doctor: i64,
    },
    History {
        patient: i64,
    },
    /// Appointments and minutes that a doctor's day holds.
    SetPolicy {
        appointments: i64,
        mins: i64,
    },
    Policy,
    /// Until when a doctor works, every day from 08:00: an hour.
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
}

/// What it was told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Outcome {
    /// 2xx
    Ok { body: Value, version: Option<i64> },
    /// 4xx, or a 503 that says that nothing was changed. `conflicts` are all the rules 3 and 4 that
    /// were broken, if it was for these.
    Refused { status: u16, conflicts: Option<Vec<String>> },
    /// No answer, or one that says that it may have been done.
    Unknown { reason: String },
}

/// A request, from when it was sent until its answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Call {
    pub(crate) client: usize,
    pub(crate) op: Op,
    pub(crate) called: Moment,
    /// [`NEVER`] where the outcome is unknown.
    pub(crate) returned: Moment,
    pub(crate) outcome: Outcome,
}

impl Call {
    /// Whether it was acknowledged.
    pub(crate) fn is_ok(&self) -> bool {
        matches!(self.outcome, Outcome::Ok { .. })
    }

    /// Whether it may have been done though nobody said so.
    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self.outcome, Outcome::Unknown { .. })
    }

    /// Whether it may have changed what it was to change.
    pub(crate) fn may_be_made(&self) -> bool {
        self.is_ok() || self.is_unknown()
    }

    /// From when to when it may have been made: without end, where nobody was told.
    pub(crate) fn within(&self) -> (Moment, Moment) {
        (self.called, self.returned)
    }

    /// The answer's document; null for any other outcome.
    pub(crate) fn body(&self) -> &Value {
        match &self.outcome {
            Outcome::Ok { body, .. } => body,
            _ => &Value::Null,
        }
    }

    /// The version of the appointment in an answer.
    pub(crate) fn version(&self) -> Option<i64> {
        match self.outcome {
            Outcome::Ok { version, .. } => version,
            _ => None,
        }
    }
}

/// An appointment as the database has it in the end.
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
    pub(crate) asked_start: Seconds,
    pub(crate) requested_duration: i64,
}

/// What the database has in the end.
#[derive(Clone, Debug, Default)]
pub(crate) struct End {
    pub(crate) appointments: Vec<Row>,
    /// Doctor, start and end, by id.
    pub(crate) time_off: HashMap<i64, (i64, Seconds, Seconds)>,
    /// Appointments and minutes that a doctor's day holds.
    pub(crate) policy: (i64, i64),
    /// Until which hour a doctor works.
    pub(crate) hours: HashMap<i64, i64>,
}

/// What is needed to read a history: the times that are booked as a whole or not at all, where
/// linearizability can be judged slot by slot.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Grid {
    /// The doctors whose appointments are all on the grid.
    pub(crate) doctors: Vec<i64>,
    /// The starts of the slots.
    pub(crate) starts: Vec<Seconds>,
    /// The minutes of each.
    pub(crate) duration: i64,
    /// The first second of the day they are on.
    pub(crate) day: Seconds,
}

impl Grid {
    /// Whether a time of a doctor's is a slot.
    pub(crate) fn has(&self, doctor: i64, start: Seconds) -> bool {
        self.doctors.contains(&doctor) && self.starts.contains(&start)
    }
}
