//! The two changes that the rules of a booking decide. The rules are in the schema.

use rounds_domain::{AccountId, AppointmentId, Booking, Timestamp};
use serde::de::DeserializeOwned;

use crate::{
    Error, Statement, Versions, Writer,
    appointments::{CHANGED, FoundAppointment, FoundRow},
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

/// What a Patient books.
#[derive(Debug)]
pub struct NewBooking<'a> {
    /// With whom.
    pub doctor: AccountId,
    /// When, and for how long.
    pub booking: Booking,
    /// The client's name for it.
    pub key: Option<&'a str>,
}

/// Books; `None` where the database refused, for which [`crate::schedules::schedule`] has the reason.
///
/// # Errors
/// [`Error::Unavailable`]
pub async fn book(writer: &Writer<'_>, new: &NewBooking<'_>) -> Result<Option<AppointmentId>, Error> {
    let values = values![
        ":doctor" => new.doctor.get(),
        ":start_at" => new.booking.start.timestamp(),
        ":duration" => new.booking.duration,
        ":key" => new.key,
    ];
    let decision = Decision { start: new.booking.start, steps: &[&BEGIN, &BOOK], done: &ROW };
    decision.make(writer, values).await
}

/// An appointment's move to another time.
#[derive(Debug)]
pub struct Reschedule {
    /// Which.
    pub appointment: AppointmentId,
    /// The versions of it that may be rescheduled.
    pub versions: Versions,
    /// When it is to start.
    pub start: Timestamp,
    /// How long it is to take, in minutes; as long as before where it is not given.
    pub duration: Option<i64>,
}

/// Moves an appointment; `None` where the database refused, for which [`crate::appointments::find`] and
/// [`crate::schedules::schedule`] have the reason.
///
/// # Errors
/// [`Error::Unavailable`]
pub async fn reschedule(writer: &Writer<'_>, change: &Reschedule) -> Result<Option<FoundAppointment>, Error> {
    let values = values![
        ":id" => change.appointment.get(),
        ":versions" => change.versions.to_json(),
        ":start_at" => change.start.timestamp(),
        ":duration" => change.duration,
    ];
    let decision = Decision { start: change.start, steps: &[&BEGIN, &RESCHEDULE, &CHANGED], done: &CHANGED };
    let rescheduled: Option<FoundRow> = decision.make(writer, values).await?;
    rescheduled.map(FoundRow::read).transpose()
}

/// A change that the rules of a booking decide.
struct Decision<'a> {
    start: Timestamp,
    steps: &'a [&'a Statement],
    done: &'a Statement,
}

impl Decision<'_> {
    /// Makes it, and adds the clinic's days first where the day of the start is not in the database yet. `None` where a
    /// rule refused it.
    async fn make<T: DeserializeOwned>(&self, writer: &Writer<'_>, values: Values) -> Result<Option<T>, Error> {
        let mut made = writer.change(self.steps, self.done, values.clone()).await;
        if matches!(made, Err(Failure::Rule(Rule::DayUnknown))) {
            days::add(writer.database, self.start).await?;
            made = writer.change(self.steps, self.done, values).await;
        }
        match made {
            Err(Failure::Rule(rule)) if rule.is_of_bookings() => Ok(None),
            made => Ok(made?),
        }
    }
}
