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

/// An audit entry in a response.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AuditEntry")]
pub(crate) struct Body {
    id: i64,
    #[schemars(extend("format" = "date-time"))]
    at: String,
    actor_id: Option<AccountId>,
    /// The current name of the actor.
    actor_name: Option<String>,
    action: String,
    appointment_id: Option<AppointmentId>,
    account_id: Option<AccountId>,
    /// The current name of the account.
    account_name: Option<String>,
    request_id: Option<String>,
    /// The source of a failed sign-in.
    source: Option<String>,
    /// The changed members, each with `[before, after]`. Personal members are `null` instead.
    changes: Option<Map<String, Value>>,
}

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.get("/audit", list, |route| {
        route
            .named("listAudit", "List the audit entries, newest first", Access::ADMINS)
            .description("Every change, every sign-in and every failed sign-in has an audit entry.")
            .query("actor_id", "Return only changes by this account.", id_schema())
            .query("action", "Return only entries with this action.", json!({ "enum": rounds_domain::ACTIONS }))
            .query("appointment_id", "Return only changes to this appointment.", id_schema())
            .query("account_id", "Return only changes to this account.", id_schema())
            .date_range()
            .list_response::<Body>("The audit entries.")
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
    let (entries, calendar) = database
        .in_calendar(&caller, |reader| async move {
            let (from, until) = reader.calendar.bounds(from, to)?;
            let filter = Filter { from, until, ..filter };
            Ok((audit::list(&reader, &filter, page).await?, reader.calendar))
        })
        .await?;
    let body = |entry: Entry| Body {
        changes: entry.formatted_changes(&calendar),
        id: entry.id,
        at: calendar.format(entry.at),
        actor_id: entry.actor_id,
        actor_name: entry.actor_name,
        action: entry.action,
        appointment_id: entry.appointment_id,
        account_id: entry.account_id,
        account_name: entry.account_name,
        request_id: entry.request_id,
        source: entry.source,
    };
    listing.response(entries, |entry: &Entry| entry.id, body)
}
