//! Reports about one day.

use rounds_domain::{AccountId, Day};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Error, Page, Reader,
    statement::{statements, values},
};

statements! {
    BUSIEST = replicated "reports/busiest";
}

/// The load of a doctor on a day.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Load {
    /// The Doctor's account.
    pub doctor_id: AccountId,
    /// The Doctor's name.
    pub name: String,
    /// How many appointments start on that day, without cancelled ones.
    pub appointments_count: i64,
    /// The sum of their minutes.
    pub booked_mins: i64,
}

/// Returns the doctors with at least `at_least` booked minutes in appointments that start on `day`. Most appointments
/// come first, then most minutes, then the lowest id. The position of a page is (appointments, minutes, id).
///
/// # Errors
/// [`rounds_domain::Error::Unauthenticated`], [`Error::CalendarChanged`]
pub async fn busiest(
    reader: &Reader<'_>,
    day: &Day,
    at_least: i64,
    page: Page<(i64, i64, i64)>,
) -> Result<Vec<Load>, Error> {
    let (count, mins, id) = page.after.unwrap_or((i64::MAX, i64::MAX, 0));
    let values = values![
        ":day_start" => day.start.timestamp(),
        ":day_end" => day.end.timestamp(),
        ":at_least" => at_least,
        ":after_count" => count,
        ":after_mins" => mins,
        ":after_id" => id,
        ":limit" => page.limit + 1,
    ];
    Ok(reader.query(&BUSIEST, values).await?.unwrap_or_default())
}
