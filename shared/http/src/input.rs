use std::{ops::RangeInclusive, str::FromStr};

use rounds_domain::{Code, Error, InvalidValue, Violation};
use serde_json::{Map, Value};

use crate::unknown::unknown;

/// What a client sent, by name, and what has been found wrong with it so far: read member by
/// member, so that a refusal lists every violation. A member that was sent and not read is one.
#[derive(Debug, Default)]
pub struct Input {
    pub(crate) members: Map<String, Value>,
    /// The names that were read. So the names that an operation knows are declared nowhere else.
    pub(crate) read: Vec<&'static str>,
    /// Whether it came in the query of a URL, where a `+` is a blank.
    pub(crate) in_query: bool,
    /// Pointer to the object that this is, where it is a part of another.
    pub(crate) within: String,
    /// Whether it is no object: nothing is said of its members then.
    pub(crate) no_object: bool,
    pub(crate) violations: Vec<Violation>,
}

impl Input {
    /// The members of a document, beside what is wrong already. Another value than an object is one more
    /// violation, which the handler says after it has checked the permission.
    pub(crate) fn of(document: Value, mut violations: Vec<Violation>) -> Self {
        match document {
            Value::Object(members) => Self { members, violations, ..Self::default() },
            _ => {
                violations.push(Violation::of_all(Code::WrongType.with_detail("the body must be a JSON object")));
                Self { no_object: true, violations, ..Self::default() }
            }
        }
    }

    /// A text that must be there, as what it stands for.
    pub fn text<T: FromStr<Err = InvalidValue>>(&mut self, name: &'static str) -> Option<T> {
        self.parsed(name, str::parse)
    }

    /// The same, by a parser of one's own.
    pub fn parsed<T>(&mut self, name: &'static str, parse: impl Fn(&str) -> Result<T, InvalidValue>) -> Option<T> {
        match self.optional(name, parse)? {
            Some(value) => Some(value),
            None => self.refuse(name, Code::Required.with_detail("must be given")),
        }
    }

    /// A text that may be left out, or null. Its violation is `None`, its absence `Some(None)`.
    pub fn optional<T>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, InvalidValue>,
    ) -> Option<Option<T>> {
        let in_query = self.in_query;
        match self.member(name) {
            None | Some(Value::Null) => Some(None),
            Some(Value::String(text)) => match parse(text) {
                Ok(value) => Some(Some(value)),
                // A blank at the start is no lost sign of an offset.
                Err(fault) if in_query && text.trim_start() == text && parse(&text.replace(' ', "+")).is_ok() => {
                    self.refuse(name, fault.code.with_detail(format!("{fault}; write a + in the query as %2B")))
                }
                Err(fault) => self.refuse(name, fault),
            },
            Some(_) => self.refuse(name, Code::WrongType.with_detail("must be a text")),
        }
    }

    fn member(&mut self, name: &'static str) -> Option<&Value> {
        self.read.push(name);
        self.members.get(name)
    }

    /// Whether a member is there, be it null.
    pub fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    /// Notes a violation where a member is null.
    pub fn not_null(&mut self, names: &[&str]) {
        for name in names {
            if self.members.get(*name).is_some_and(Value::is_null) {
                self.refuse::<()>(name, Code::Null.with_detail("must not be null"));
            }
        }
    }

    /// A whole number that must be there. One beyond 64 bits is as large as there is.
    pub fn integer(&mut self, name: &'static str) -> Option<i64> {
        match self.optional_integer(name)? {
            Some(integer) => Some(integer),
            None => self.refuse(name, Code::Required.with_detail("must be given")),
        }
    }

    /// The same within a range, that may be left out, or null.
    pub fn integer_within(&mut self, name: &'static str, range: RangeInclusive<i64>) -> Option<Option<i64>> {
        match self.optional_integer(name)? {
            Some(integer) if !range.contains(&integer) => {
                let detail = format!("must be {} to {}", range.start(), range.end());
                self.refuse(name, Code::OutOfRange.with_detail(detail))
            }
            integer => Some(integer),
        }
    }

    /// A whole number that may be left out, or null.
    pub fn optional_integer(&mut self, name: &'static str) -> Option<Option<i64>> {
        match self.member(name) {
            None | Some(Value::Null) => Some(None),
            Some(Value::Number(number)) => match (number.as_i64(), number.as_f64()) {
                (Some(integer), _) => Some(Some(integer)),
                // JSON knows one kind of number: 30.0 is 30.
                (None, Some(float)) if float.fract() == 0.0 => Some(Some(float as i64)),
                _ => self.refuse(name, Code::WrongType.with_detail("must be a whole number")),
            },
            Some(_) => self.refuse(name, Code::WrongType.with_detail("must be a whole number")),
        }
    }

    /// Notes a violation.
    pub fn refuse<T>(&mut self, name: &str, fault: InvalidValue) -> Option<T> {
        if !self.no_object {
            self.violations.push(Violation::new(name, fault).within(&self.within));
        }
        None
    }

    /// All that is wrong: what has been noted, what is not known, and others.
    pub fn invalid(&mut self, others: impl IntoIterator<Item = Violation>) -> Error {
        self.refuse_unknown();
        self.violations.extend(others);
        Error::Invalid(std::mem::take(&mut self.violations))
    }

    /// What was read, if all of it is good.
    ///
    /// # Errors
    /// [`Error::Invalid`], with every violation.
    pub fn finish<T>(&mut self, value: Option<T>) -> Result<T, Error> {
        self.complete(value).ok_or_else(|| self.invalid([]))
    }

    /// The same, for handlers that have more to say of what is wrong: [`Input::invalid`] takes it.
    pub fn complete<T>(&mut self, value: Option<T>) -> Option<T> {
        self.refuse_unknown();
        value.filter(|_| self.violations.is_empty())
    }

    /// Notes a violation for each member that was not read, and forgets the member.
    fn refuse_unknown(&mut self) {
        let is_unknown = |name: &&String| !self.read.contains(&name.as_str());
        let names: Vec<String> = self.members.keys().filter(is_unknown).cloned().collect();
        for name in names {
            self.members.remove(&name);
            self.refuse::<()>(&name, unknown(&name, &self.read));
        }
    }

    /// An element of an array.
    pub(crate) fn element(place: usize, element: Value) -> Self {
        let within = format!("/{place}");
        match element {
            Value::Object(members) => Self { members, within, ..Self::default() },
            _ => {
                let violation = Violation::of_all(Code::WrongType.with_detail("must be an object"));
                Self { violations: vec![violation.within(&within)], ..Self::default() }
            }
        }
    }
}
