//! Time off of doctors.

use rounds_domain::{self as domain, AccountId, Interval, Plan, Reason, TimeOffId};
use serde::Deserialize;

use crate::{
    Error, Page, Reader, Statement, Writer,
    operations::{BEGIN, ROW},
    plans::{Affected, PlanResult, Planned, RESULT},
    statement::{Values, statements, values},
};

statements! {
    LIST = authenticated "time_off/list";
    BEGIN_TIME_OFF = "time_off/begin";
    ADD = "time_off/add";
    DELETE = "time_off/delete";
}

/// Time off of a doctor.
#[derive(Debug, Deserialize)]
pub struct TimeOff {
    /// The id of the time off.
    pub id: TimeOffId,
    /// The start and the end.
    #[serde(flatten)]
    pub time: Interval,
    /// The reason, if given.
    pub reason: Option<String>,
}

/// Returns a doctor's time off, in order of start. The position of a page is (start, id).
///
/// # Errors
/// [`domain::Error::NotFound`], [`domain::Error::Unauthenticated`], [`Error::CalendarChanged`]
pub async fn list(reader: &Reader<'_>, doctor: AccountId, page: Page<(i64, i64)>) -> Result<Vec<TimeOff>, Error> {
    let (after_start, after_id) = page.after.unwrap_or((i64::MIN, 0));
    let values = values![
        ":doctor" => doctor.get(),
        ":after_start" => after_start,
        ":after_id" => after_id,
        ":limit" => page.limit + 1,
    ];
    reader.query(&LIST, values).await?.ok_or_else(|| domain::Error::NotFound("doctor").into())
}

/// Time off to add.
#[derive(Debug)]
pub struct NewTimeOff<'a> {
    /// The Doctor's account.
    pub doctor: AccountId,
    /// The start and the end.
    pub time: Interval,
    /// The reason, if given. Also of the cancellations.
    pub reason: Option<&'a Reason>,
    /// What happens to the appointments in this time.
    pub plan: &'a Plan,
}

impl NewTimeOff<'_> {
    /// The statements that add it, after the one that begins the operation.
    pub(crate) fn steps(&self) -> Vec<&'static Statement> {
        [&[&BEGIN_TIME_OFF], self.affected().steps(), &[&ADD]].concat()
    }

    /// The values of these statements.
    pub(crate) fn values(&self) -> Values {
        self.own_values().and(self.affected().values())
    }

    fn own_values(&self) -> Values {
        values![
            ":doctor" => self.doctor.get(),
            ":start_at" => self.time.start.timestamp(),
            ":end_at" => self.time.end.timestamp(),
        ]
    }

    fn affected(&self) -> Affected<'_> {
        let Self { doctor, time, reason, plan } = *self;
        Affected { person: Some(doctor), time, plan, reason, started_prevent: true }
    }
}

/// Adds time off. With `dry_run`, returns what would be added, and changes nothing.
///
/// # Errors
/// [`domain::Error::TimeOffOverAppointments`], [`domain::Error::PlanRefused`], [`domain::Error::NotFound`] if the doctor does
/// not exist, or if the caller's token is no longer valid.
pub async fn add(writer: &Writer<'_>, new: &NewTimeOff<'_>, dry_run: bool) -> Result<PlanResult<TimeOffId>, Error> {
    let after = [&ADD, &RESULT];
    let planned =
        Planned { affected: new.affected(), before: &[&BEGIN_TIME_OFF], after: &after, values: new.own_values() };
    let added = planned.add(writer, dry_run, domain::Error::TimeOffOverAppointments).await?;
    added.ok_or_else(|| domain::Error::NotFound("doctor").into())
}

/// Deletes time off.
///
/// # Errors
/// [`domain::Error::NotFound`] if it does not exist, or if the caller's token is no longer valid.
pub async fn delete(writer: &Writer<'_>, doctor: AccountId, id: TimeOffId) -> Result<(), Error> {
    let values = values![":doctor" => doctor.get(), ":id" => id.get()];
    let deleted: Option<i64> = writer.change(&[&BEGIN, &DELETE, &ROW], &ROW, values).await?;
    deleted.map(drop).ok_or_else(|| domain::Error::NotFound("time off").into())
}
