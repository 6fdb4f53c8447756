//! Series of appointments.

use rounds_domain::{AppointmentId, Calendar, Timestamp};
use serde::Deserialize;

use crate::{
    Error, Writer,
    bookings::{BOOK, NewBooking, change_booking, starts},
    clinic::ClinicRow,
    operations::{BEGIN, Change},
    statement::{caller_values, statements, values},
};

statements! {
    BOOKED = "series/booked";
    FIND = authenticated "series/find";
}

/// Books the appointments of a series at these starts, in one change. The starts were computed with `calendar`. Returns the
/// appointments in the order of the starts. `None` if a rule refused one of them, or if the calendar has changed:
/// [`crate::schedules::schedule`] then has the data to explain why.
///
/// # Errors
/// The same as of [`crate::bookings::book`].
pub async fn book(
    writer: &Writer<'_>,
    new: &NewBooking<'_>,
    to_book: &[Timestamp],
    calendar: &Calendar,
) -> Result<Option<Vec<AppointmentId>>, Error> {
    let change = Change { steps: &[&BEGIN, &BOOK, &BOOKED], read_result: &BOOKED, origin: writer.origin };
    let series = values![":starts" => starts(to_book), ":calendar" => calendar.version];
    let values = caller_values(writer.caller).and(new.values()).and(series);
    change_booking(writer.database, to_book, &change, values).await
}

/// An appointment of a series.
#[derive(Debug, Deserialize)]
pub struct InSeries {
    /// The appointment's id.
    pub id: AppointmentId,
    /// Its present start.
    #[serde(with = "chrono::serde::ts_seconds", rename = "start_at")]
    pub start: Timestamp,
}

#[derive(Deserialize)]
struct Found {
    clinic: ClinicRow,
    appointments: Vec<InSeries>,
}

/// Returns the appointments of the series of an appointment, in the order in which they were booked, and the calendar to show
/// them in.
///
/// # Errors
/// [`rounds_domain::Error::Unauthenticated`]
pub async fn find(writer: &Writer<'_>, id: AppointmentId) -> Result<(Vec<InSeries>, Calendar), Error> {
    let Writer { database, caller, .. } = *writer;
    let found: Found = database.query_document(&FIND, caller, None, values![":id" => id.get()]).await?;
    Ok((found.appointments, found.clinic.read()?.calendar))
}
