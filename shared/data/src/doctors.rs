//! Doctors: the list, their profiles, and their booked times.

use rounds_domain::{self as domain, AccountId, AppointmentId, Day, Details, Specialty, Status, Timestamp, search_key};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Database, Error, Page, Reader, Writer,
    operations::BEGIN,
    schedules::LONGEST,
    statement::{statements, values, words},
};

statements! {
    LIST = public "doctors/list";
    PROFILE = "doctors/profile";
    CHANGE = "doctors/change";
    CHANGED = "doctors/changed";
    BOOKED = authenticated "doctors/booked";
}

/// A doctor in a list.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Doctor {
    /// The Doctor's account.
    pub id: AccountId,
    /// Their name.
    pub name: String,
    /// Their specialty, if they gave one.
    pub specialty: Option<String>,
}

/// A doctor's profile.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Profile {
    /// The Doctor's account.
    pub id: AccountId,
    /// Their name.
    pub name: String,
    /// The fields that the doctor can change.
    #[serde(flatten)]
    pub fields: ProfileFields,
}

/// The fields of a profile that the doctor can change.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ProfileFields {
    /// The specialty, if given.
    pub specialty: Option<String>,
    /// A description of themselves, if given.
    pub details: Option<String>,
}

/// A change of a profile. `None` leaves a member unchanged, `Some(None)` clears it.
#[derive(Debug)]
pub struct ProfileChange {
    /// The Doctor's account.
    pub doctor: AccountId,
    /// The new specialty.
    pub specialty: Option<Option<Specialty>>,
    /// The new description.
    pub details: Option<Option<Details>>,
}

/// A booked time of a doctor.
#[derive(Debug, Deserialize)]
pub struct Booked {
    /// The appointment's id.
    pub id: AppointmentId,
    /// The Patient's account.
    pub patient_id: AccountId,
    /// The Patient's name.
    pub patient_name: String,
    /// The start.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub start_at: Timestamp,
    /// The duration, in minutes.
    pub duration: i64,
    /// Any status but cancelled.
    pub status: Status,
}

/// The filters of the list of doctors.
#[derive(Debug, Default)]
pub struct Filter {
    /// Words that the name or the specialty must contain, in any case. All words must match.
    pub q: Option<String>,
    /// The specialty, in any case.
    pub specialty: Option<String>,
}

/// Returns the active doctors in order of id. The position of a page is an id.
///
/// # Errors
/// [`Error::Unavailable`]
pub async fn list(database: &Database, filter: &Filter, page: Page<i64>) -> Result<Vec<Doctor>, Error> {
    let values = values![
        ":after" => page.after.unwrap_or(0),
        ":words" => words(filter.q.as_deref()),
        ":specialty" => filter.specialty.as_deref().map(|specialty| search_key(&[specialty])),
        ":limit" => page.limit + 1,
    ];
    Ok(database.read_public(&LIST, values).await?.unwrap_or_default())
}

/// Returns the profile of an active doctor.
///
/// # Errors
/// [`domain::Error::NotFound`]
pub async fn profile(database: &Database, doctor: AccountId) -> Result<Profile, Error> {
    let profile = database.read(&PROFILE, values![":doctor" => doctor.get()]).await?;
    profile.ok_or_else(|| domain::Error::NotFound("doctor").into())
}

/// Changes a profile and returns the new one.
///
/// # Errors
/// [`domain::Error::NotFound`] if the doctor does not exist, or if the caller's token is no longer valid.
pub async fn change_profile(writer: &Writer<'_>, change: &ProfileChange) -> Result<Profile, Error> {
    let specialty = change.specialty.as_ref().and_then(|specialty| specialty.as_ref().map(Specialty::as_str));
    let details = change.details.as_ref().and_then(|details| details.as_ref().map(Details::as_str));
    let values = values![
        ":doctor" => change.doctor.get(),
        ":changes_specialty" => change.specialty.is_some(),
        ":specialty" => specialty,
        ":specialty_key" => specialty.map(|specialty| search_key(&[specialty])),
        ":changes_details" => change.details.is_some(),
        ":details" => details,
    ];
    let profile = writer.change(&[&BEGIN, &CHANGE, &CHANGED], &CHANGED, values).await?;
    profile.ok_or_else(|| domain::Error::NotFound("doctor").into())
}

/// Returns a doctor's booked times on `day`, in order of start. Cancelled appointments are left out. The position
/// of a page is a start, which is unique: a doctor's appointments do not overlap.
///
/// # Errors
/// [`domain::Error::NotFound`], [`domain::Error::Unauthenticated`], [`Error::CalendarChanged`]
pub async fn booked(reader: &Reader<'_>, doctor: AccountId, day: &Day, page: Page<i64>) -> Result<Vec<Booked>, Error> {
    let values = values![
        ":doctor" => doctor.get(),
        ":after" => page.after.unwrap_or(i64::MIN).max(day.start.timestamp() - LONGEST),
        ":day_start" => day.start.timestamp(),
        ":day_end" => day.end.timestamp(),
        ":limit" => page.limit + 1,
    ];
    reader.query(&BOOKED, values).await?.ok_or_else(|| domain::Error::NotFound("doctor").into())
}
