//! The clinic: its name, its time zone and its policy.

use rounds_domain::{self as domain, Calendar, Clinic, ClinicChange, ClinicId, Code, Policy, Violation};
use serde::Deserialize;

use crate::{
    Database, Error, Writer,
    error::Failure,
    operations::BEGIN,
    statement::{statements, values},
};

statements! {
    READ = "clinic/read";
    CHANGE = "clinic/change";
    CHANGED = "clinic/changed";
}

/// A document of view `clinic_documents`.
#[derive(Deserialize)]
pub(crate) struct ClinicRow {
    public_id: ClinicId,
    name: String,
    time_zone: String,
    calendar_version: i64,
    #[serde(flatten)]
    policy: Policy,
}

impl ClinicRow {
    pub(crate) fn read(self) -> Result<Clinic, Error> {
        let zone = self.time_zone.parse().map_err(|_| Error::Internal(format!("unknown zone {}", self.time_zone)))?;
        let calendar = Calendar { version: self.calendar_version, zone };
        Ok(Clinic { id: self.public_id, name: self.name, calendar, policy: self.policy })
    }
}

/// Returns the clinic.
///
/// # Errors
/// [`Error::Unavailable`]
pub async fn read(database: &Database) -> Result<Clinic, Error> {
    let row: Option<ClinicRow> = database.read(&READ, values![]).await?;
    row.ok_or_else(|| Error::Unavailable("the clinic has no row: run the migration".into()))?.read()
}

/// Changes the clinic and returns it. If `assumed` is given, the clinic's calendar must still be the same.
///
/// # Errors
/// [`domain::Error::Invalid`] if the shortest duration would be longer than the longest,
/// [`domain::Error::Unauthenticated`], [`Error::CalendarChanged`].
pub async fn change(writer: &Writer<'_>, change: &ClinicChange, assumed: Option<&Calendar>) -> Result<Clinic, Error> {
    let values = values![
        ":name" => change.name.as_ref().map(|name| name.as_str()),
        ":time_zone" => change.time_zone.map(|zone| zone.name()),
        ":min_duration" => change.min_duration,
        ":max_duration" => change.max_duration,
        ":max_appointments_per_day" => change.max_appointments_per_day,
        ":max_booked_mins_per_day" => change.max_booked_mins_per_day,
        ":booking_horizon_days" => change.booking_horizon_days,
        ":slot_step" => change.slot_step,
        ":changes_cancel_notice" => change.patient_cancel_notice.is_some(),
        ":patient_cancel_notice" => change.patient_cancel_notice.flatten(),
        ":changes_max_open" => change.max_open_bookings.is_some(),
        ":max_open_bookings" => change.max_open_bookings.flatten(),
        ":calendar" => assumed.map(|calendar| calendar.version),
    ];
    let row: Option<ClinicRow> =
        writer.change(&[&BEGIN, &CHANGE, &CHANGED], &CHANGED, values).await.map_err(|failure| match failure {
            // The handler has checked each number. Only the minimum can still be above the maximum.
            Failure::Check(_) => {
                let name = if change.min_duration.is_some() { "min_duration" } else { "max_duration" };
                let detail = "must not make min_duration larger than max_duration";
                let violation = Violation::new(name, Code::MinimumOverMaximum.with_detail(detail));
                Error::from(domain::Error::Invalid(vec![violation]))
            }
            failure => failure.into(),
        })?;
    let Some(row) = row else {
        // Nothing was changed, because of the calendar or because the token is no longer valid.
        return Err(match assumed {
            Some(assumed) if read(writer.database).await?.calendar.version != assumed.version => Error::CalendarChanged,
            _ => domain::Error::Unauthenticated.into(),
        });
    };
    let clinic = row.read()?;
    writer.database.cache_clinic(&clinic).await;
    Ok(clinic)
}
