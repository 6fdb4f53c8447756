//! Appointment types.

use rounds_domain::{self as domain, AppointmentType, BookableBy, Code, TypeChange, TypeId, TypeName, Violation};
use serde_json::json;

use crate::{
    Database, Error, Writer,
    error::Failure,
    operations::BEGIN,
    rule::Rule,
    statement::{Values, statements, values},
};

statements! {
    LIST = "appointment_types/list";
    ADD = "appointment_types/add";
    CHANGE = "appointment_types/change";
    CHANGED = "appointment_types/changed";
}

/// Returns all types in order of id. A clinic has few.
///
/// # Errors
/// [`Error::Unavailable`]
pub async fn list(database: &Database) -> Result<Vec<AppointmentType>, Error> {
    Ok(database.read(&LIST, values![]).await?.unwrap_or_default())
}

/// Adds a type, which has all members but `doctors`.
///
/// # Errors
/// [`domain::Error::Invalid`] if one of the doctors does not exist or the policy does not allow the duration,
/// [`domain::Error::Unauthenticated`].
pub async fn add(writer: &Writer<'_>, new: &TypeChange) -> Result<AppointmentType, Error> {
    let added = writer.change(&[&BEGIN, &ADD, &CHANGED], &CHANGED, type_values(new)).await.map_err(refusal)?;
    added.ok_or_else(|| domain::Error::Unauthenticated.into())
}

/// Changes a type, and returns it.
///
/// # Errors
/// [`domain::Error::NotFound`] if it does not exist, or if the caller's token is no longer valid,
/// [`domain::Error::Invalid`] as for a new one.
pub async fn change(writer: &Writer<'_>, id: TypeId, change: &TypeChange) -> Result<AppointmentType, Error> {
    let values = type_values(change).and(values![":id" => id.get()]);
    let changed = writer.change(&[&BEGIN, &CHANGE, &CHANGED], &CHANGED, values).await.map_err(refusal)?;
    changed.ok_or_else(|| domain::Error::NotFound("appointment type").into())
}

fn refusal(failure: Failure) -> Error {
    match failure {
        Failure::Rule(Rule::NotADoctor) => {
            let detail = "must have the ids of Doctors only";
            domain::Error::Invalid(vec![Violation::new("doctors", Code::NotAllowed.with_detail(detail))]).into()
        }
        Failure::Rule(Rule::InvalidTimes) => {
            let detail = "must be a duration that the clinic's policy allows";
            domain::Error::Invalid(vec![Violation::new("duration", Code::DurationNotAllowed.with_detail(detail))])
                .into()
        }
        failure => failure.into(),
    }
}

fn type_values(change: &TypeChange) -> Values {
    values![
        ":name" => change.name.as_ref().map(TypeName::as_str),
        ":duration" => change.duration,
        ":buffer_before" => change.buffer_before,
        ":buffer_after" => change.buffer_after,
        ":bookable_by" => change.bookable_by.map(BookableBy::as_str),
        ":active" => change.active,
        ":changes_doctors" => change.doctors.is_some(),
        ":doctors" => change.doctors.as_ref().and_then(Option::as_ref).map(|doctors| json!(doctors).to_string()),
    ]
}
