use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AccountId, Code, InvalidValue, TypeId, TypeName, Violation};

/// Who may book an appointment type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum BookableBy {
    /// Patients and the staff.
    Anyone,
    /// Only the staff.
    Staff,
}

impl BookableBy {
    /// As JSON and SQL spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Anyone => "Anyone",
            Self::Staff => "Staff",
        }
    }
}

impl FromStr for BookableBy {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "Anyone" => Ok(Self::Anyone),
            "Staff" => Ok(Self::Staff),
            _ => Err(Code::NotAllowed.with_detail("must be \"Anyone\" or \"Staff\"")),
        }
    }
}

/// A kind of appointment, with its duration and the time that the doctor needs before and after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AppointmentType {
    /// The type's id.
    pub id: TypeId,
    /// Its name.
    pub name: String,
    /// The duration of an appointment, in minutes.
    pub duration: i64,
    /// How many minutes before the start the doctor is busy too.
    pub buffer_before: i64,
    /// How many minutes after the end the doctor is busy too.
    pub buffer_after: i64,
    /// Who may book it.
    pub bookable_by: BookableBy,
    /// Whether it can be booked.
    pub active: bool,
    /// The Doctors who offer it. `None`: all Doctors.
    pub doctors: Option<Vec<AccountId>>,
}

impl AppointmentType {
    /// The longest buffer, in minutes.
    pub const LONGEST_BUFFER: i64 = 240;

    /// Checks that it can be booked with the doctor, by the staff or by a Patient.
    ///
    /// # Errors
    /// The violation of `type_id`.
    pub fn check(&self, doctor: AccountId, by_staff: bool) -> Result<(), Violation> {
        self.check_bookable_by(by_staff)?;
        if self.is_offered_by(doctor) { Ok(()) } else { Err(not_bookable("is not offered by this doctor")) }
    }

    /// Checks that it can be booked with some doctor, by the staff or by a Patient.
    ///
    /// # Errors
    /// The violation of `type_id`.
    pub fn check_bookable_by(&self, by_staff: bool) -> Result<(), Violation> {
        if !self.active {
            return Err(not_bookable("is not offered any more"));
        }
        if !by_staff && self.bookable_by == BookableBy::Staff {
            return Err(not_bookable("can be booked by the clinic's staff only: call the clinic"));
        }
        Ok(())
    }

    /// Whether the doctor offers it.
    pub fn is_offered_by(&self, doctor: AccountId) -> bool {
        self.doctors.as_ref().is_none_or(|doctors| doctors.contains(&doctor))
    }
}

fn not_bookable(detail: &'static str) -> Violation {
    Violation::new("type_id", Code::TypeNotBookable.with_detail(detail))
}

/// A change of an appointment type. `None` leaves a member unchanged. A new type has all members but `doctors`.
#[derive(Debug, Default)]
pub struct TypeChange {
    /// See [`AppointmentType`].
    pub name: Option<TypeName>,
    /// See [`AppointmentType`].
    pub duration: Option<i64>,
    /// See [`AppointmentType`].
    pub buffer_before: Option<i64>,
    /// See [`AppointmentType`].
    pub buffer_after: Option<i64>,
    /// See [`AppointmentType`].
    pub bookable_by: Option<BookableBy>,
    /// See [`AppointmentType`].
    pub active: Option<bool>,
    /// See [`AppointmentType`]. `Some(None)`: all Doctors.
    pub doctors: Option<Option<Vec<AccountId>>>,
}
