use axum::Router;
use rounds_http::{Actor, Api, Route, Verb};
use serde_json::json;

/// The function that answers what has no route; the template's `$default` names it too.
const DEFAULT: &str = "doctors";

/// What every function declares about its routes.
pub fn api() -> Api {
    let mut api = Api::default();
    auth::routes(&mut api);
    doctors::routes(&mut api);
    appointments::routes(&mut api);
    reports::routes(&mut api);
    docs::routes(&mut api);
    web::routes(&mut api);
    api
}

/// The routes of all functions in one router.
pub fn router(state: auth::State) -> Router {
    let database = state.database.clone();
    auth::router(state)
        .merge(doctors::router(database.clone()))
        .merge(appointments::router(database.clone()))
        .merge(reports::router(database))
        .merge(docs::router())
        .merge(web::router())
}

/// The functions that serve routes.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<_> = api().routes().iter().map(|route| route.function).collect();
    names.dedup();
    names
}

/// The router of `cargo lambda watch`, as its setting `watch` is written in an environment variable: each path with
/// its function, and the rest with that of the gateway's `$default`.
pub(crate) fn emulators_router() -> String {
    let api = api();
    let mut paths: Vec<String> =
        api.routes().iter().map(|route| format!("{:?}={:?}", route.path, route.function)).collect();
    paths.push(format!("\"/{{*rest}}\"={DEFAULT:?}"));
    paths.sort();
    paths.dedup();
    format!("{{router={{{}}}}}", paths.join(","))
}

/// For each function that has a database: a path, and with which status it is answered without a token.
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
    names().into_iter().filter_map(probe).collect()
}

/// The OpenAPI document of all functions.
///
/// # Errors
/// Where it could not be written as JSON.
pub fn openapi() -> Result<String, String> {
    let info = json!({
        "title": "Rounds",
        "version": env!("CARGO_PKG_VERSION"),
        "summary": "The appointment system of a clinic.",
        "description": DESCRIPTION,
        "contact": { "name": "The clinic's administration" },
    });
    let token = "The answer to POST /login. Good for an hour; POST /me/token renews it.";
    let document = serde_json::to_string_pretty(&api().document(&info, token));
    document.map(|json| json + "\n").map_err(|error| error.to_string())
}

const DESCRIPTION: &str = "\
Patients book doctors, doctors see their day, admins see the clinic.

**Times** come and go as RFC 3339 with an offset; answers are in the clinic's time zone. A day is the clinic's \
calendar day. **Lists** have 50 rows, or `limit`; `Link` leads to the next page. **Errors** are problem documents \
(RFC 9457), whose `type` is the path of a page that explains them. `OPTIONS` and `HEAD` are answered everywhere; \
another method by 405, with `Allow`. A member or a parameter that an operation does not know is refused with 422, \
and a member twice in one object with 400. Every answer to a `GET` has an `ETag`; while it is still right, \
`If-None-Match` with that tag is answered by 304.

What is going to change is marked `deprecated` here, and its answers have a `Deprecation` header (RFC 9745) and a \
`Sunset` header (RFC 8594) at least half a year before.";
