//! The clinic: its name, its time zone and its policy.

use rounds_domain::{
    self as domain, Address, Calendar, Clinic, ClinicChange, ClinicId, ClinicPhone, Code, Contact, Email, Language,
    MessagePolicy, Policy, QuietHours, Violation,
};
use serde::Deserialize;

use crate::{
    Database, Error, Writer,
    error::Failure,
    operations::BEGIN,
    statement::{Values, statements, values},
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
    #[serde(flatten)]
    contact: Contact,
    language: Language,
    reminder_minutes: Vec<i64>,
    quiet_start: Option<u32>,
    quiet_end: Option<u32>,
}

impl ClinicRow {
    pub(crate) fn read(self) -> Result<Clinic, Error> {
        let zone = self.time_zone.parse().map_err(|_| Error::Internal(format!("unknown zone {}", self.time_zone)))?;
        let calendar = Calendar { version: self.calendar_version, zone };
        let quiet_hours = self.quiet_start.zip(self.quiet_end).map(|(start, end)| QuietHours { start, end });
        let messages = MessagePolicy { language: self.language, reminder_minutes: self.reminder_minutes, quiet_hours };
        let (policy, contact) = (self.policy, self.contact);
        Ok(Clinic { id: self.public_id, name: self.name, calendar, policy, contact, messages })
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

fn policy_values(change: &ClinicChange) -> Values {
    values![
        ":min_duration" => change.min_duration,
        ":max_duration" => change.max_duration,
        ":max_appointments_per_day" => change.max_appointments_per_day,
        ":max_booked_mins_per_day" => change.max_booked_mins_per_day,
        ":booking_horizon_days" => change.booking_horizon_days,
        ":booking_notice" => change.booking_notice,
        ":slot_step" => change.slot_step,
        ":changes_cancel_notice" => change.patient_cancel_notice.is_some(),
        ":patient_cancel_notice" => change.patient_cancel_notice.flatten(),
        ":changes_reschedule_notice" => change.patient_reschedule_notice.is_some(),
        ":patient_reschedule_notice" => change.patient_reschedule_notice.flatten(),
        ":changes_max_open" => change.max_open_bookings.is_some(),
        ":max_open_bookings" => change.max_open_bookings.flatten(),
        ":require_verified_email" => change.require_verified_email,
    ]
}

fn message_values(change: &ClinicChange) -> Values {
    let quiet_hours = change.quiet_hours.flatten();
    values![
        ":changes_phone" => change.phone.is_some(),
        ":phone" => change.phone.as_ref().and_then(Option::as_ref).map(ClinicPhone::as_str),
        ":changes_email" => change.email.is_some(),
        ":email" => change.email.as_ref().and_then(Option::as_ref).map(Email::as_str),
        ":changes_address" => change.address.is_some(),
        ":address" => change.address.as_ref().and_then(Option::as_ref).map(Address::as_str),
        ":language" => change.language.as_ref().map(Language::as_str),
        ":reminder_minutes" => change.reminder_minutes.as_ref().map(|minutes| serde_json::json!(minutes).to_string()),
        ":changes_quiet_hours" => change.quiet_hours.is_some(),
        ":quiet_start" => quiet_hours.map(|quiet| i64::from(quiet.start)),
        ":quiet_end" => quiet_hours.map(|quiet| i64::from(quiet.end)),
    ]
}

/// Returns the values of [`CHANGE`].
pub(crate) fn change_values(change: &ClinicChange, assumed: Option<&Calendar>) -> Values {
    let values = values![
        ":name" => change.name.as_ref().map(|name| name.as_str()),
        ":time_zone" => change.time_zone.map(|zone| zone.name()),
        ":calendar" => assumed.map(|calendar| calendar.version),
    ];
    values.and(policy_values(change)).and(message_values(change))
}

/// Changes the clinic and returns it. If `assumed` is given, the clinic's calendar must still be the same.
///
/// # Errors
/// [`domain::Error::Invalid`] if the shortest duration would be longer than the longest,
/// [`domain::Error::Unauthenticated`], [`Error::CalendarChanged`].
pub async fn change(writer: &Writer<'_>, change: &ClinicChange, assumed: Option<&Calendar>) -> Result<Clinic, Error> {
    let values = change_values(change, assumed);
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
