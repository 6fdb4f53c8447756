//! The hours of doctors on single dates, in place of those of the weekday.

use chrono::NaiveDate;
use rounds_domain::{self as domain, AccountId, SpecialHours, TimeRange};

use crate::{
    Database, Error, Page, Writer,
    operations::{BEGIN, ROW},
    statement::{statements, values},
    working_hours::AUTHORIZE,
};

statements! {
    LIST = "special_hours/list";
    SET = "special_hours/set";
}

/// Returns the dates on which a doctor has other hours, in order. Both bounds are included. The position of a page is the
/// date.
///
/// # Errors
/// [`domain::Error::NotFound`]
pub async fn list(
    database: &Database,
    doctor: AccountId,
    (from, to): (Option<NaiveDate>, Option<NaiveDate>),
    page: Page<NaiveDate>,
) -> Result<Vec<SpecialHours>, Error> {
    let text = |date: Option<NaiveDate>, default: &str| date.map_or(default.to_owned(), |date| date.to_string());
    let values = values![
        ":doctor" => doctor.get(),
        ":after" => text(page.after, ""),
        ":from" => text(from, "0000-01-01"),
        ":to" => text(to, "9999-12-31"),
        ":limit" => page.limit + 1,
    ];
    let listed = database.read(&LIST, values).await?;
    listed.ok_or_else(|| domain::Error::NotFound("doctor").into())
}

/// Sets a doctor's hours on a date. `None` removes them: the hours of the weekday apply again.
///
/// # Errors
/// [`domain::Error::NotFound`] if the doctor does not exist, or if the caller's token is no longer valid.
pub async fn set(
    writer: &Writer<'_>,
    doctor: AccountId,
    date: NaiveDate,
    hours: Option<&[TimeRange]>,
) -> Result<(), Error> {
    let json = hours.map(serde_json::to_string).transpose().map_err(|error| Error::Internal(error.to_string()))?;
    let values = values![":doctor" => doctor.get(), ":date" => date.to_string(), ":hours" => json];
    let set: Option<i64> = writer.change(&[&BEGIN, &AUTHORIZE, &SET, &ROW], &ROW, values).await?;
    set.map(drop).ok_or_else(|| domain::Error::NotFound("doctor").into())
}
