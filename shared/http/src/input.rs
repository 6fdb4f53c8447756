use std::{ops::RangeInclusive, str::FromStr};

use rounds_domain::{Code, Error, InvalidValue, Violation};
use serde_json::{Map, Value};

use crate::unknown::unknown;

/// The members of a JSON object or the parameters of a query, and the violations found so far.
///
/// Members are read one by one, so that a refusal lists every violation. A member that is sent but never read is a
/// violation too. Reading a member returns `None` if it is invalid.
#[derive(Debug, Default)]
pub struct Input {
    pub(crate) members: Map<String, Value>,
    /// The names that were read. They are the known names of an operation, which are declared nowhere else.
    pub(crate) read: Vec<&'static str>,
    /// Whether the members are query parameters. In a query a `+` is a blank.
    pub(crate) in_query: bool,
    /// The JSON Pointer to this object, if it is an element of an array.
    pub(crate) pointer: String,
    /// Whether the document is not an object. Then violations of its members are not recorded.
    pub(crate) is_not_object: bool,
    pub(crate) violations: Vec<Violation>,
}

impl Input {
    /// Returns the members of a document, with the violations found before. If the document is not an object, that is
    /// one more violation. The handler returns it after it has checked permission.
    pub(crate) fn from_document(document: Value, mut violations: Vec<Violation>) -> Self {
        match document {
            Value::Object(members) => Self { members, violations, ..Self::default() },
            _ => {
                violations.push(Violation::of_input(Code::WrongType.with_detail("the body must be a JSON object")));
                Self { is_not_object: true, violations, ..Self::default() }
            }
        }
    }

    /// Reads a required string and parses it.
    pub fn text<T: FromStr<Err = InvalidValue>>(&mut self, name: &'static str) -> Option<T> {
        self.parsed(name, str::parse)
    }

    /// Reads a required string and parses it with `parse`.
    pub fn parsed<T>(&mut self, name: &'static str, parse: impl Fn(&str) -> Result<T, InvalidValue>) -> Option<T> {
        match self.optional(name, parse)? {
            Some(value) => Some(value),
            None => self.reject(name, Code::Required.with_detail("is required")),
        }
    }

    /// Reads a string that can be absent or `null`, and parses it with `parse`. Returns `Some(None)` if it is absent
    /// or `null`.
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
                // The `+` of a UTC offset was decoded as a blank. A blank at the start has another cause.
                Err(invalid) if in_query && text.trim_start() == text && parse(&text.replace(' ', "+")).is_ok() => {
                    self.reject(name, invalid.code.with_detail(format!("{invalid}; write a + in the query as %2B")))
                }
                Err(invalid) => self.reject(name, invalid),
            },
            Some(_) => self.reject(name, Code::WrongType.with_detail("must be a string")),
        }
    }

    fn member(&mut self, name: &'static str) -> Option<&Value> {
        self.read.push(name);
        self.members.get(name)
    }

    /// Returns whether a member is present. It can be `null`.
    pub fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    /// Records a violation for each of these members that is `null`.
    pub fn not_null(&mut self, names: &[&str]) {
        for name in names {
            if self.members.get(*name).is_some_and(Value::is_null) {
                self.reject::<()>(name, Code::Null.with_detail("must not be null"));
            }
        }
    }

    /// Reads a required whole number. A number beyond 64 bits becomes the nearest number of 64 bits.
    pub fn integer(&mut self, name: &'static str) -> Option<i64> {
        match self.optional_integer(name)? {
            Some(integer) => Some(integer),
            None => self.reject(name, Code::Required.with_detail("is required")),
        }
    }

    /// Reads a required whole number within a range.
    pub fn integer_within(&mut self, name: &'static str, range: RangeInclusive<i64>) -> Option<i64> {
        match self.optional_integer_within(name, range)? {
            Some(integer) => Some(integer),
            None => self.reject(name, Code::Required.with_detail("is required")),
        }
    }

    /// Reads a whole number within a range. It can be absent or `null`.
    pub fn optional_integer_within(&mut self, name: &'static str, range: RangeInclusive<i64>) -> Option<Option<i64>> {
        match self.member(name) {
            None | Some(Value::Null) => Some(None),
            Some(value) => match integer_within(value, &range) {
                Ok(integer) => Some(Some(integer)),
                Err(invalid) => self.reject(name, invalid),
            },
        }
    }

    /// Reads a whole number that can be absent or `null`.
    pub fn optional_integer(&mut self, name: &'static str) -> Option<Option<i64>> {
        match self.member(name) {
            None | Some(Value::Null) => Some(None),
            Some(value) => match integer(value) {
                Ok(integer) => Some(Some(integer)),
                Err(invalid) => self.reject(name, invalid),
            },
        }
    }

    /// Reads an id that can be absent or `null`.
    pub fn optional_id<T: FromStr<Err = InvalidValue>>(&mut self, name: &'static str) -> Option<Option<T>> {
        let id = match self.member(name) {
            None | Some(Value::Null) => return Some(None),
            Some(value) => integer(value).and_then(|id| id.to_string().parse()),
        };
        match id {
            Ok(id) => Some(Some(id)),
            Err(invalid) => self.reject(name, invalid),
        }
    }

    /// Reads a required id.
    pub fn id<T: FromStr<Err = InvalidValue>>(&mut self, name: &'static str) -> Option<T> {
        match self.optional_id(name)? {
            Some(id) => Some(id),
            None => self.reject(name, Code::Required.with_detail("is required")),
        }
    }

    /// Records a violation if the member is absent. It can be `null`.
    pub fn require(&mut self, name: &str) {
        if !self.has(name) {
            self.reject::<()>(name, Code::Required.with_detail("is required"));
        }
    }

    /// Reads a boolean that can be absent or `null`.
    pub fn optional_boolean(&mut self, name: &'static str) -> Option<Option<bool>> {
        match self.member(name) {
            None | Some(Value::Null) => Some(None),
            Some(Value::Bool(boolean)) => Some(Some(*boolean)),
            Some(_) => self.reject(name, Code::WrongType.with_detail("must be true or false")),
        }
    }

    /// Reads a list of at most `most` different whole numbers within a range. It can be absent or `null`.
    pub fn optional_integers_within(
        &mut self,
        name: &'static str,
        range: &RangeInclusive<i64>,
        most: usize,
    ) -> Option<Option<Vec<i64>>> {
        let elements = match self.member(name) {
            None | Some(Value::Null) => return Some(None),
            Some(Value::Array(elements)) => elements.clone(),
            Some(_) => return self.reject(name, Code::WrongType.with_detail("must be a list of whole numbers")),
        };
        if elements.len() > most {
            return self.reject(name, Code::TooLong.with_detail(format!("must have at most {most} elements")));
        }
        let (mut integers, mut violations) = (Vec::new(), Vec::new());
        for (index, element) in elements.iter().enumerate() {
            match integer_within(element, range) {
                Ok(integer) if integers.contains(&integer) => {
                    let repeated = Code::Repeated.with_detail("must differ from the other elements");
                    violations.push(Violation::new(&index.to_string(), repeated));
                }
                Ok(integer) => integers.push(integer),
                Err(invalid) => violations.push(Violation::new(&index.to_string(), invalid)),
            }
        }
        self.add_violations(name, violations).then_some(Some(integers))
    }

    /// Reads an object that can be absent or `null`, and its members with `read`.
    pub fn optional_object<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<Option<T>> {
        let members = match self.member(name) {
            None | Some(Value::Null) => return Some(None),
            Some(Value::Object(members)) => members.clone(),
            Some(_) => return self.reject(name, Code::WrongType.with_detail("must be an object")),
        };
        let mut object = Self { members, ..Self::default() };
        let value = read(&mut object);
        let value = object.complete(value);
        if self.add_violations(name, object.violations) { value.map(Some) } else { None }
    }

    /// Whether a member is a list.
    pub(crate) fn has_list(&self, name: &str) -> bool {
        self.members.get(name).is_some_and(Value::is_array)
    }

    /// Reads a list of at most `most` objects, and the members of each with `read`.
    pub(crate) fn elements<T>(
        &mut self,
        name: &'static str,
        most: usize,
        read: impl Fn(&mut Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        let elements = match self.member(name) {
            Some(Value::Array(elements)) => elements.clone(),
            _ => return self.reject(name, Code::WrongType.with_detail("must be a list")),
        };
        if elements.len() > most {
            return self.reject(name, Code::TooLong.with_detail(format!("must have at most {most} elements")));
        }
        let (mut values, mut violations) = (Vec::new(), Vec::new());
        for (index, element) in elements.into_iter().enumerate() {
            let mut object = Self::from_element(index, element);
            let value = read(&mut object);
            values.extend(object.complete(value));
            violations.extend(object.violations);
        }
        self.add_violations(name, violations).then_some(values)
    }

    /// Records a violation of a member of an element of a list. Always returns `None`.
    pub(crate) fn reject_element<T>(
        &mut self,
        list: &str,
        index: usize,
        name: &str,
        invalid: InvalidValue,
    ) -> Option<T> {
        let violation = Violation::new(name, invalid).within(&format!("/{index}"));
        self.add_violations(list, vec![violation]);
        None
    }

    /// Records the violations of parts of a member. Returns whether the member is valid.
    fn add_violations(&mut self, name: &str, violations: Vec<Violation>) -> bool {
        let is_valid = violations.is_empty();
        let within = format!("{}/{name}", self.pointer);
        self.violations.extend(violations.into_iter().map(|violation| violation.within(&within)));
        is_valid
    }

    /// Records a violation of a member. Always returns `None`, the value of an invalid member.
    pub fn reject<T>(&mut self, name: &str, invalid: InvalidValue) -> Option<T> {
        if !self.is_not_object {
            self.violations.push(Violation::new(name, invalid).within(&self.pointer));
        }
        None
    }

    /// Returns the error with all violations: the recorded ones, the unknown members, and `others`.
    pub fn invalid(&mut self, others: impl IntoIterator<Item = Violation>) -> Error {
        self.reject_unknown();
        self.violations.extend(others);
        Error::Invalid(std::mem::take(&mut self.violations))
    }

    /// Returns the value that was read, if there is no violation.
    ///
    /// # Errors
    /// [`Error::Invalid`], with every violation.
    pub fn finish<T>(&mut self, value: Option<T>) -> Result<T, Error> {
        self.complete(value).ok_or_else(|| self.invalid([]))
    }

    /// Returns the value that was read, if there is no violation. It is for handlers that add violations of their own
    /// with [`Input::invalid`].
    pub fn complete<T>(&mut self, value: Option<T>) -> Option<T> {
        self.reject_unknown();
        value.filter(|_| self.violations.is_empty())
    }

    /// Records a violation for each member that was not read, and removes the member.
    fn reject_unknown(&mut self) {
        let is_unknown = |name: &&String| !self.read.contains(&name.as_str());
        let names: Vec<String> = self.members.keys().filter(is_unknown).cloned().collect();
        for name in names {
            self.members.remove(&name);
            self.reject::<()>(&name, unknown(&name, &self.read));
        }
    }

    /// Returns the members of an array's element.
    pub(crate) fn from_element(index: usize, element: Value) -> Self {
        let pointer = format!("/{index}");
        match element {
            Value::Object(members) => Self { members, pointer, ..Self::default() },
            _ => {
                let violation = Violation::of_input(Code::WrongType.with_detail("must be an object"));
                Self { violations: vec![violation.within(&pointer)], is_not_object: true, ..Self::default() }
            }
        }
    }
}

/// Converts a whole number. A number beyond 64 bits becomes the nearest number of 64 bits.
fn integer(value: &Value) -> Result<i64, InvalidValue> {
    match (value.as_i64(), value.as_f64()) {
        (Some(integer), _) => Ok(integer),
        // JSON has only one type of number, so 30.0 is 30.
        (None, Some(float)) if float.fract() == 0.0 => Ok(float as i64),
        _ => Err(Code::WrongType.with_detail("must be a whole number")),
    }
}

fn integer_within(value: &Value, range: &RangeInclusive<i64>) -> Result<i64, InvalidValue> {
    let integer = integer(value)?;
    if range.contains(&integer) {
        return Ok(integer);
    }
    Err(Code::OutOfRange.with_detail(format!("must be from {} to {}", range.start(), range.end())))
}
