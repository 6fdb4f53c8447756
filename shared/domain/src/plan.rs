use crate::{AccountId, AppointmentId, Code, Conflict, InvalidValue, Timestamp, Violation};

/// What a change does with the booked appointments that it affects: time off, a closure, or the end of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// They stay as they are. If they prevent the change, it is refused.
    Keep,
    /// All that have not started are cancelled.
    CancelAll,
    /// Each that has not started has a step.
    Steps(Vec<PlanStep>),
}

/// What happens to one appointment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanStep {
    /// The appointment's id.
    pub appointment: AppointmentId,
    /// What happens to it.
    pub change: PlannedChange,
}

/// What happens to an appointment of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlannedChange {
    /// It is cancelled.
    Cancel,
    /// It is rescheduled. At least one is given.
    Reschedule {
        /// The new start. `None`: the present one.
        start: Option<Timestamp>,
        /// The new doctor. `None`: the present one.
        doctor: Option<AccountId>,
    },
}

/// Why a plan is refused: what prevents one of its steps, or an appointment without a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanConflict {
    /// The appointment's id.
    pub appointment: AppointmentId,
    /// What prevents it.
    pub obstacle: Obstacle,
}

/// What prevents the step of an appointment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The change does not affect the appointment: it was cancelled, rescheduled or marked, has started, or is elsewhere.
    NotAffected,
    /// The plan leaves the appointment where it is, or it has started and is not marked.
    InTheWay,
    /// The new time breaks rule 1 or 2.
    Invalid(Violation),
    /// The new time breaks rule 3 or 4.
    Conflict(Conflict),
}

impl PlanStep {
    /// The new start, if it has one.
    pub fn start(&self) -> Option<Timestamp> {
        match self.change {
            PlannedChange::Cancel => None,
            PlannedChange::Reschedule { start, .. } => start,
        }
    }
}

impl Plan {
    /// The maximum number of steps.
    pub const LONGEST: usize = 300;

    /// Whether it changes appointments.
    pub fn changes_appointments(&self) -> bool {
        *self != Self::Keep
    }

    /// Parses the text in place of a list of steps.
    ///
    /// # Errors
    /// A sentence that says what is expected.
    pub fn parse_cancel_all(text: &str) -> Result<Self, InvalidValue> {
        let expected = || Code::NotAllowed.with_detail("must be \"cancel\", a list of steps, or absent");
        (text == "cancel").then_some(Self::CancelAll).ok_or_else(expected)
    }

    /// The steps, if there are any.
    pub fn steps(&self) -> &[PlanStep] {
        match self {
            Self::Keep | Self::CancelAll => &[],
            Self::Steps(steps) => steps,
        }
    }
}
