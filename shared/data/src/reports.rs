//! Reports over a day.

use rounds_domain::{AccountId, Calendar, Caller, Day};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Database, Error, Page,
    statement::{lagging, statements, values},
};

statements! {
    /// The cursor counts down where the order does.
    BUSIEST (may_lag) = lagging!("
        SELECT json_group_array(json_object(
          'doctor_id', doctor_id, 'name', name,
          'appointments_count', appointments_count, 'booked_mins', booked_mins))
        FROM (
          SELECT doctor_id, name, count(*) AS appointments_count, sum(duration) AS booked_mins
          FROM appointments JOIN accounts ON accounts.id = doctor_id
          WHERE status <> 'Cancelled' AND start_at >= :day_start AND start_at < :day_end
          GROUP BY doctor_id
          HAVING booked_mins >= :at_least
             AND (-appointments_count, -booked_mins, doctor_id) > (-:after_count, -:after_mins, :after_id)
          ORDER BY appointments_count DESC, booked_mins DESC, doctor_id
          LIMIT :limit)");
}

/// A doctor's load on a day.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Load {
    /// The Doctor's account.
    pub doctor_id: AccountId,
    /// Their name.
    pub name: String,
    /// How many appointments start that day, without the cancelled.
    pub appointments_count: i64,
    /// Their minutes.
    pub booked_mins: i64,
}

/// The doctors with at least `at_least` booked minutes that start on `day`: most appointments
/// first, then most minutes, then by id. A place is (appointments, minutes, id).
///
/// # Errors
/// [`rounds_domain::Error::Unauthenticated`], [`Error::CalendarChanged`]
pub async fn busiest(
    database: &Database,
    caller: &Caller,
    calendar: &Calendar,
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
    Ok(database.ask(&BUSIEST, caller, Some(calendar), values).await?.unwrap_or_default())
}
