use rounds_data::{Database, Error, clinic};
use rounds_domain::{self as domain, Code, DateInput, Policy};
use rounds_http::{DayQuery, Input};
use serde_json::{Value, json};

/// The default of the parameter `duration`, in minutes.
pub(crate) const DEFAULT_DURATION: i64 = 30;

/// The days and the duration of a request for availability.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Range {
    /// The first day.
    pub(crate) date: DateInput,
    /// The number of days, 1 to 31.
    pub(crate) days: usize,
    /// In minutes, not yet checked against the policy.
    pub(crate) duration: Option<i64>,
}

pub(crate) fn days_schema() -> Value {
    json!({ "type": "integer", "minimum": 1, "maximum": 31, "default": 1 })
}

pub(crate) fn duration_schema() -> Value {
    json!({ "type": "integer", "minimum": 1, "maximum": 1440, "default": DEFAULT_DURATION })
}

impl Range {
    /// Reads `date`, `days` and `duration`.
    pub(crate) fn read(query: &mut DayQuery) -> Option<Self> {
        let date = query.date();
        let input = query.0.input();
        let days = number(input, "days", 31);
        let duration = duration(input);
        Some(Self { date: date?, days: days?.unwrap_or(1), duration: duration? })
    }
}

/// Returns the duration if the policy allows it.
///
/// # Errors
/// [`domain::Error::Invalid`]
pub(crate) fn allowed_duration(policy: &Policy, duration: i64) -> Result<i64, domain::Error> {
    policy.check_duration(duration).map_err(|violation| domain::Error::Invalid(vec![violation]))?;
    Ok(duration)
}

/// Reads an optional parameter that is a whole number from 1 to `largest`.
pub(crate) fn number(input: &mut Input, name: &'static str, largest: usize) -> Option<Option<usize>> {
    input.optional(name, |text| match text.parse() {
        Ok(number) if (1..=largest).contains(&number) => Ok(number),
        _ => Err(Code::OutOfRange.with_detail(format!("must be a whole number from 1 to {largest}"))),
    })
}

fn duration(input: &mut Input) -> Option<Option<i64>> {
    input.optional("duration", |text| {
        text.parse().map_err(|_| Code::WrongType.with_detail("must be a whole number of minutes"))
    })
}

/// Completes the violations of an invalid query: if the duration violates the policy, adds that violation. So one
/// response lists every violation.
pub(crate) async fn all_violations(error: domain::Error, query: &mut DayQuery, database: &Database) -> Error {
    let domain::Error::Invalid(mut violations) = error else { return error.into() };
    if let Some(Some(minutes)) = duration(query.0.input()) {
        match clinic::read(database).await {
            Ok(clinic) => violations.extend(clinic.policy.check_duration(minutes).err()),
            Err(error) => return error,
        }
    }
    domain::Error::Invalid(violations).into()
}
