use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, Uri, header::CONTENT_TYPE},
};
use rounds_domain::{Code, Error, InvalidValue, Violation};
use serde_json::Value;

use crate::{Input, Problem, json::json, query::parameters};

/// How many elements an array may have.
const MAX_ELEMENTS: usize = 100;

/// The members of a JSON body that must be there. No operation with a body takes parameters.
#[derive(Debug)]
pub struct JsonBody(pub Input);

/// The members of a JSON body that may be left out.
#[derive(Debug)]
pub struct OptionalJsonBody(pub Input);

/// The objects of a JSON body that is an array of them.
#[derive(Debug)]
pub struct JsonArray {
    elements: Vec<Input>,
    violations: Vec<Violation>,
}

/// What was sent to an operation that takes neither parameters nor a body.
#[derive(Debug)]
pub struct NoInput(Vec<Violation>);

impl JsonArray {
    /// What each object was read as, if all of it is good.
    ///
    /// # Errors
    /// [`Error::Invalid`], with every violation of every object.
    pub fn read<T>(self, read: impl Fn(&mut Input) -> Option<T>) -> Result<Vec<T>, Error> {
        let (mut values, mut violations) = (Vec::new(), self.violations);
        for mut input in self.elements {
            // Of an element that is no object, only that is said.
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
    /// Refuses all that was sent: after the permission was checked, and before anything is done.
    ///
    /// # Errors
    /// [`Error::Invalid`], with every parameter and every member.
    pub fn finish(self) -> Result<(), Error> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Invalid(self.0)) }
    }
}

/// The body of an operation that takes one, and the parameters that it does not take.
struct Sent {
    violations: Vec<Violation>,
    headers: HeaderMap,
    bytes: Bytes,
}

impl Sent {
    async fn of<S: Send + Sync>(request: Request, state: &S) -> Result<Self, Problem> {
        let violations = no_parameters(request.uri());
        let (headers, bytes) = body(request, state).await?;
        Ok(Self { violations, headers, bytes })
    }

    fn document(&self) -> Result<Value, Problem> {
        if is_json(&self.headers) { json(&self.bytes) } else { Err(Problem::unsupported_media_type()) }
    }

    /// Notes what is wrong with an array. The handler says it, after it has checked the permission.
    fn refuse(&mut self, fault: InvalidValue) -> Vec<Value> {
        self.violations.push(Violation::of_all(fault));
        Vec::new()
    }
}

impl<S: Send + Sync> FromRequest<S> for JsonArray {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let mut sent = Sent::of(request, state).await?;
        let elements = match sent.document()? {
            Value::Array(elements) if elements.len() <= MAX_ELEMENTS => elements,
            Value::Array(_) => sent.refuse(Code::TooLong.with_detail("must have at most 100 elements")),
            _ => sent.refuse(Code::WrongType.with_detail("the body must be a JSON array")),
        };
        let elements = elements.into_iter().enumerate().map(|(place, element)| Input::element(place, element));
        Ok(Self { elements: elements.collect(), violations: sent.violations })
    }
}

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let sent = Sent::of(request, state).await?;
        Ok(Self(Input::of(sent.document()?, sent.violations)))
    }
}

impl<S: Send + Sync> FromRequest<S> for OptionalJsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let sent = Sent::of(request, state).await?;
        if sent.bytes.is_empty() {
            return Ok(Self(Input { violations: sent.violations, ..Input::default() }));
        }
        Ok(Self(Input::of(sent.document()?, sent.violations)))
    }
}

impl<S: Send + Sync> FromRequest<S> for NoInput {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let mut violations = no_parameters(request.uri());
        let (_, bytes) = body(request, state).await?;
        violations.extend(no_body(&bytes));
        Ok(Self(violations))
    }
}

pub(crate) async fn body<S: Send + Sync>(request: Request, state: &S) -> Result<(HeaderMap, Bytes), Problem> {
    let headers = request.headers().clone();
    let bytes = Bytes::from_request(request, state).await;
    Ok((headers, bytes.map_err(|_| Problem::malformed("The body cannot be read."))?))
}

/// What is wrong with the body of an operation that takes none. One without members says nothing, and
/// some clients send it with every request.
pub(crate) fn no_body(bytes: &[u8]) -> Vec<Violation> {
    if bytes.is_empty() {
        return Vec::new();
    }
    let member = || Code::Unknown.with_detail("is not known here: this operation takes no body");
    match json(bytes) {
        Ok(Value::Object(members)) => members.keys().map(|name| Violation::new(name, member())).collect(),
        _ => vec![Violation::of_all(Code::Unknown.with_detail("this operation takes no body"))],
    }
}

fn no_parameters(uri: &Uri) -> Vec<Violation> {
    let fault = Code::Unknown.with_detail("is not known here: this operation takes no parameters");
    parameters(uri).iter().map(|(name, _)| Violation::new(name, fault.clone())).collect()
}

/// `application/json`, or a type built on it (RFC 6839), with whatever parameters.
fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}
