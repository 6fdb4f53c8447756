use axum::{
    Extension, extract,
    response::{IntoResponse, Response},
};
use rounds_data::accounts::{self, Filter};
use rounds_domain::{Account, AccountType, Code};
use rounds_http::{Access, Authenticated, Problem, Query, Read, Routes};
use serde_json::json;

use crate::State;

pub(crate) fn routes(to: &mut impl Routes<State>) {
    to.get("/accounts", list, |route| {
        let account_type = json!({ "$ref": "#/components/schemas/AccountType" });
        route
            .named("listAccounts", "All accounts, by id", Access::ADMINS)
            .query("q", "Words, of which each is in the name, the specialty or the email. Case, accents and strokes make no difference.", json!({ "type": "string" }))
            .query("account_type", "Only these.", account_type)
            .query("active", "Only those that can sign in, or cannot.", json!({ "type": "boolean" }))
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

    let found = accounts::list(&state.database, &caller, &filter, listing.page).await?;
    let others = found.iter().take(listing.shown(&found)).map(|account| account.id).filter(|id| !caller.is(*id));
    let read = Extension(Read { accounts: others.collect(), ..Read::default() });
    let place = |account: &Account| account.id.get();
    Ok((read, listing.answer(found, place, |account| account)?).into_response())
}
