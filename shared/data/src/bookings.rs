//! Bookings and reschedules: the changes that the rules of the schema can refuse.

use rounds_domain::{AccountId, AppointmentId, Note, Reason, Series, Timestamp, TypeId};
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::{
    Database, Error, Versions, Writer,
    appointments::{AppointmentLookup, AppointmentRow, CHANGED},
    days,
    error::Failure,
    operations::{BEGIN, Change, ROW},
    schedules::EarlierBooking,
    secret_token::hash,
    statement::{Values, caller_values, statements, values},
};

statements! {
    BOOK = "bookings/book";
    RESCHEDULE = "bookings/reschedule";
}

/// A booking of an appointment, or of a series ([`crate::series::book`]).
#[derive(Debug)]
pub struct NewBooking<'a> {
    /// The Doctor's account.
    pub doctor: AccountId,
    /// The patient.
    pub patient: AccountId,
    /// The start: that of the first appointment of a series.
    pub start: Timestamp,
    /// How it is repeated. `None`: it is a single appointment.
    pub series: Option<Series>,
    /// The duration, in minutes. `None`: the one of the type.
    pub duration: Option<i64>,
    /// The appointment type.
    pub type_id: Option<TypeId>,
    /// A note for the appointment.
    pub note: Option<&'a Note>,
    /// Why the working hours and the limits of the day do not apply. `None`: they apply.
    pub override_reason: Option<&'a Reason>,
    /// The client's idempotency key.
    pub key: Option<&'a str>,
}

impl NewBooking<'_> {
    pub(crate) fn values(&self) -> Values {
        values![
            ":doctor" => self.doctor.get(),
            ":patient" => self.patient.get(),
            ":starts" => starts(&[self.start]),
            ":calendar" => None::<i64>,
            ":duration" => self.duration,
            ":type" => self.type_id.map(TypeId::get),
            ":note" => self.note.map(Note::as_str),
            ":override_reason" => self.override_reason.map(Reason::as_str),
            ":key" => self.key,
            ":request_hash" => self.request_hash(),
        ]
    }

    /// Whether an earlier booking with the same idempotency key was requested with the same values.
    pub fn is_repeated_by(&self, earlier: &EarlierBooking) -> bool {
        match &earlier.request_hash {
            Some(hash) => *hash == hex(&self.request_hash()),
            // It was booked by an earlier version, which knew no other values.
            None => {
                self.series.is_none()
                    && (earlier.doctor_id, earlier.start_at, Some(earlier.duration))
                        == (self.doctor, self.start, self.duration)
            }
        }
    }

    fn request_hash(&self) -> Vec<u8> {
        let mut request = json!([
            self.doctor,
            self.patient,
            self.start.timestamp(),
            self.duration,
            self.type_id,
            self.note.map(Note::as_str),
            self.override_reason.map(Reason::as_str)
        ]);
        if let Some(Series { every_weeks, count, skip_conflicts }) = self.series {
            request = json!([request, every_weeks, count, skip_conflicts]);
        }
        hash(&request.to_string())
    }
}

/// The starts to book, as a JSON array.
pub(crate) fn starts(starts: &[Timestamp]) -> String {
    serde_json::Value::from_iter(starts.iter().map(Timestamp::timestamp)).to_string()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Books an appointment. `None` if a rule refused it: [`crate::schedules::schedule`] then has the data to explain
/// why.
///
/// # Errors
/// [`Error::Unavailable`], [`Error::Unconfirmed`] if the outcome is unknown, [`Error::CalendarChanged`] if the time zone
/// changed while days were added.
pub async fn book(writer: &Writer<'_>, new: &NewBooking<'_>) -> Result<Option<AppointmentId>, Error> {
    let change = Change { steps: &[&BEGIN, &BOOK], read_result: &ROW, origin: writer.origin };
    change_booking(writer.database, &[new.start], &change, caller_values(writer.caller).and(new.values())).await
}

/// Like [`book`], and returns the appointment.
///
/// # Errors
/// The same.
pub async fn book_and_read(writer: &Writer<'_>, new: &NewBooking<'_>) -> Result<Option<AppointmentLookup>, Error> {
    let change = Change { steps: &[&BEGIN, &BOOK, &CHANGED], read_result: &CHANGED, origin: writer.origin };
    let values = caller_values(writer.caller).and(new.values());
    let booked: Option<AppointmentRow> = change_booking(writer.database, &[new.start], &change, values).await?;
    booked.map(AppointmentRow::read).transpose()
}

/// A new time for an appointment.
#[derive(Debug)]
pub struct Reschedule {
    /// The appointment's id.
    pub appointment: AppointmentId,
    /// The versions of the appointment that may be rescheduled.
    pub versions: Versions,
    /// The new doctor. `None`: the same. Only the staff can change it.
    pub doctor: Option<AccountId>,
    /// The new start.
    pub start: Timestamp,
    /// The new duration, in minutes. `None` keeps the old one.
    pub duration: Option<i64>,
}

impl Reschedule {
    pub(crate) fn values(&self) -> Values {
        values![
            ":id" => self.appointment.get(),
            ":versions" => self.versions.to_json(),
            ":doctor" => self.doctor.map(AccountId::get),
            ":start_at" => self.start.timestamp(),
            ":duration" => self.duration,
        ]
    }
}

/// Reschedules an appointment. `None` if a rule refused it: [`crate::appointments::find`] and
/// [`crate::schedules::schedule`] then have the data to explain why.
///
/// # Errors
/// [`Error::Unavailable`], [`Error::Unconfirmed`] if the outcome is unknown, [`Error::CalendarChanged`] if the time zone
/// changed while days were added.
pub async fn reschedule(writer: &Writer<'_>, change: &Reschedule) -> Result<Option<AppointmentLookup>, Error> {
    let steps = [&BEGIN, &RESCHEDULE, &CHANGED];
    let made = Change { steps: &steps, read_result: &CHANGED, origin: writer.origin };
    let values = caller_values(writer.caller).and(change.values());
    let rescheduled: Option<AppointmentRow> = change_booking(writer.database, &[change.start], &made, values).await?;
    rescheduled.map(AppointmentRow::read).transpose()
}

/// Makes a change that the rules of a booking can refuse. `None` if a rule refused the change.
pub(crate) async fn change_booking<T: DeserializeOwned>(
    database: &Database,
    starts: &[Timestamp],
    change: &Change<'_>,
    values: Values,
) -> Result<Option<T>, Error> {
    match days::change(database, starts, change, values).await {
        Err(Failure::Rule(rule)) if rule.can_refuse_bookings() => Ok(None),
        result => Ok(result?),
    }
}
