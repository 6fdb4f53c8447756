use serde_json::Value;

use super::Access;

/// A good request of a route. Tests, the fuzzer and the benchmark send it, and the document shows it.
///
/// In braces stands what each sender fills in: the parameters of the path by their names, `{day}` (a day ahead
/// that nothing is booked on), `{email}` and `{password}` (those of an account), `{new_email}`,
/// `{deactivated}` (an account that was), `{appointment}` (one that has not started) and `{started}` (one that has).
#[derive(Clone, Debug, Default)]
pub struct Sample {
    /// What distinguishes it from the route's other samples; empty for the usual one.
    pub name: &'static str,
    /// Who may send it, where that is not who may use the route.
    pub access: Option<Access>,
    query: &'static str,
    body: Option<Value>,
    parameters: Vec<(&'static str, &'static str)>,
}

impl Sample {
    /// With a query.
    pub fn query(query: &'static str) -> Self {
        Self { query, ..Self::default() }
    }

    /// With a JSON body.
    pub fn body(body: Value) -> Self {
        Self { body: Some(body), ..Self::default() }
    }

    /// With a parameter of the path that no sender knows, or another than it would take.
    pub fn with(mut self, parameter: &'static str, value: &'static str) -> Self {
        self.parameters.push((parameter, value));
        self
    }

    /// One more of a route, which only some may send.
    pub fn named(self, name: &'static str, access: Access) -> Self {
        Self { name, access: Some(access), ..self }
    }

    /// The path of the route and the query, filled in.
    pub fn target(&self, path: &str, value: &mut impl FnMut(&str) -> String) -> String {
        let path: Vec<String> = path
            .split('/')
            .map(|part| {
                let given = self.parameters.iter().find(|(name, _)| part == format!("{{{name}}}"));
                filled(given.map_or(part, |(_, value)| value), value)
            })
            .collect();
        let query = filled(self.query, value);
        if query.is_empty() { path.join("/") } else { format!("{}?{query}", path.join("/")) }
    }

    /// The body, filled in.
    pub fn json(&self, value: &mut impl FnMut(&str) -> String) -> Option<Value> {
        self.body.as_ref().map(|body| filled_json(body, value))
    }
}

fn filled_json(json: &Value, value: &mut impl FnMut(&str) -> String) -> Value {
    match json {
        Value::String(text) => Value::String(filled(text, value)),
        Value::Array(items) => items.iter().map(|item| filled_json(item, value)).collect(),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(name, member)| (name.clone(), filled_json(member, value))).collect())
        }
        other => other.clone(),
    }
}

/// A text with what is in braces replaced.
fn filled(text: &str, value: &mut impl FnMut(&str) -> String) -> String {
    let mut rest = text;
    let mut filled = String::new();
    while let Some((before, name, after)) = braced(rest) {
        filled = filled + before + &value(name);
        rest = after;
    }
    filled + rest
}

fn braced(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}
