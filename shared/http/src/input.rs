use std::{ops::RangeInclusive, str::FromStr};

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, header::CONTENT_TYPE},
};
use rounds_domain::{Error, Violation};
use serde_json::{Map, Value};

use crate::Problem;

/// How many elements an array may have.
const MAX_ELEMENTS: usize = 100;

/// What a client sent, by name, and what has been found wrong with it so far: read member by
/// member, so that a refusal lists every violation.
#[derive(Debug, Default)]
pub struct Input {
    pub(crate) members: Map<String, Value>,
    /// Pointer to the object that this is, where it is a part of another.
    within: String,
    pub(crate) violations: Vec<Violation>,
}

impl Input {
    /// A text that must be there, as what it stands for.
    pub fn text<T: FromStr<Err = &'static str>>(&mut self, name: &str) -> Option<T> {
        self.parsed(name, str::parse)
    }

    /// The same, by a parser of one's own.
    pub fn parsed<T>(&mut self, name: &str, parse: impl Fn(&str) -> Result<T, &'static str>) -> Option<T> {
        match self.optional(name, parse)? {
            Some(value) => Some(value),
            None => self.refuse(name, "must be given"),
        }
    }

    /// A text that may be left out, or null. Its violation is `None`, its absence `Some(None)`.
    pub fn optional<T>(&mut self, name: &str, parse: impl Fn(&str) -> Result<T, &'static str>) -> Option<Option<T>> {
        match self.members.get(name) {
            None | Some(Value::Null) => Some(None),
            Some(Value::String(text)) => match parse(text) {
                Ok(value) => Some(Some(value)),
                Err(rule) => self.refuse(name, rule),
            },
            Some(_) => self.refuse(name, "must be a text"),
        }
    }

    /// Whether a member is there, be it null.
    pub fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    /// Notes a violation where a member is null.
    pub fn not_null(&mut self, names: &[&str]) {
        for name in names {
            if self.members.get(*name).is_some_and(Value::is_null) {
                self.refuse::<()>(name, "must not be null");
            }
        }
    }

    /// A whole number that must be there. One beyond 64 bits is as large as there is.
    pub fn integer(&mut self, name: &str) -> Option<i64> {
        match self.optional_integer(name)? {
            Some(integer) => Some(integer),
            None => self.refuse(name, "must be given"),
        }
    }

    /// The same within a range, that may be left out, or null.
    pub fn integer_within(&mut self, name: &str, range: RangeInclusive<i64>) -> Option<Option<i64>> {
        match self.optional_integer(name)? {
            Some(integer) if !range.contains(&integer) => {
                self.refuse(name, &format!("must be {} to {}", range.start(), range.end()))
            }
            integer => Some(integer),
        }
    }

    /// A whole number that may be left out, or null.
    pub fn optional_integer(&mut self, name: &str) -> Option<Option<i64>> {
        match self.members.get(name) {
            None | Some(Value::Null) => Some(None),
            Some(Value::Number(number)) => match (number.as_i64(), number.as_f64()) {
                (Some(integer), _) => Some(Some(integer)),
                // JSON knows one kind of number: 30.0 is 30.
                (None, Some(float)) if float.fract() == 0.0 => Some(Some(float as i64)),
                _ => self.refuse(name, "must be a whole number"),
            },
            Some(_) => self.refuse(name, "must be a whole number"),
        }
    }

    /// Notes a violation.
    pub fn refuse<T>(&mut self, name: &str, rule: &str) -> Option<T> {
        let Violation { pointer, detail } = Violation::new(name, rule);
        self.violations.push(Violation { pointer: format!("{}{pointer}", self.within), detail });
        None
    }

    /// All that is wrong: what has been noted, and others.
    pub fn invalid(&mut self, others: impl IntoIterator<Item = Violation>) -> Error {
        self.violations.extend(others);
        Error::Invalid(std::mem::take(&mut self.violations))
    }

    /// What was read, if all of it is good.
    ///
    /// # Errors
    /// [`Error::Invalid`], with every violation.
    pub fn finish<T>(&mut self, value: Option<T>) -> Result<T, Error> {
        match value {
            Some(value) if self.violations.is_empty() => Ok(value),
            _ => Err(self.invalid([])),
        }
    }

    pub(crate) fn from_json(bytes: &[u8]) -> Result<Self, Problem> {
        match json(bytes)? {
            Value::Object(members) => Ok(Self { members, ..Self::default() }),
            _ => Err(wrong_body("the body must be a JSON object")),
        }
    }
}

/// The members of a JSON body that must be there.
#[derive(Debug)]
pub struct JsonBody(pub Input);

/// The members of a JSON body that may be left out.
#[derive(Debug)]
pub struct OptionalJsonBody(pub Input);

/// The objects of a JSON body that is an array of them.
#[derive(Debug)]
pub struct JsonArray(pub Vec<Input>);

impl JsonArray {
    /// What each object was read as, if all of it is good.
    ///
    /// # Errors
    /// [`Error::Invalid`], with every violation of every object.
    pub fn read<T>(self, read: impl Fn(&mut Input) -> Option<T>) -> Result<Vec<T>, Error> {
        let (mut values, mut violations) = (Vec::new(), Vec::new());
        for mut input in self.0 {
            match input.violations.is_empty().then(|| read(&mut input)).flatten() {
                Some(value) if input.violations.is_empty() => values.push(value),
                _ => violations.append(&mut input.violations),
            }
        }
        if violations.is_empty() { Ok(values) } else { Err(Error::Invalid(violations)) }
    }
}

impl<S: Send + Sync> FromRequest<S> for JsonArray {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (headers, bytes) = body(request, state).await?;
        if !is_json(&headers) {
            return Err(Problem::unsupported_media_type());
        }
        let Value::Array(elements) = json(&bytes)? else { return Err(wrong_body("the body must be a JSON array")) };
        if elements.len() > MAX_ELEMENTS {
            return Err(wrong_body("must have at most 100 elements"));
        }
        let input = |(place, element)| {
            let within = format!("/{place}");
            match element {
                Value::Object(members) => Input { members, within, violations: Vec::new() },
                _ => {
                    let violation = Violation { pointer: within, detail: "must be an object".into() };
                    Input { violations: vec![violation], ..Input::default() }
                }
            }
        };
        Ok(Self(elements.into_iter().enumerate().map(input).collect()))
    }
}

fn json(bytes: &[u8]) -> Result<Value, Problem> {
    serde_json::from_slice(bytes).map_err(|error| Problem::malformed(format!("The body is not JSON: {error}.")))
}

fn wrong_body(rule: &str) -> Problem {
    Error::Invalid(vec![Violation { pointer: String::new(), detail: rule.into() }]).into()
}

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (headers, bytes) = body(request, state).await?;
        if !is_json(&headers) {
            return Err(Problem::unsupported_media_type());
        }
        Input::from_json(&bytes).map(Self)
    }
}

impl<S: Send + Sync> FromRequest<S> for OptionalJsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (headers, bytes) = body(request, state).await?;
        if bytes.is_empty() {
            return Ok(Self(Input::default()));
        }
        if !is_json(&headers) {
            return Err(Problem::unsupported_media_type());
        }
        Input::from_json(&bytes).map(Self)
    }
}

pub(crate) async fn body<S: Send + Sync>(request: Request, state: &S) -> Result<(HeaderMap, Bytes), Problem> {
    let headers = request.headers().clone();
    let bytes = Bytes::from_request(request, state).await;
    Ok((headers, bytes.map_err(|_| Problem::malformed("The body cannot be read."))?))
}

/// `application/json`, or a type built on it (RFC 6839), with whatever parameters.
fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}
