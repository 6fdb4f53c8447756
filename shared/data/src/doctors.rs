//! Doctors: who they are, and what is booked with them.

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

/// A doctor, with what they say of themselves.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Profile {
    /// The Doctor's account.
    pub id: AccountId,
    /// Their name.
    pub name: String,
    /// What they tell.
    #[serde(flatten)]
    pub fields: ProfileFields,
}

/// What a doctor says of themselves.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ProfileFields {
    /// Their specialty, if they gave one.
    pub specialty: Option<String>,
    /// What they say of themselves, if they do.
    pub details: Option<String>,
}

/// What is to change about a profile: `None` leaves a member as it is, `Some(None)` empties it.
#[derive(Debug)]
pub struct ProfileChange {
    /// Whose.
    pub doctor: AccountId,
    /// The specialty.
    pub specialty: Option<Option<Specialty>>,
    /// What they say of themselves.
    pub details: Option<Option<Details>>,
}

/// A booked time of a doctor's day.
#[derive(Debug, Deserialize)]
pub struct Booked {
    /// The appointment.
    pub id: AppointmentId,
    /// The Patient's account.
    pub patient_id: AccountId,
    /// Their name.
    pub patient_name: String,
    /// When it starts.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub start_at: Timestamp,
    /// How long it takes, in minutes.
    pub duration: i64,
    /// Anything but cancelled.
    pub status: Status,
}

/// What doctors are searched by.
#[derive(Debug, Default)]
pub struct Filter {
    /// Words, all of which are in the name or the specialty, in any case.
    pub q: Option<String>,
    /// The specialty, in any case.
    pub specialty: Option<String>,
}

/// The active doctors, by id. A place is an id.
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

/// An active doctor.
///
/// # Errors
/// [`domain::Error::NotFound`]
pub async fn profile(database: &Database, doctor: AccountId) -> Result<Profile, Error> {
    let profile = database.read(&PROFILE, values![":doctor" => doctor.get()]).await?;
    profile.ok_or_else(|| domain::Error::NotFound("doctor").into())
}

/// Changes a profile, and answers it as it is then.
///
/// # Errors
/// [`domain::Error::NotFound`], also where the caller's token is not good any more.
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

/// The appointments of a doctor that take time on `day`, without the cancelled, by start. A place is a
/// start: no two of a doctor's are the same.
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
