//! The working hours of doctors.

use rounds_domain::{self as domain, AccountId, WorkingHours};

use crate::{
    Database, Error, Statement, Writer,
    operations::{BEGIN, ROW},
    statement::{Values, statements, values},
};

statements! {
    LIST = "working_hours/list";
    AUTHORIZE = "working_hours/authorize";
    AUDIT = "working_hours/audit";
    CLEAR = "working_hours/clear";
    FILL = "working_hours/fill";
}

/// The steps that replace a doctor's working hours, after the one that begins the operation.
pub(crate) const REPLACE: [&Statement; 4] = [&AUTHORIZE, &AUDIT, &CLEAR, &FILL];

/// Returns the values of [`REPLACE`].
pub(crate) fn replace_values(doctor: AccountId, hours: &[WorkingHours]) -> Result<Values, Error> {
    let hours = serde_json::to_string(hours).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(values![":doctor" => doctor.get(), ":hours" => hours])
}

/// Returns a doctor's working hours, in order.
///
/// # Errors
/// [`domain::Error::NotFound`]
pub async fn list(database: &Database, doctor: AccountId) -> Result<Vec<WorkingHours>, Error> {
    let hours = database.read(&LIST, values![":doctor" => doctor.get()]).await?;
    hours.ok_or_else(|| domain::Error::NotFound("doctor").into())
}

/// Replaces a doctor's working hours. The time ranges must not overlap or touch.
///
/// # Errors
/// [`domain::Error::NotFound`] if the doctor does not exist, the caller may not change it, or the token was revoked. The
/// middleware then checks the token, and answers 401 if it was revoked.
pub async fn replace(writer: &Writer<'_>, doctor: AccountId, hours: &[WorkingHours]) -> Result<(), Error> {
    let steps = [&[&BEGIN], &REPLACE[..], &[&ROW]].concat();
    let replaced: Option<i64> = writer.change(&steps, &ROW, replace_values(doctor, hours)?).await?;
    replaced.map(drop).ok_or_else(|| domain::Error::NotFound("doctor").into())
}
