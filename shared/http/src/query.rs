use axum::{
    extract::{FromRequest, Request},
    http::Uri,
};
use rounds_domain::{Code, DateInput, Violation};
use rounds_request::Page;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    Input, Listing, Problem,
    body::{body, no_body},
    json::json,
    unknown::unknown,
};

/// The names and values of a query.
pub(crate) fn parameters(uri: &Uri) -> Vec<(String, String)> {
    serde_urlencoded::from_str(uri.query().unwrap_or_default()).unwrap_or_default()
}

/// The parameters of the query. No operation with parameters takes a body, but for [`Dated`].
#[derive(Debug)]
pub struct Query {
    input: Input,
    uri: Uri,
}

impl Query {
    fn of(uri: &Uri) -> Self {
        let mut input = Input { in_query: true, ..Input::default() };
        for (name, value) in parameters(uri) {
            if input.members.contains_key(&name) {
                input.violations.push(Violation::new(&name, Code::Repeated.with_detail("must be given only once")));
            }
            input.members.insert(name, Value::String(value));
        }
        Self { input, uri: uri.clone() }
    }

    /// The parameters by name.
    pub fn input(&mut self) -> &mut Input {
        &mut self.input
    }

    /// The page that `limit` and `after` ask for, in the list called `name`.
    pub fn listing<Place: DeserializeOwned>(&mut self, name: &'static str) -> Option<Listing<Place>> {
        let limit = self.input.optional("limit", |limit| match limit.parse() {
            Ok(limit @ 1..=100) => Ok(limit),
            _ => Err(Code::OutOfRange.with_detail("must be a whole number from 1 to 100")),
        });
        let after = self.input.optional("after", |cursor| {
            let rule = "must be a cursor from the Link header of this list";
            Listing::place(name, cursor).ok_or(Code::NotACursor.with_detail(rule))
        });
        let page = Page { limit: limit?.unwrap_or(50), after: after? };
        let given =
            self.input.members.iter().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
        Some(Listing { name, path: self.uri.path().to_owned(), parameters: given.collect(), page })
    }
}

impl<S: Send + Sync> FromRequest<S> for Query {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let mut query = Self::of(request.uri());
        let (_, bytes) = body(request, state).await?;
        query.input.violations.extend(no_body(&bytes));
        Ok(query)
    }
}

/// The query of a route about a day. The day comes as `?date=`, or as `{"date": …}` in a JSON
/// body of the same GET.
#[derive(Debug)]
pub struct Dated(pub Query);

impl Dated {
    /// The day that is meant.
    pub fn date(&mut self) -> Option<DateInput> {
        self.0.input.text("date")
    }
}

impl<S: Send + Sync> FromRequest<S> for Dated {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let mut query = Query::of(request.uri());
        // Whatever its Content-Type: curl calls what it sends a form.
        let (_, bytes) = body(request, state).await?;
        let mut body = if bytes.is_empty() {
            Input::default()
        } else {
            Input::of(json(&bytes)?, query.input.violations.split_off(0))
        };
        let from_body = body.members.remove("date").filter(|date| !date.is_null());
        let others = body.members.keys().map(|name| Violation::new(name, unknown(name, &["date"])));
        query.input.violations = body.violations.into_iter().chain(others).collect();
        match (query.input.members.get("date"), from_body) {
            (None, None) => return Err(Problem::malformed("Say which day: ?date=YYYY-MM-DD.")),
            (Some(one), Some(other)) if *one != other => {
                return Err(Problem::malformed("The date in the query and the date in the body differ: send one."));
            }
            (None, Some(date)) => {
                query.input.in_query = false;
                query.input.members.insert("date".into(), date);
            }
            (Some(_), _) => {}
        }
        Ok(Self(query))
    }
}
