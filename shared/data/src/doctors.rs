//! Doctors: who they are, and what is booked with them.

use rounds_domain::{
    AccountId, AppointmentId, Calendar, Caller, Day, Details, Error, Instant, Origin, Page, Specialty, Status,
    search_key,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Database,
    search::{found, words},
    statement::{caller, gated, standing, statements, values},
    writes::{unwritten, written},
};

macro_rules! profile {
    () => {
        "json_object('id', id, 'name', name, 'specialty', specialty, 'details', details)"
    };
}

statements! {
    /// By no email, since anyone may search.
    DOCTORS (may_lag) = concat!("
        SELECT json_group_array(json_object('id', id, 'name', name, 'specialty', specialty))
        FROM (
          SELECT id, name, specialty FROM accounts
          WHERE account_type = 'Doctor' AND active = 1 AND id > :after
            AND (:specialty IS NULL OR specialty_key = :specialty)
            AND ", found!("name_key || char(10) || coalesce(specialty_key, '')"), "
          ORDER BY id LIMIT :limit)");

    PROFILE = concat!("
        SELECT ", profile!(), " FROM accounts WHERE id = :doctor AND account_type = 'Doctor' AND active = 1");

    CHANGE_PROFILE = concat!("
        UPDATE accounts SET
          specialty = iif(:changes_specialty, :specialty, specialty),
          specialty_key = iif(:changes_specialty, :specialty_key, specialty_key),
          details = iif(:changes_details, :details, details),
          write_id = :write_id
        WHERE id = :doctor AND account_type = 'Doctor' AND ", unwritten!(), "
          AND ", caller!("AND (caller.account_type = 'Admin' OR caller.id = :doctor)"), "
        RETURNING ", profile!());

    /// What CHANGE_PROFILE answers, where it was done, of the profile as it is now.
    PROFILE_CHANGED = concat!("SELECT ", profile!(), " FROM accounts WHERE id = ", written!());

    /// NULL where there is no such doctor.
    BOOKED = gated!("
        SELECT (
          SELECT json_group_array(json_object(
            'id', id, 'patient_id', patient_id, 'patient_name', patient_name,
            'start_at', start_at, 'duration', duration, 'status', status))
          FROM (
            SELECT appointments.id, patient_id, patients.name AS patient_name, start_at, duration, status
            FROM appointments JOIN accounts AS patients ON patients.id = patient_id
            WHERE doctor_id = :doctor AND status <> 'Cancelled'
              AND start_at > :after AND start_at < :day_end
            ORDER BY start_at LIMIT :limit))
        FROM accounts WHERE id = :doctor AND account_type = 'Doctor'");
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
    /// Their specialty, if they gave one.
    pub specialty: Option<String>,
    /// What they say of themselves, if they do.
    pub details: Option<String>,
}

/// What is to change about a profile: `None` leaves a member as it is, `Some(None)` empties it.
#[derive(Debug, Default)]
pub struct ProfileChange {
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
    pub start_at: Instant,
    /// How long it takes, in minutes.
    pub duration: i64,
    /// Anything but cancelled.
    pub status: Status,
}

/// What doctors are searched by.
#[derive(Debug, Default)]
pub struct Filter {
    /// Words, of which each is in the name or the specialty.
    pub q: Option<String>,
    /// The specialty; case, accents and strokes make no difference.
    pub specialty: Option<String>,
}

/// The active doctors, by id. A place is an id.
///
/// # Errors
/// [`Error::Unavailable`]
pub async fn list(database: &Database, filter: &Filter, page: Page<i64>) -> Result<Vec<Doctor>, Error> {
    let values = values![
        ":after" => page.after.unwrap_or(0),
        ":words" => filter.q.as_deref().map(words),
        ":specialty" => filter.specialty.as_deref().map(|specialty| search_key(&[specialty])),
        ":limit" => page.limit + 1,
    ];
    Ok(database.read(&DOCTORS, values).await?.unwrap_or_default())
}

/// An active doctor.
///
/// # Errors
/// [`Error::NotFound`]
pub async fn profile(database: &Database, doctor: AccountId) -> Result<Profile, Error> {
    database.read(&PROFILE, values![":doctor" => doctor.get()]).await?.ok_or(Error::NotFound("doctor"))
}

/// Changes a profile, and answers it as it is then.
///
/// # Errors
/// [`Error::NotFound`], also where the caller's token has ended.
pub async fn change_profile(
    database: &Database,
    caller: &Caller,
    doctor: AccountId,
    change: &ProfileChange,
    origin: &Origin,
) -> Result<Profile, Error> {
    let specialty = change.specialty.as_ref().and_then(|specialty| specialty.as_ref().map(Specialty::as_str));
    let details = change.details.as_ref().and_then(|details| details.as_ref().map(Details::as_str));
    let values = values![
        ":doctor" => doctor.get(),
        ":changes_specialty" => change.specialty.is_some(),
        ":specialty" => specialty,
        ":specialty_key" => specialty.map(|specialty| search_key(&[specialty])),
        ":changes_details" => change.details.is_some(),
        ":details" => details,
    ];
    let profile =
        database.write(&CHANGE_PROFILE, &PROFILE_CHANGED, origin, values.into_iter().chain(standing(caller))).await?;
    profile.ok_or(Error::NotFound("doctor"))
}

/// The appointments of a doctor that start on `day`, without the cancelled, by start. A place is a
/// start: no two of a doctor's are the same.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Unauthenticated`], [`Error::CalendarChanged`]
pub async fn booked(
    database: &Database,
    caller: &Caller,
    calendar: &Calendar,
    doctor: AccountId,
    day: &Day,
    page: Page<i64>,
) -> Result<Vec<Booked>, Error> {
    let values = values![
        ":doctor" => doctor.get(),
        ":after" => page.after.unwrap_or(i64::MIN).max(day.start.timestamp() - 1),
        ":day_end" => day.end.timestamp(),
        ":limit" => page.limit + 1,
    ];
    database.ask(&BOOKED, caller, Some(calendar), values).await?.ok_or(Error::NotFound("doctor"))
}
