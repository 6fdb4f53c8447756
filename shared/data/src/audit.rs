//! The audit log. Nothing in this file writes it: the triggers of the schema do so with each change. Two actions are
//! written by statements of other modules: `working_hours` (`working_hours/audit`) and `login_failed`
//! (`sign_ins/fail`).

use rounds_domain::{
    AccountId, Action, AppointmentId, Calendar, TimeRange, Timestamp, WorkingHours, wall_clock, weekday_name,
};
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

/// An audit entry.
#[derive(Debug, Deserialize)]
pub struct Entry {
    /// The id of the entry.
    pub id: i64,
    /// The time, by the clock of the instance that made the change.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub at: Timestamp,
    /// The account that made the change. `None` if nobody was signed in.
    pub actor_id: Option<AccountId>,
    /// The action.
    pub action: String,
    /// The appointment that was changed.
    pub appointment_id: Option<AppointmentId>,
    /// The account that was changed.
    pub account_id: Option<AccountId>,
    /// The current name of that account.
    pub account_name: Option<String>,
    /// The request that made the change.
    pub request_id: Option<String>,
    /// The current name of the actor.
    pub actor_name: Option<String>,
    /// The network address that a failed sign-in came from.
    pub source: Option<String>,
    /// `[before, after]` for each changed member, or null for members with personal data. [`Entry::formatted_changes`]
    /// converts the values for clients.
    pub changes: Option<Map<String, Value>>,
}

impl Entry {
    /// Returns the changes, with timestamps and working hours formatted as in other responses.
    pub fn formatted_changes(&self, calendar: &Calendar) -> Option<Map<String, Value>> {
        let mut changes = self.changes.clone()?;
        for name in ["start_date", "end_date", "arrived_at"] {
            for value in values_of(&mut changes, name) {
                let timestamp = value.as_i64().and_then(|seconds| Timestamp::from_timestamp(seconds, 0));
                *value = timestamp.map(|timestamp| calendar.format(timestamp)).into();
            }
        }
        for hours in values_of(&mut changes, "special_hours").filter_map(Value::as_array_mut).flatten() {
            if let Ok(TimeRange { start_minute, end_minute }) = serde_json::from_value(hours.take()) {
                *hours = json!({ "start": wall_clock(start_minute), "end": wall_clock(end_minute) });
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

/// Returns the values before and after the change of one member.
fn values_of<'a>(changes: &'a mut Map<String, Value>, name: &str) -> impl Iterator<Item = &'a mut Value> {
    changes.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten()
}

/// The filters of the audit log. Bounds are half-open.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Only changes by this account.
    pub actor: Option<AccountId>,
    /// Only this action.
    pub action: Option<Action>,
    /// Only changes of this appointment.
    pub appointment: Option<AppointmentId>,
    /// Only changes of this account.
    pub account: Option<AccountId>,
    /// Only entries at this time or later.
    pub from: Option<Timestamp>,
    /// Only entries before this time.
    pub until: Option<Timestamp>,
}

/// Returns entries of the audit log, newest first. The position of a page is an id.
///
/// # Errors
/// [`rounds_domain::Error::Unauthenticated`], [`Error::CalendarChanged`]
pub async fn list(reader: &Reader<'_>, filter: &Filter, page: Page<i64>) -> Result<Vec<Entry>, Error> {
    // The choice of the statement decides which index is used.
    let statement = match filter {
        Filter { appointment: Some(_), .. } => &LIST_OF_APPOINTMENT,
        Filter { account: Some(_), .. } => &LIST_OF_ACCOUNT,
        Filter { actor: Some(_), .. } => &LIST_OF_ACTOR,
        // Bookings have no index: they are so many that the newest entries contain a full page of them.
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

/// Bounds before and after all entries. The statements add and subtract a day, which must not overflow.
const FIRST: i64 = i64::MIN / 2;
const LAST: i64 = i64::MAX / 2;
