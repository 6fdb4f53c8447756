use rounds_data::{Database, Error, clinic};
use rounds_domain::{self as domain, Code, DateInput, Policy};
use rounds_http::{Dated, Input};

/// How long an appointment is that no duration is given for, in minutes.
pub(crate) const USUAL_DURATION: i64 = 30;

/// For which days, and for how long an appointment, free times are asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Range {
    pub(crate) date: DateInput,
    /// 1 to 31.
    pub(crate) days: usize,
    /// Minutes, not checked by the policy yet.
    pub(crate) duration: Option<i64>,
}

impl Range {
    /// Reads `date`, `days` and `duration`.
    pub(crate) fn read(query: &mut Dated) -> Option<Self> {
        let date = query.date();
        let input = query.0.input();
        let days = input.optional("days", |days| match days.parse() {
            Ok(days @ 1..=31) => Ok(days),
            _ => Err(Code::OutOfRange.with_detail("must be a whole number from 1 to 31")),
        });
        let duration = duration(input);
        Some(Self { date: date?, days: days?.unwrap_or(1), duration: duration? })
    }
}

/// The duration, if the policy allows it.
///
/// # Errors
/// [`domain::Error::Invalid`]
pub(crate) fn allowed(policy: &Policy, duration: i64) -> Result<i64, domain::Error> {
    policy.allows(duration).map_err(|violation| domain::Error::Invalid(vec![violation]))?;
    Ok(duration)
}

fn duration(input: &mut Input) -> Option<Option<i64>> {
    input.optional("duration", |text| {
        text.parse().map_err(|_| Code::WrongType.with_detail("must be a whole number of minutes"))
    })
}

/// All that is wrong with a query that was refused: a duration that could be read is held against
/// the policy too, so that one answer tells everything to fix.
pub(crate) async fn refusal(error: domain::Error, query: &mut Dated, database: &Database) -> Error {
    let domain::Error::Invalid(mut violations) = error else { return error.into() };
    if let Some(Some(minutes)) = duration(query.0.input()) {
        match clinic::read(database).await {
            Ok(clinic) => violations.extend(clinic.policy.allows(minutes).err()),
            Err(error) => return error,
        }
    }
    domain::Error::Invalid(violations).into()
}
