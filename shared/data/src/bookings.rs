//! Bookings and reschedules: the changes that the rules of the schema can refuse.

use rounds_domain::{AccountId, AppointmentId, Booking, Timestamp};
use serde::de::DeserializeOwned;

use crate::{
    Database, Error, Versions, Writer,
    appointments::{AppointmentLookup, AppointmentRow, CHANGED},
    days,
    error::Failure,
    operations::{BEGIN, Change, ROW},
    rule::Rule,
    statement::{Values, caller_values, statements, values},
};

statements! {
    BOOK = "bookings/book";
    RESCHEDULE = "bookings/reschedule";
}

/// A booking by a Patient.
#[derive(Debug)]
pub struct NewBooking<'a> {
    /// The Doctor's account.
    pub doctor: AccountId,
    /// The start and the duration.
    pub booking: Booking,
    /// The client's idempotency key.
    pub key: Option<&'a str>,
}

impl NewBooking<'_> {
    pub(crate) fn values(&self) -> Values {
        values![
            ":doctor" => self.doctor.get(),
            ":start_at" => self.booking.start.timestamp(),
            ":duration" => self.booking.duration,
            ":key" => self.key,
        ]
    }
}

/// Books an appointment. `None` if a rule refused it: [`crate::schedules::schedule`] then has the data to explain
/// why.
///
/// # Errors
/// [`Error::Unavailable`], [`Error::Unconfirmed`] if the outcome is unknown, [`Error::CalendarChanged`] if the time zone
/// changed while days were added.
pub async fn book(writer: &Writer<'_>, new: &NewBooking<'_>) -> Result<Option<AppointmentId>, Error> {
    let change = Change { steps: &[&BEGIN, &BOOK], read_result: &ROW, origin: writer.origin };
    change_booking(writer.database, new.booking.start, &change, caller_values(writer.caller).and(new.values())).await
}

/// A new time for an appointment.
#[derive(Debug)]
pub struct Reschedule {
    /// The appointment's id.
    pub appointment: AppointmentId,
    /// The versions of the appointment that may be rescheduled.
    pub versions: Versions,
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
    let rescheduled: Option<AppointmentRow> = change_booking(writer.database, change.start, &made, values).await?;
    rescheduled.map(AppointmentRow::read).transpose()
}

/// Makes a change that the rules of a booking can refuse. If the day of its new start is missing in the database, adds the
/// clinic's days and tries again. `None` if a rule refused the change.
pub(crate) async fn change_booking<T: DeserializeOwned>(
    database: &Database,
    start: Timestamp,
    change: &Change<'_>,
    values: Values,
) -> Result<Option<T>, Error> {
    let mut result = database.change(change, values.clone()).await;
    if matches!(result, Err(Failure::Rule(Rule::DayUnknown))) {
        days::add(database, start).await?;
        result = database.change(change, values).await;
    }
    match result {
        Err(Failure::Rule(rule)) if rule.can_refuse_bookings() => Ok(None),
        result => Ok(result?),
    }
}
