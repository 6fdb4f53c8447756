use rounds_data::schedules::{Purpose, Relation};
use rounds_domain::{AccountId, AccountType, AppointmentType, Caller, Code, Error, Timestamp, TypeId, Violation};
use rounds_http::Input;

use crate::range::DEFAULT_DURATION;

pub(crate) const TYPE: &str = "An appointment type. Its duration and its buffers apply.";
pub(crate) const PATIENT: &str = "The patient to book for: starts that overlap one of their appointments are left out. \
                                  For the front desk, for Doctors (their patients) and for Patients (themselves and \
                                  their dependants).";

/// For whom and for what availability is requested.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    pub(crate) type_id: Option<TypeId>,
    patient: Option<AccountId>,
}

impl Target {
    /// Reads `type_id` and `patient_id`.
    pub(crate) fn read(input: &mut Input) -> Option<Self> {
        let (type_id, patient) = (input.optional("type_id", str::parse), input.optional("patient_id", str::parse));
        Some(Self { type_id: type_id?, patient: patient? })
    }

    /// The patient whose appointments count: the requested one, or a Patient themselves.
    pub(crate) fn patient(&self, caller: Option<&Caller>) -> Option<AccountId> {
        let own = caller.filter(|caller| caller.account_type == AccountType::Patient).map(|caller| caller.account_id);
        self.patient.or(own)
    }

    /// Returns the purpose of the schedule to read.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if a patient is requested without a token.
    pub(crate) fn purpose<'a>(&self, caller: Option<&'a Caller>, now: Timestamp) -> Result<Purpose<'a>, Error> {
        if self.patient.is_some() && caller.is_none() {
            return Err(Error::Unauthenticated);
        }
        let patient = self.patient(caller);
        Ok(Purpose::Book { booker: caller, patient, type_id: self.type_id, overridden: false, key: None, now })
    }

    /// Checks that the caller may book for the requested patient.
    ///
    /// # Errors
    /// [`Error::Forbidden`], and [`Error::NotFound`] for the front desk.
    pub(crate) fn must_be_allowed(&self, caller: Option<&Caller>, relation: Option<Relation>) -> Result<(), Error> {
        let Some((caller, _)) = caller.zip(self.patient) else { return Ok(()) };
        match (caller.is_desk(), relation) {
            (true, Some(_)) => Ok(()),
            (true, None) => Err(Error::NotFound("patient")),
            (false, Some(relation)) if relation.acts_for || relation.is_their_doctor => Ok(()),
            (false, _) => Err(Error::Forbidden("You have no such patient.")),
        }
    }

    /// Returns the duration of the appointment to book: the requested one, or the one of the type.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the type does not exist, or only the staff can book it, or it has another duration.
    pub(crate) fn duration(
        &self,
        requested: Option<i64>,
        r#type: Option<&AppointmentType>,
        by_staff: bool,
    ) -> Result<i64, Error> {
        let invalid = |name, invalid| Err(Error::Invalid(vec![Violation::new(name, invalid)]));
        match (self.type_id, r#type) {
            (None, _) => Ok(requested.unwrap_or(DEFAULT_DURATION)),
            (Some(_), None) => {
                invalid("type_id", Code::UnknownType.with_detail("is not an appointment type of this clinic"))
            }
            (Some(_), Some(r#type)) if requested.is_some_and(|requested| requested != r#type.duration) => {
                let detail = format!("must be {} minutes, as the type has, or left out", r#type.duration);
                invalid("duration", Code::DurationOfType.with_detail(detail))
            }
            (Some(_), Some(r#type)) => {
                r#type.check_bookable_by(by_staff).map_err(|violation| Error::Invalid(vec![violation]))?;
                Ok(r#type.duration)
            }
        }
    }
}
