use rounds_data::appointments::Filter;
use rounds_domain::{AccountId, Calendar, DateInput, Error, Status};
use rounds_http::{Input, Operation, id_schema};
use serde_json::json;

/// The filters of a list of appointments as the client sent them. Days are not converted to timestamps yet: that needs
/// the clinic's calendar.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FilterInput {
    status: Option<Status>,
    date: Option<DateInput>,
    from: Option<DateInput>,
    to: Option<DateInput>,
    doctor: Option<AccountId>,
    patient: Option<AccountId>,
}

impl FilterInput {
    /// Declares the filter parameters of a list.
    pub(crate) fn describe(route: Operation<'_>) -> Operation<'_> {
        route
            .date_range()
            .query(
                "status",
                "Return only appointments with this status.",
                json!({ "$ref": "#/components/schemas/Status" }),
            )
            .query("doctor_id", "Return only appointments with this doctor.", id_schema())
            .query("patient_id", "Return only appointments of this patient.", id_schema())
    }

    /// Reads `status`, `date`, `from`, `to`, `doctor_id` and `patient_id`.
    pub(crate) fn read(input: &mut Input) -> Option<Self> {
        let status = input.optional("status", str::parse);
        let (date, from, to) =
            (input.optional("date", str::parse), input.optional("from", str::parse), input.optional("to", str::parse));
        let (doctor, patient) = (input.optional("doctor_id", str::parse), input.optional("patient_id", str::parse));
        Some(Self { status: status?, date: date?, from: from?, to: to?, doctor: doctor?, patient: patient? })
    }

    /// Converts the days to timestamps in a calendar.
    pub(crate) fn in_calendar(&self, calendar: &Calendar) -> Result<Filter, Error> {
        let day = self.date.map(|date| calendar.day(date)).transpose()?;
        let (from, until) = calendar.bounds(self.from, self.to)?;
        Ok(Filter {
            status: self.status,
            from: from.max(day.as_ref().map(|day| day.start)),
            until: [until, day.map(|day| day.end)].into_iter().flatten().min(),
            doctor: self.doctor,
            patient: self.patient,
        })
    }
}
