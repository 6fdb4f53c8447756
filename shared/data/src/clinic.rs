//! The clinic: its name, its zone and its policy.

use rounds_domain::{self as domain, Calendar, Caller, Clinic, ClinicChange, Code, Policy, Violation};
use serde::Deserialize;

use crate::{
    Database, Error, Origin,
    error::Failure,
    statement::{caller, standing, statements, values},
    writes::{unwritten, written},
};

/// The clinic's row, as a document, of the columns in reach.
macro_rules! clinic_row {
    () => {
        "json_object(
            'name', name, 'time_zone', time_zone, 'calendar_version', calendar_version,
            'min_duration', min_duration, 'max_duration', max_duration,
            'max_appointments_per_day', max_appointments_per_day,
            'max_booked_mins_per_day', max_booked_mins_per_day,
            'booking_horizon_days', booking_horizon_days, 'slot_step', slot_step,
            'patient_cancel_notice', patient_cancel_notice)"
    };
}

/// The clinic's row, as a part of another document.
macro_rules! clinic {
    () => {
        concat!("(SELECT ", $crate::clinic::clinic_row!(), " FROM clinic)")
    };
}

pub(crate) use {clinic, clinic_row};

statements! {
    CLINIC = concat!("SELECT ", clinic_row!(), " FROM clinic");

    CHANGE = concat!("
        UPDATE clinic SET
          name = coalesce(:name, name),
          calendar_version = calendar_version + (coalesce(:time_zone, time_zone) <> time_zone),
          time_zone = coalesce(:time_zone, time_zone),
          min_duration = coalesce(:min_duration, min_duration),
          max_duration = coalesce(:max_duration, max_duration),
          max_appointments_per_day = coalesce(:max_appointments_per_day, max_appointments_per_day),
          max_booked_mins_per_day = coalesce(:max_booked_mins_per_day, max_booked_mins_per_day),
          booking_horizon_days = coalesce(:booking_horizon_days, booking_horizon_days),
          slot_step = coalesce(:slot_step, slot_step),
          patient_cancel_notice = iif(:changes_notice, :patient_cancel_notice, patient_cancel_notice),
          write_id = :write_id
        WHERE ", unwritten!(), " AND ", caller!("AND caller.account_type = 'Admin'"), "
        RETURNING ", clinic_row!());

    /// What CHANGE answers, where it was done, of the clinic as it is now.
    CLINIC_CHANGED = concat!("SELECT ", clinic_row!(), " FROM clinic WHERE id = ", written!());
}

/// What [`clinic!`] answers.
#[derive(Deserialize)]
pub(crate) struct ClinicRow {
    name: String,
    time_zone: String,
    calendar_version: i64,
    #[serde(flatten)]
    policy: Policy,
}

impl TryFrom<ClinicRow> for Clinic {
    type Error = Error;

    fn try_from(row: ClinicRow) -> Result<Self, Error> {
        let zone = row.time_zone.parse().map_err(|_| Error::Internal(format!("unknown zone {}", row.time_zone)))?;
        let calendar = Calendar { version: row.calendar_version, zone };
        Ok(Self { name: row.name, calendar, policy: row.policy })
    }
}

/// The clinic.
///
/// # Errors
/// [`Error::Unavailable`]
pub async fn read(database: &Database) -> Result<Clinic, Error> {
    let row: Option<ClinicRow> = database.read(&CLINIC, values![]).await?;
    let clinic: Clinic =
        row.ok_or_else(|| Error::Unavailable("the clinic has no row: run the migration".into()))?.try_into()?;
    Ok(clinic)
}

/// Changes the clinic, and answers it as it is then.
///
/// # Errors
/// [`domain::Error::Invalid`] where the shortest appointment would be longer than the longest,
/// [`domain::Error::Unauthenticated`].
pub async fn change(
    database: &Database,
    admin: &Caller,
    change: &ClinicChange,
    origin: &Origin,
) -> Result<Clinic, Error> {
    let values = values![
        ":name" => change.name.as_ref().map(|name| name.as_str()),
        ":time_zone" => change.time_zone.map(|zone| zone.name()),
        ":min_duration" => change.min_duration,
        ":max_duration" => change.max_duration,
        ":max_appointments_per_day" => change.max_appointments_per_day,
        ":max_booked_mins_per_day" => change.max_booked_mins_per_day,
        ":booking_horizon_days" => change.booking_horizon_days,
        ":slot_step" => change.slot_step,
        ":changes_notice" => change.patient_cancel_notice.is_some(),
        ":patient_cancel_notice" => change.patient_cancel_notice.flatten(),
    ];
    let row: Option<ClinicRow> = database
        .write(&CHANGE, &CLINIC_CHANGED, origin, values.into_iter().chain(standing(admin)))
        .await
        .map_err(|failure| match failure {
            // Each number by itself has been checked: what is left is how the two stand together.
            Failure::Check(_) => {
                let name = if change.min_duration.is_some() { "min_duration" } else { "max_duration" };
                let detail = "must leave min_duration at or under max_duration";
                Error::Refused(domain::Error::Invalid(vec![Violation::new(
                    name,
                    Code::MinimumOverMaximum.says(detail),
                )]))
            }
            failure => failure.into(),
        })?;
    let clinic: Clinic = row.ok_or(domain::Error::Unauthenticated)?.try_into()?;
    database.learn(Some(clinic.calendar)).await;
    Ok(clinic)
}
