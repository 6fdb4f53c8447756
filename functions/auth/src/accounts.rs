use axum::{
    Extension, extract,
    response::{IntoResponse, Response},
};
use rounds_data::accounts::{self, Filter};
use rounds_domain::{Account, AccountType, Code};
use rounds_http::{Access, AccessedData, Authenticated, Problem, Query, Routes};
use serde_json::json;

use crate::State;

pub(crate) fn routes(to: &mut impl Routes<State>) {
    to.get("/accounts", list, |route| {
        let account_type = json!({ "$ref": "#/components/schemas/AccountType" });
        route
            .named("listAccounts", "List all accounts, ordered by id", Access::ADMINS)
            .query(
                "q",
                "Search words. Each of them must occur in the name, the specialty or the email. Case, accents and \
                 strokes are ignored.",
                json!({ "type": "string" }),
            )
            .query("account_type", "Return only accounts of this type.", account_type)
            .query(
                "active",
                "`true`: return only accounts that can sign in. `false`: return only deactivated accounts.",
                json!({ "type": "boolean" }),
            )
            .list_response::<Account>("The accounts.")
    });
}

async fn list(
    extract::State(state): extract::State<State>,
    Authenticated(caller): Authenticated,
    mut query: Query,
) -> Result<Response, Problem> {
    caller.must_be(AccountType::Admin)?;
    let listing = query.listing("accounts");
    let input = query.input();
    let q = input.optional("q", |q| Ok(q.to_owned()));
    let account_type = input.optional("account_type", str::parse);
    let active = input.optional("active", |active| match active {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Code::NotAllowed.with_detail("must be true or false")),
    });
    let filter = || Some(Filter { q: q?, account_type: account_type?, active: active? });
    let (listing, filter) = input.finish(listing.zip(filter()))?;

    let accounts = accounts::list(&state.database, &caller, &filter, listing.page).await?;
    let others =
        accounts.iter().take(listing.page_len(&accounts)).map(|account| account.id).filter(|id| !caller.is(*id));
    let accessed = Extension(AccessedData { accounts: others.collect(), ..AccessedData::default() });
    let position = |account: &Account| account.id.get();
    Ok((accessed, listing.response(accounts, position, |account| account)?).into_response())
}
