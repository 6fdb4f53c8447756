//! The audit trail. Nothing here writes it: the schema does, with each change.

use rounds_domain::{AccountId, Action, AppointmentId, Calendar, Caller, Instant};
use serde::Deserialize;

use crate::{
    Database, Error, Page,
    statement::{gated, statements, values},
};

macro_rules! entry {
    () => {
        "json_object('id', id, 'at', at, 'actor_id', actor_id, 'action', action,
                     'appointment_id', appointment_id, 'account_id', account_id, 'request_id', request_id)"
    };
}

/// A page of the entries with `$subject`, newest first, from a place on. One bound at each end, as in
/// `appointments`.
macro_rules! list {
    ($subject:literal) => {
        gated!(concat!(
            "SELECT json_group_array(json(document)) FROM (
               SELECT ",
            entry!(),
            " AS document FROM audit
               WHERE ",
            $subject,
            " (at, id) < (:after_at, :after_id) AND at >= :from
                 AND (:actor IS NULL OR actor_id = :actor) AND (:action IS NULL OR action = :action)
                 AND (:account IS NULL OR account_id = :account)
                 AND (:appointment IS NULL OR appointment_id = :appointment)
               ORDER BY at DESC, id DESC LIMIT :limit)"
        ))
    };
}

pub(crate) use entry;

statements! {
    AUDIT = list!("");
    AUDIT_OF_ACTION = list!("action = :action AND");
    AUDIT_OF_ACTOR = list!("actor_id = :actor AND");
    AUDIT_OF_ACCOUNT = list!("account_id = :account AND");
    AUDIT_OF_APPOINTMENT = list!("appointment_id = :appointment AND");

    /// The newest change: how far a copy of the database has come.
    NEWEST = gated!("SELECT json_object('id', id, 'at', at) FROM audit WHERE id = (SELECT max(id) FROM audit)");
}

/// An entry of the trail.
#[derive(Debug, Deserialize)]
pub struct Entry {
    /// Its id.
    pub id: i64,
    /// When, by the clock of the function that made the change.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub at: Instant,
    /// Who; `None` where that was no account.
    pub actor_id: Option<AccountId>,
    /// What they did.
    pub action: String,
    /// To which appointment.
    pub appointment_id: Option<AppointmentId>,
    /// To which account.
    pub account_id: Option<AccountId>,
    /// In which request.
    pub request_id: Option<String>,
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
    pub from: Option<Instant>,
    /// Only what came before.
    pub until: Option<Instant>,
}

/// The trail, newest first. A place is (time, id).
///
/// # Errors
/// [`rounds_domain::Error::Unauthenticated`], [`Error::CalendarChanged`]
pub async fn list(
    database: &Database,
    caller: &Caller,
    calendar: &Calendar,
    filter: &Filter,
    page: Page<(i64, i64)>,
) -> Result<Vec<Entry>, Error> {
    // Which index it is read by is decided by the statement.
    let statement = match filter {
        Filter { appointment: Some(_), .. } => &AUDIT_OF_APPOINTMENT,
        Filter { account: Some(_), .. } => &AUDIT_OF_ACCOUNT,
        Filter { actor: Some(_), .. } => &AUDIT_OF_ACTOR,
        Filter { action: Some(_), .. } => &AUDIT_OF_ACTION,
        _ => &AUDIT,
    };
    let until = filter.until.map_or(i64::MAX, |until| until.timestamp());
    // No id is 0: what is before (time, 0) was before that.
    let (after_at, after_id) = page.after.unwrap_or((i64::MAX, 0)).min((until, 0));
    let values = values![
        ":after_at" => after_at,
        ":after_id" => after_id,
        ":from" => filter.from.map_or(i64::MIN, |from| from.timestamp()),
        ":actor" => filter.actor.map(AccountId::get),
        ":action" => filter.action.map(Action::as_str),
        ":account" => filter.account.map(AccountId::get),
        ":appointment" => filter.appointment.map(AppointmentId::get),
        ":limit" => page.limit + 1,
    ];
    Ok(database.ask(statement, caller, Some(calendar), values).await?.unwrap_or_default())
}
