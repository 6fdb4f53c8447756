//! Plans: changes that affect several appointments at once.

use serde::{Deserialize, Serialize};

use crate::record::{Absence, Seconds};

/// A change that affects appointments, with the plan of what happens to them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Planned {
    pub(crate) change: Change,
    pub(crate) plan: Plan,
    pub(crate) dry_run: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Change {
    Absence(Absence),
    /// Deactivates a Doctor.
    Deactivation {
        doctor: i64,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Plan {
    CancelAll,
    Steps(Vec<PlanStep>),
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PlanStep {
    pub(crate) id: i64,
    /// `None`: the appointment is cancelled.
    pub(crate) to: Option<Target>,
}

/// Where a plan moves an appointment. At least one is given.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Target {
    /// `None`: the doctor stays.
    pub(crate) doctor: Option<i64>,
    /// `None`: the start stays.
    pub(crate) start: Option<Seconds>,
}
