//! The links of messages about appointments. Who has one can do with its appointment what its reader can do.

use rounds_domain::{AccountId, AccountType, Appointment, Clinic, Reason, Timestamp};
use serde::Deserialize;

use crate::{
    Database, Error, Limits, Origin, Versions,
    appointments::CANCEL,
    bookings::{RESCHEDULE, change_booking},
    clinic::ClinicRow,
    links::unusable,
    operations::Change,
    secret_token::hash,
    statement::{statements, values},
};

statements! {
    BEGIN = "appointment_links/begin";
    FIND = "appointment_links/find";
    CONFIRM = "appointment_links/confirm";
    CHANGED = "appointment_links/changed";
}

/// The appointment of a link that can be used, and what its reader may see of the clinic.
pub struct LinkedAppointment {
    reader: AccountId,
    /// The appointment.
    pub appointment: Appointment,
    /// The Doctor's specialty.
    pub specialty: Option<String>,
    /// The clinic.
    pub clinic: Clinic,
}

/// A document of view `appointment_links`.
#[derive(Deserialize)]
struct LinkRow {
    reader_id: AccountId,
    clinic: ClinicRow,
    appointment: Appointment,
    specialty: Option<String>,
}

impl LinkRow {
    fn read(self) -> Result<LinkedAppointment, Error> {
        let Self { reader_id: reader, clinic, appointment, specialty } = self;
        Ok(LinkedAppointment { reader, appointment, specialty, clinic: clinic.read()? })
    }
}

/// A secret link, in a request.
#[derive(Clone, Copy)]
pub struct AppointmentLink<'a> {
    /// The clinic's database.
    pub database: &'a Database,
    /// The token that the client sent.
    pub token: &'a str,
    /// The limits of failed sign-ins.
    pub limits: &'a Limits,
    /// The time and the source of the request.
    pub origin: &'a Origin,
}

/// A change by a link.
pub enum LinkChange<'a> {
    /// The reader will come.
    Confirm,
    /// The appointment is cancelled, optionally with a reason.
    Cancel(Option<&'a Reason>),
    /// The appointment gets another start, and another duration if one is given, in minutes.
    Reschedule(Timestamp, Option<i64>),
}

impl AppointmentLink<'_> {
    /// Returns the appointment of the link. A token without a link that can be used counts as a failed sign-in from its
    /// source.
    ///
    /// # Errors
    /// [`rounds_domain::Error::LinkExpired`], [`rounds_domain::Error::TooMany`]
    pub async fn find(&self) -> Result<LinkedAppointment, Error> {
        let values = values![":hash" => hash(self.token), ":now" => self.origin.at.timestamp()];
        let row: Option<LinkRow> = self.database.read(&FIND, values).await?;
        match row {
            Some(row) => row.read(),
            None => Err(unusable(self.database, self.token, self.limits, self.origin).await),
        }
    }

    /// Changes the appointment that [`find`](Self::find) has returned, as its reader. `versions` are those that may be
    /// changed. `None` if the reader cannot do that now, or if the link can no longer be used.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Unconfirmed`], [`Error::CalendarChanged`] if the time zone changed while days were
    /// added.
    pub async fn change(
        &self,
        found: &LinkedAppointment,
        versions: &Versions,
        change: &LinkChange<'_>,
    ) -> Result<Option<LinkedAppointment>, Error> {
        let values = values![
            ":hash" => hash(self.token),
            ":id" => found.appointment.id.get(),
            ":caller" => found.reader.get(),
            ":account_type" => AccountType::Patient.as_str(),
            ":versions" => versions.to_json(),
        ];
        let made = |statement| [&BEGIN, statement, &CHANGED];
        let origin = self.origin;
        let row: Option<LinkRow> = match *change {
            LinkChange::Confirm => {
                let change = Change { steps: &made(&CONFIRM), read_result: &CHANGED, origin };
                self.database.change(&change, values).await?
            }
            LinkChange::Cancel(reason) => {
                let change = Change { steps: &made(&CANCEL), read_result: &CHANGED, origin };
                self.database.change(&change, values.and(values![":reason" => reason.map(Reason::as_str)])).await?
            }
            LinkChange::Reschedule(start, duration) => {
                let change = Change { steps: &made(&RESCHEDULE), read_result: &CHANGED, origin };
                let times =
                    values![":doctor" => None::<i64>, ":start_at" => start.timestamp(), ":duration" => duration];
                change_booking(self.database, &[start], &change, values.and(times)).await?
            }
        };
        row.map(LinkRow::read).transpose()
    }
}
