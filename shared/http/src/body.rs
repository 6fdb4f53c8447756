use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, Uri, header::CONTENT_TYPE},
};
use rounds_domain::{Code, Error, InvalidValue, Violation};
use serde_json::Value;

use crate::{Input, Problem, json::json, query::parameters};

/// The maximum number of elements of an array.
const MAX_ELEMENTS: usize = 100;

/// Extracts a required JSON object from the body. An operation with a body takes no query parameters.
#[derive(Debug)]
pub struct JsonBody(pub Input);

/// Extracts an optional JSON object from the body. Without a body it has no members.
#[derive(Debug)]
pub struct OptionalJsonBody(pub Input);

/// Extracts an array of JSON objects from the body.
#[derive(Debug)]
pub struct JsonArray {
    elements: Vec<Input>,
    violations: Vec<Violation>,
}

/// Extracts nothing: for an operation that takes neither query parameters nor a body.
#[derive(Debug)]
pub struct NoInput(Vec<Violation>);

impl JsonArray {
    /// Reads each object with `read`, and returns the values if all are valid.
    ///
    /// # Errors
    /// [`Error::Invalid`], with every violation of every object.
    pub fn read<T>(self, read: impl Fn(&mut Input) -> Option<T>) -> Result<Vec<T>, Error> {
        let (mut values, mut violations) = (Vec::new(), self.violations);
        for mut input in self.elements {
            // An element that is not an object gets only that violation.
            let value = input.violations.is_empty().then(|| read(&mut input)).flatten();
            match input.complete(value) {
                Some(value) => values.push(value),
                None => violations.append(&mut input.violations),
            }
        }
        if violations.is_empty() { Ok(values) } else { Err(Error::Invalid(violations)) }
    }
}

impl NoInput {
    /// Checks that no parameter and no body was sent. A handler calls this after it has checked permission, because
    /// 403 comes before 422.
    ///
    /// # Errors
    /// [`Error::Invalid`], with a violation for every parameter and member.
    pub fn finish(self) -> Result<(), Error> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Invalid(self.0)) }
    }
}

/// A request of an operation that takes a body and no parameters.
struct RawBody {
    /// The violations of query parameters.
    violations: Vec<Violation>,
    headers: HeaderMap,
    bytes: Bytes,
}

impl RawBody {
    async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Self, Problem> {
        let violations = no_parameters(request.uri());
        let (headers, bytes) = read_body(request, state).await?;
        Ok(Self { violations, headers, bytes })
    }

    fn document(&self) -> Result<Value, Problem> {
        if is_json(&self.headers) { json(&self.bytes) } else { Err(Problem::unsupported_media_type()) }
    }

    /// Records a violation of the whole body, and returns no elements. The handler returns the violations after it has
    /// checked permission.
    fn reject(&mut self, invalid: InvalidValue) -> Vec<Value> {
        self.violations.push(Violation::of_input(invalid));
        Vec::new()
    }
}

impl<S: Send + Sync> FromRequest<S> for JsonArray {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let mut body = RawBody::read(request, state).await?;
        let elements = match body.document()? {
            Value::Array(elements) if elements.len() <= MAX_ELEMENTS => elements,
            Value::Array(_) => body.reject(Code::TooLong.with_detail("must have at most 100 elements")),
            _ => body.reject(Code::WrongType.with_detail("the body must be a JSON array")),
        };
        let elements = elements.into_iter().enumerate().map(|(index, element)| Input::from_element(index, element));
        Ok(Self { elements: elements.collect(), violations: body.violations })
    }
}

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body = RawBody::read(request, state).await?;
        Ok(Self(Input::from_document(body.document()?, body.violations)))
    }
}

impl<S: Send + Sync> FromRequest<S> for OptionalJsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body = RawBody::read(request, state).await?;
        if body.bytes.is_empty() {
            return Ok(Self(Input { violations: body.violations, ..Input::default() }));
        }
        Ok(Self(Input::from_document(body.document()?, body.violations)))
    }
}

impl<S: Send + Sync> FromRequest<S> for NoInput {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let mut violations = no_parameters(request.uri());
        let (_, bytes) = read_body(request, state).await?;
        violations.extend(no_body(&bytes));
        Ok(Self(violations))
    }
}

pub(crate) async fn read_body<S: Send + Sync>(request: Request, state: &S) -> Result<(HeaderMap, Bytes), Problem> {
    let headers = request.headers().clone();
    let bytes = Bytes::from_request(request, state).await;
    Ok((headers, bytes.map_err(|_| Problem::malformed("The body cannot be read."))?))
}

/// Returns the violations of the body of an operation that takes none. An empty JSON object is allowed, because some
/// clients send one with every request.
pub(crate) fn no_body(bytes: &[u8]) -> Vec<Violation> {
    if bytes.is_empty() {
        return Vec::new();
    }
    let unknown = || Code::Unknown.with_detail("is unknown: this operation takes no body");
    match json(bytes) {
        Ok(Value::Object(members)) => members.keys().map(|name| Violation::new(name, unknown())).collect(),
        _ => vec![Violation::of_input(Code::Unknown.with_detail("this operation takes no body"))],
    }
}

fn no_parameters(uri: &Uri) -> Vec<Violation> {
    let unknown = Code::Unknown.with_detail("is unknown: this operation takes no parameters");
    parameters(uri).iter().map(|(name, _)| Violation::new(name, unknown.clone())).collect()
}

/// Returns whether the content type is `application/json` or `application/…+json` (RFC 6839), with any parameters.
fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}
