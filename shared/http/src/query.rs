use axum::{
    extract::{FromRequest, Request},
    http::{HeaderMap, Uri},
};
use rounds_domain::{Code, DateInput, Violation};
use rounds_request::Page;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    Input, Listing, Problem,
    body::{no_body, read_body},
    json::json,
    negotiate::prefers_csv,
    unknown::unknown,
};

/// Returns the names and values of a query.
pub(crate) fn parameters(uri: &Uri) -> Vec<(String, String)> {
    serde_urlencoded::from_str(uri.query().unwrap_or_default()).unwrap_or_default()
}

/// Extracts the query parameters. Only an operation with a [`DayQuery`] takes parameters and a body.
#[derive(Debug)]
pub struct Query {
    input: Input,
    uri: Uri,
    prefers_csv: bool,
}

impl Query {
    fn new(uri: &Uri, headers: &HeaderMap) -> Self {
        let mut input = Input { in_query: true, ..Input::default() };
        for (name, value) in parameters(uri) {
            if input.members.contains_key(&name) {
                input.violations.push(Violation::new(&name, Code::Repeated.with_detail("must be sent only once")));
            }
            input.members.insert(name, Value::String(value));
        }
        Self { input, uri: uri.clone(), prefers_csv: prefers_csv(headers) }
    }

    /// Returns the parameters.
    pub fn input(&mut self) -> &mut Input {
        &mut self.input
    }

    /// Reads `limit` and `after`, and returns the requested page of the list called `name`.
    pub fn listing<Position: DeserializeOwned>(&mut self, name: &'static str) -> Option<Listing<Position>> {
        let limit = self.input.optional("limit", |limit| match limit.parse() {
            Ok(limit @ 1..=100) => Ok(limit),
            _ => Err(Code::OutOfRange.with_detail("must be a whole number from 1 to 100")),
        });
        let after = self.input.optional("after", |cursor| {
            let invalid = Code::NotACursor.with_detail("must be a cursor from the Link header of this list");
            Listing::decode_cursor(name, cursor).ok_or(invalid)
        });
        let page = Page { limit: limit?.unwrap_or(50), after: after? };
        let parameters =
            self.input.members.iter().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
        let (path, parameters) = (self.uri.path().to_owned(), parameters.collect());
        Some(Listing { name, path, parameters, prefers_csv: self.prefers_csv, page })
    }
}

impl<S: Send + Sync> FromRequest<S> for Query {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let mut query = Self::new(request.uri(), request.headers());
        let (_, bytes) = read_body(request, state).await?;
        query.input.violations.extend(no_body(&bytes));
        Ok(query)
    }
}

/// Extracts the query of a route about one day. The day is the parameter `date`, or `{"date": …}` in a JSON body of the
/// same GET request.
#[derive(Debug)]
pub struct DayQuery(pub Query);

impl DayQuery {
    /// Reads the day.
    pub fn date(&mut self) -> Option<DateInput> {
        self.0.input.text("date")
    }
}

impl<S: Send + Sync> FromRequest<S> for DayQuery {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let mut query = Query::new(request.uri(), request.headers());
        // The Content-Type is not checked: by default curl sends one of a form.
        let (_, bytes) = read_body(request, state).await?;
        let mut body = if bytes.is_empty() {
            Input::default()
        } else {
            Input::from_document(json(&bytes)?, query.input.violations.split_off(0))
        };
        let from_body = body.members.remove("date").filter(|date| !date.is_null());
        let unknown_members = body.members.keys().map(|name| Violation::new(name, unknown(name, &["date"])));
        query.input.violations = body.violations.into_iter().chain(unknown_members).collect();
        match (query.input.members.get("date"), from_body) {
            (None, None) => return Err(Problem::malformed("Send the day as ?date=YYYY-MM-DD.")),
            (Some(one), Some(other)) if *one != other => {
                let detail = "The date in the query and the date in the body are different. Send only one.";
                return Err(Problem::malformed(detail));
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
