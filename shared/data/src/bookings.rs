//! Bookings and reschedules: the changes that the rules of the schema can refuse.

use rounds_domain::{AccountId, AppointmentId, Booking, Timestamp};
use serde::de::DeserializeOwned;

use crate::{
    Error, Statement, Versions, Writer,
    appointments::{AppointmentLookup, AppointmentRow, CHANGED},
    days,
    error::Failure,
    operations::{BEGIN, ROW},
    rule::Rule,
    statement::{Values, statements, values},
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

/// Books an appointment. `None` if a rule refused it: [`crate::schedules::schedule`] then has the data to explain
/// why.
///
/// # Errors
/// [`Error::Unavailable`], [`Error::Unconfirmed`] if the outcome is unknown, [`Error::CalendarChanged`] if the time zone
/// changed while days were added.
pub async fn book(writer: &Writer<'_>, new: &NewBooking<'_>) -> Result<Option<AppointmentId>, Error> {
    let values = values![
        ":doctor" => new.doctor.get(),
        ":start_at" => new.booking.start.timestamp(),
        ":duration" => new.booking.duration,
        ":key" => new.key,
    ];
    let change = BookingChange { start: new.booking.start, steps: &[&BEGIN, &BOOK], read_result: &ROW };
    change.make(writer, values).await
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

/// Reschedules an appointment. `None` if a rule refused it: [`crate::appointments::find`] and
/// [`crate::schedules::schedule`] then have the data to explain why.
///
/// # Errors
/// [`Error::Unavailable`], [`Error::Unconfirmed`] if the outcome is unknown, [`Error::CalendarChanged`] if the time zone
/// changed while days were added.
pub async fn reschedule(writer: &Writer<'_>, change: &Reschedule) -> Result<Option<AppointmentLookup>, Error> {
    let values = values![
        ":id" => change.appointment.get(),
        ":versions" => change.versions.to_json(),
        ":start_at" => change.start.timestamp(),
        ":duration" => change.duration,
    ];
    let booking = BookingChange { start: change.start, steps: &[&BEGIN, &RESCHEDULE, &CHANGED], read_result: &CHANGED };
    let rescheduled: Option<AppointmentRow> = booking.make(writer, values).await?;
    rescheduled.map(AppointmentRow::read).transpose()
}

/// A change that the rules of a booking can refuse.
struct BookingChange<'a> {
    start: Timestamp,
    steps: &'a [&'a Statement],
    read_result: &'a Statement,
}

impl BookingChange<'_> {
    /// Makes the change. If the day of the start is missing in the database, adds the clinic's days and tries again.
    /// `None` if a rule refused the change.
    async fn make<T: DeserializeOwned>(&self, writer: &Writer<'_>, values: Values) -> Result<Option<T>, Error> {
        let mut result = writer.change(self.steps, self.read_result, values.clone()).await;
        if matches!(result, Err(Failure::Rule(Rule::DayUnknown))) {
            days::add(writer.database, self.start).await?;
            result = writer.change(self.steps, self.read_result, values).await;
        }
        match result {
            Err(Failure::Rule(rule)) if rule.can_refuse_bookings() => Ok(None),
            result => Ok(result?),
        }
    }
}
