use axum::{extract::State, response::Response};
use rounds_data::{
    Database,
    audit::{self, Entry, Filter},
};
use rounds_domain::{AccountId, AccountType, AppointmentId};
use rounds_http::{Access, Authenticated, Problem, Query, Routes, id_schema};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// An entry of the trail as clients read it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AuditEntry")]
pub(crate) struct Body {
    id: i64,
    #[schemars(extend("format" = "date-time"))]
    at: String,
    actor_id: Option<AccountId>,
    /// The name that the actor has now.
    actor_name: Option<String>,
    action: String,
    appointment_id: Option<AppointmentId>,
    account_id: Option<AccountId>,
    request_id: Option<String>,
    /// Where a failed sign-in came from.
    source: Option<String>,
    /// `[before, after]` of each member that was changed; null for personal members.
    changes: Option<Map<String, Value>>,
}

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.get("/audit", list, |route| {
        route
            .named("listAudit", "Who changed what, newest first", Access::ADMINS)
            .query("actor_id", "Only what this account did.", id_schema())
            .query("action", "Only this.", json!({ "enum": rounds_domain::ACTIONS }))
            .query("appointment_id", "Only what was done to this appointment.", id_schema())
            .query("account_id", "Only what was done to this account.", id_schema())
            .date_range()
            .list_response::<Body>("The entries.")
    });
}

async fn list(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    mut query: Query,
) -> Result<Response, Problem> {
    caller.must_be(AccountType::Admin)?;
    let listing = query.listing("audit");
    let input = query.input();
    let (actor, account) = (input.optional("actor_id", str::parse), input.optional("account_id", str::parse));
    let appointment = input.optional("appointment_id", str::parse);
    let action = input.optional("action", str::parse);
    let (from, to) = (input.optional("from", str::parse), input.optional("to", str::parse));
    let filter = || {
        let filter = Filter {
            actor: actor?,
            action: action?,
            appointment: appointment?,
            account: account?,
            ..Filter::default()
        };
        Some((filter, from?, to?))
    };
    let (listing, (filter, from, to)) = input.finish(listing.zip(filter()))?;

    let page = listing.page;
    let (found, calendar) = database
        .in_calendar(&caller, |reader| async move {
            let (from, until) = reader.calendar.bounds(from, to)?;
            let filter = Filter { from, until, ..filter };
            Ok((audit::list(&reader, &filter, page).await?, reader.calendar))
        })
        .await?;
    let body = |entry: Entry| Body {
        changes: entry.changes_in(&calendar),
        id: entry.id,
        at: calendar.format(entry.at),
        actor_id: entry.actor_id,
        actor_name: entry.actor_name,
        action: entry.action,
        appointment_id: entry.appointment_id,
        account_id: entry.account_id,
        request_id: entry.request_id,
        source: entry.source,
    };
    listing.answer(found, |entry: &Entry| entry.id, body)
}
