//! The audit trail. Nothing here writes it: the schema's triggers do, with each change. Two lines are written by
//! statements of other modules: `working_hours` (`schedules/audit_week`) and `login_failed` (`sign_ins/fail`).

use rounds_domain::{AccountId, Action, AppointmentId, Calendar, Timestamp, WorkingHours, wall_clock, weekday_name};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    Error, Page, Reader,
    statement::{statements, values},
};

statements! {
    LIST = authenticated "audit/list";
    LIST_OF_ACTION = authenticated "audit/list_of_action";
    LIST_OF_ACTOR = authenticated "audit/list_of_actor";
    LIST_OF_ACCOUNT = authenticated "audit/list_of_account";
    LIST_OF_APPOINTMENT = authenticated "audit/list_of_appointment";
}

/// An entry of the trail.
#[derive(Debug, Deserialize)]
pub struct Entry {
    /// Its id.
    pub id: i64,
    /// When, by the clock of the function that made the change.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub at: Timestamp,
    /// Access; `None` where that was no account.
    pub actor_id: Option<AccountId>,
    /// What they did.
    pub action: String,
    /// To which appointment.
    pub appointment_id: Option<AppointmentId>,
    /// To which account.
    pub account_id: Option<AccountId>,
    /// In which request.
    pub request_id: Option<String>,
    /// The name that the actor has now.
    pub actor_name: Option<String>,
    /// Where a failed sign-in came from.
    pub source: Option<String>,
    /// `[before, after]` of each member that was changed, as [`Entry::changes_in`] reads it; null for personal
    /// members.
    pub changes: Option<Map<String, Value>>,
}

impl Entry {
    /// The changes, with timestamps and working hours as answers have them.
    pub fn changes_in(&self, calendar: &Calendar) -> Option<Map<String, Value>> {
        let mut changes = self.changes.clone()?;
        for name in ["start_date", "end_date"] {
            for value in values_of(&mut changes, name) {
                let instant = value.as_i64().and_then(|seconds| Timestamp::from_timestamp(seconds, 0));
                *value = instant.map(|instant| calendar.format(instant)).into();
            }
        }
        for hours in values_of(&mut changes, "working_hours").filter_map(Value::as_array_mut).flatten() {
            if let Ok(WorkingHours { weekday, start_minute, end_minute }) = serde_json::from_value(hours.take()) {
                let (start, end) = (wall_clock(start_minute), wall_clock(end_minute));
                *hours = json!({ "weekday": weekday_name(weekday), "start": start, "end": end });
            }
        }
        Some(changes)
    }
}

fn values_of<'a>(changes: &'a mut Map<String, Value>, name: &str) -> impl Iterator<Item = &'a mut Value> {
    changes.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten()
}

/// What the trail is searched by. Bounds are half-open.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Only what this account did.
    pub actor: Option<AccountId>,
    /// Only this.
    pub action: Option<Action>,
    /// Only what was done to this appointment.
    pub appointment: Option<AppointmentId>,
    /// Only what was done to this account.
    pub account: Option<AccountId>,
    /// Only from then on.
    pub from: Option<Timestamp>,
    /// Only what came before.
    pub until: Option<Timestamp>,
}

/// The trail, newest first. A place is an id.
///
/// # Errors
/// [`rounds_domain::Error::Unauthenticated`], [`Error::CalendarChanged`]
pub async fn list(reader: &Reader<'_>, filter: &Filter, page: Page<i64>) -> Result<Vec<Entry>, Error> {
    // Which index it is read by is decided by the statement.
    let statement = match filter {
        Filter { appointment: Some(_), .. } => &LIST_OF_APPOINTMENT,
        Filter { account: Some(_), .. } => &LIST_OF_ACCOUNT,
        Filter { actor: Some(_), .. } => &LIST_OF_ACTOR,
        // There are so many bookings that a page of them is found among the newest lines.
        Filter { action: Some(action), .. } if action.as_str() != "book" => &LIST_OF_ACTION,
        _ => &LIST,
    };
    let values = values![
        ":before" => page.after.unwrap_or(i64::MAX),
        ":from" => filter.from.map_or(FIRST, |from| from.timestamp()),
        ":until" => filter.until.map_or(LAST, |until| until.timestamp()),
        ":actor" => filter.actor.map(AccountId::get),
        ":action" => filter.action.map(Action::as_str),
        ":account" => filter.account.map(AccountId::get),
        ":appointment" => filter.appointment.map(AppointmentId::get),
        ":limit" => page.limit + 1,
    ];
    Ok(reader.query(statement, values).await?.unwrap_or_default())
}

/// Before and after every line, a day and more from the ends of 64 bits.
const FIRST: i64 = i64::MIN / 2;
const LAST: i64 = i64::MAX / 2;
