use serde_json::Value;

use super::Access;

/// A valid request of a route. Tests, the fuzzer and the benchmark send it, and its body is an example in the document.
///
/// Names in braces are placeholders that each sender fills in: the parameters of the path by their names, `{day}` (a
/// future day without appointments), `{email}` and `{password}` (of an existing account), `{new_email}`,
/// `{verification}` and `{reset}` (the token of a link that verifies an email, and of one that sets a password),
/// `{deactivated}` (the id of a deactivated account), `{without_login}` (the id of a patient who has an email and no login),
/// `{appointment}` (the id of an appointment that has not started)
/// and `{started}` (the id of an appointment that has started).
#[derive(Clone, Debug, Default)]
pub struct Sample {
    /// The name among the route's samples. Empty for the usual sample.
    pub name: &'static str,
    /// Who may send the sample, if that differs from who may use the route.
    pub access: Option<Access>,
    query: &'static str,
    body: Option<Value>,
    parameters: Vec<(&'static str, &'static str)>,
}

impl Sample {
    /// Returns a sample with a query.
    pub fn query(query: &'static str) -> Self {
        Self { query, ..Self::default() }
    }

    /// Returns a sample with a JSON body.
    pub fn body(body: Value) -> Self {
        Self { body: Some(body), ..Self::default() }
    }

    /// Sets the value of a path parameter: one that senders have no value for, or that must not have their usual value.
    pub fn with(mut self, parameter: &'static str, value: &'static str) -> Self {
        self.parameters.push((parameter, value));
        self
    }

    /// Returns an additional sample of a route, with its own name and access.
    pub fn named(self, name: &'static str, access: Access) -> Self {
        Self { name, access: Some(access), ..self }
    }

    /// Returns the path of the route with the query, with the placeholders filled in by `value`.
    pub fn target(&self, path: &str, value: &mut impl FnMut(&str) -> String) -> String {
        let path: Vec<String> = path
            .split('/')
            .map(|part| {
                let parameter = self.parameters.iter().find(|(name, _)| part == format!("{{{name}}}"));
                filled(parameter.map_or(part, |(_, value)| value), value)
            })
            .collect();
        let query = filled(self.query, value);
        if query.is_empty() { path.join("/") } else { format!("{}?{query}", path.join("/")) }
    }

    /// Returns the JSON body, with the placeholders filled in by `value`.
    pub fn json(&self, value: &mut impl FnMut(&str) -> String) -> Option<Value> {
        self.body.as_ref().map(|body| filled_json(body, value))
    }
}

fn filled_json(json: &Value, value: &mut impl FnMut(&str) -> String) -> Value {
    match json {
        Value::String(text) => {
            let filled = filled(text, value);
            // An id is a number in JSON.
            match filled.parse::<i64>() {
                Ok(id) if text.starts_with('{') && text.ends_with("_id}") => id.into(),
                _ => Value::String(filled),
            }
        }
        Value::Array(items) => items.iter().map(|item| filled_json(item, value)).collect(),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(name, member)| (name.clone(), filled_json(member, value))).collect())
        }
        other => other.clone(),
    }
}

/// Returns a text with its placeholders filled in.
fn filled(text: &str, value: &mut impl FnMut(&str) -> String) -> String {
    let mut rest = text;
    let mut filled = String::new();
    while let Some((before, name, after)) = split_at_placeholder(rest) {
        filled = filled + before + &value(name);
        rest = after;
    }
    filled + rest
}

fn split_at_placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}
