use axum::Router;
use notify::{Backups, PublicUrl};
use rounds_http::{Actor, Api, Route, Verb, without_tokens};
use serde_json::json;

/// The function that receives requests without a route. The `$default` route of `template.yaml` names it too.
const DEFAULT: &str = "doctors";

/// Returns the declared routes of all functions.
pub fn api() -> Api {
    let mut api = Api::default();
    auth::routes(&mut api);
    doctors::routes(&mut api);
    appointments::routes(&mut api);
    patients::routes(&mut api);
    reports::routes(&mut api);
    notify::routes(&mut api);
    docs::routes(&mut api);
    web::routes(&mut api);
    api
}

/// Returns one router with the routes of all functions. `public_url` is the URL of the web app, and `backups` the state
/// of the nightly backups, if this program makes any.
pub fn router(state: auth::State, public_url: PublicUrl, backups: Option<Backups>) -> Router {
    let (database, limits) = (state.database.clone(), state.limits);
    auth::router(state)
        .merge(doctors::router(database.clone()))
        .merge(appointments::router(database.clone()))
        .merge(patients::router(database.clone()))
        .merge(reports::router(database.clone()))
        .merge(notify::router(notify::State { database, limits, public_url, backups }))
        .merge(without_tokens(docs::router().merge(web::router())))
}

/// Returns the names of the functions that serve routes.
pub fn function_names() -> Vec<&'static str> {
    let mut names: Vec<_> = api().routes().iter().map(|route| route.function).collect();
    names.dedup();
    names
}

/// Returns the value of the environment variable `CARGO_LAMBDA_WATCH`: the routes of the emulator. Each path has its
/// function. All other paths have the same function as the gateway's `$default` route.
pub(crate) fn emulator_router() -> String {
    let api = api();
    let mut paths: Vec<String> =
        api.routes().iter().map(|route| format!("{:?}={:?}", route.path, route.function)).collect();
    paths.push(format!("\"/{{*rest}}\"={DEFAULT:?}"));
    paths.sort();
    paths.dedup();
    format!("{{router={{{}}}}}", paths.join(","))
}

/// Returns one path of each function that has a database, with the status of a response to a request without a token.
pub(crate) fn probes() -> Vec<(&'static str, u16)> {
    let api = api();
    let probe = |function| {
        let simple = |route: &&Route| {
            let is_simple = route.verb == Verb::Get && !route.path.contains('{');
            route.function == function && route.has_database && is_simple
        };
        let route = api.routes().iter().find(simple)?;
        Some((route.path, if route.access.allows(Actor::Anonymous) { route.status } else { 401 }))
    };
    function_names().into_iter().filter_map(probe).collect()
}

/// Returns the OpenAPI document of all functions.
///
/// # Errors
/// If the document cannot be written as JSON.
pub fn openapi() -> Result<String, String> {
    let info = json!({
        "title": "Rounds",
        "version": env!("CARGO_PKG_VERSION"),
        "summary": "The appointment system of a clinic.",
        "description": DESCRIPTION,
        "contact": { "name": "The clinic's administration" },
    });
    let token = "The token that POST /login returns. It is valid for one hour; POST /me/token renews it.";
    let document = serde_json::to_string_pretty(&api().document(&info, token));
    document.map(|json| json + "\n").map_err(|error| error.to_string())
}

const DESCRIPTION: &str = "\
Patients book appointments with doctors, doctors see their own appointments, and admins manage the clinic.

- **Times** are RFC 3339 with a UTC offset, in requests and in responses. Responses use the clinic's time zone. A day is \
a calendar day in that time zone.
- **Lists** have 50 rows by default. The parameter `limit` changes that, and the `Link` header has the URL of the \
next page.
- **Errors** are problem documents (RFC 9457). Their `type` is the path of a page that explains the problem.
- **Methods:** every path answers `OPTIONS` and `HEAD`. A method that a path does not have returns 405 with an `Allow` \
header.
- **Input** is checked strictly. An unknown member or parameter returns 422. A member that occurs twice in one object \
returns 400.
- **Limits:** a body has at most 64 KiB (413). If the clinic runs on one machine, the headers have at most 16 KiB (431), \
and the body must arrive within 30 seconds (408).
- **Caching:** every response to a `GET` has an `ETag`. A request with that tag in `If-None-Match` returns 304 if the \
response has not changed.

An operation that is going to change is marked as `deprecated` here. At least half a year before the change, its \
responses have a `Deprecation` header (RFC 9745) and a `Sunset` header (RFC 8594).";
