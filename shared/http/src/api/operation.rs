use schemars::JsonSchema;
use serde_json::{Map, Value, json};

use super::{
    Access, Actor, Api, Route, Sample,
    schemas::{closed, date_schema, id_schema},
};
use crate::{Kind, Verb};

/// What a sample's braces stand for in the document.
const SHOWN: [(&str, &str); 5] = [
    ("day", "2030-01-08"),
    ("email", "ada@example.org"),
    ("new_email", "ada@example.org"),
    ("password", "correct horse"),
    ("appointment", "1"),
];

/// A route that is about to be described.
pub struct Declaration<'a> {
    api: &'a mut Api,
    verb: Verb,
    path: &'static str,
}

/// A route that is being described.
pub struct Operation<'a> {
    api: &'a mut Api,
    verb: Verb,
    path: &'static str,
    access: Access,
    has_database: bool,
    is_page: bool,
    has_date: bool,
    samples: Vec<Sample>,
    parameters: Vec<Value>,
    responses: Map<String, Value>,
    rest: Map<String, Value>,
}

impl<'a> Declaration<'a> {
    pub(super) fn new(api: &'a mut Api, verb: Verb, path: &'static str) -> Self {
        Self { api, verb, path }
    }

    /// The name that clients give the operation, what it does, and who may use it.
    pub fn named(self, id: &str, summary: &str, access: Access) -> Operation<'a> {
        let Self { api, verb, path } = self;
        let mut rest = Map::new();
        rest.insert("operationId".into(), json!(id));
        rest.insert("summary".into(), json!(summary));
        rest.insert("tags".into(), json!([api.function]));
        rest.insert(
            "security".into(),
            match (access.allows(Actor::Anonymous), access.more_with_token) {
                (false, _) => json!([{ "token": [] }]),
                (true, false) => json!([]),
                (true, true) => json!([{}, { "token": [] }]),
            },
        );
        let parameters = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let mut operation = Operation {
            verb,
            path,
            access,
            has_database: true,
            is_page: false,
            has_date: false,
            samples: Vec::new(),
            parameters: parameters.map(path_parameter).collect(),
            responses: Map::new(),
            rest,
            api,
        };
        if path.contains('{') {
            operation = operation.problem(Kind::NotFound);
        }
        if access.words.is_some() {
            operation = operation.problem(Kind::Forbidden);
        }
        operation =
            operation.problem(Kind::Unauthorized).problem(Kind::InvalidInput).problem(Kind::DatabaseUnavailable);
        // A read changes nothing.
        if matches!(verb, Verb::Get) { operation } else { operation.problem(Kind::Unconfirmed) }
    }
}

fn path_parameter(name: &str) -> Value {
    match name.strip_suffix("_id") {
        Some(what) => json!({
            "name": name, "in": "path", "required": true,
            "description": format!("The id of the {}.", what.replace('_', " ")), "schema": id_schema(),
        }),
        None => json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }),
    }
}

impl Operation<'_> {
    /// More about it, in Markdown.
    pub fn description(self, description: &str) -> Self {
        self.with("description", json!(description))
    }

    /// Nothing is asked of the database.
    pub fn without_database(mut self) -> Self {
        self.has_database = false;
        self.responses.remove("401");
        self.responses.remove("503");
        self
    }

    /// The same for a page or a part of one. Whatever is in its query is ignored, as links get parameters
    /// of others on their way.
    pub fn page(self) -> Self {
        let mut operation = self.without_database();
        operation.is_page = true;
        operation.responses.remove("422");
        operation
    }

    /// A parameter of the query, by its JSON Schema.
    pub fn query(mut self, name: &str, description: &str, schema: Value) -> Self {
        self.parameters.push(json!({ "name": name, "in": "query", "description": description, "schema": schema }));
        self
    }

    /// The day that it is about. Unless told otherwise, a sample asks for `{day}`.
    pub fn date(mut self) -> Self {
        self.has_date = true;
        self.parameters.push(json!({
            "name": "date", "in": "query", "required": true, "schema": date_schema(),
            "description": "The day: `YYYY-MM-DD`, or a timestamp that it contains.",
        }));
        self.problem(Kind::MalformedRequest)
    }

    /// The bounds of a list.
    pub fn date_range(self) -> Self {
        self.query("from", "Only from this day on, or from this moment.", date_schema()).query(
            "to",
            "Only up to this day, which counts, or to this moment, which does not.",
            date_schema(),
        )
    }

    /// A header that may be sent.
    pub fn header(mut self, name: &str, description: &str, schema: Value) -> Self {
        self.parameters.push(json!({ "name": name, "in": "header", "description": description, "schema": schema }));
        self
    }

    /// A good request. Without one, the route's path is enough, with its day where it is [`dated`](Self::dated).
    pub fn sample(mut self, sample: Sample) -> Self {
        self.samples.push(sample);
        self
    }

    /// A JSON body, by its JSON Schema; the samples' bodies are its examples.
    pub fn body(self, schema: Value) -> Self {
        let body = json!({ "required": true, "content": { "application/json": { "schema": closed(schema) } } });
        self.with("requestBody", body)
            .problem(Kind::MalformedRequest)
            .problem(Kind::ContentTooLarge)
            .problem(Kind::UnsupportedMediaType)
    }

    /// The same, that may be left out.
    pub fn optional_body(self, schema: Value) -> Self {
        let mut operation = self.body(schema);
        operation.rest["requestBody"]["required"] = json!(false);
        operation
    }

    /// A success with a JSON document.
    pub fn response<T: JsonSchema>(self, status: u16, description: &str) -> Self {
        let schema = json!(self.api.schemas.subschema_for::<T>());
        self.response_with(status, description, "application/json", schema)
    }

    /// A success of another type, or of several.
    pub fn response_with(mut self, status: u16, description: &str, content_type: &str, schema: Value) -> Self {
        let response =
            self.responses.entry(status.to_string()).or_insert_with(|| json!({ "description": description }));
        response["content"][content_type] = json!({ "schema": schema });
        self
    }

    /// A success without a body.
    pub fn empty_response(mut self, description: &str) -> Self {
        self.responses.insert("204".into(), json!({ "description": description }));
        self
    }

    /// A header of a success.
    pub fn with_header(mut self, status: u16, name: &str, description: &str, schema: Value) -> Self {
        let header = json!({ "description": description, "schema": schema });
        self.responses.entry(status.to_string()).or_insert_with(|| json!({}))["headers"][name] = header;
        self
    }

    /// That what a success answers is where another operation begins: its parameter is the answer's value
    /// at a runtime expression.
    pub fn link(mut self, status: u16, operation: &str, parameter: &str, expression: &str) -> Self {
        let link = json!({ "operationId": operation, "parameters": { parameter: expression } });
        self.responses.entry(status.to_string()).or_insert_with(|| json!({}))["links"][operation] = link;
        self
    }

    /// A list that is read page by page: of so many, from a place on.
    pub fn list_response<T: JsonSchema>(self, description: &str) -> Self {
        let limit = json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 50 });
        let next = "Where there is more: `<…>; rel=\"next\"` (RFC 8288).";
        self.query("limit", "How many at most.", limit)
            .query("after", "From where on: as the `Link` of the page before has it.", json!({ "type": "string" }))
            .response::<Vec<T>>(200, description)
            .with_header(200, "Link", next, json!({ "type": "string" }))
    }

    /// A refusal.
    pub fn problem(mut self, kind: Kind) -> Self {
        let status = kind.status().as_u16();
        let response = self.responses.entry(status.to_string()).or_insert_with(|| {
            let mut response = json!({
                "description": "",
                "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
            });
            if status == 401 {
                let header = json!({ "schema": { "type": "string", "const": "Bearer" } });
                response["headers"]["WWW-Authenticate"] = header;
            }
            if [429, 503].contains(&status) {
                let seconds = json!({ "type": "integer", "minimum": 1 });
                response["headers"]["Retry-After"] =
                    json!({ "description": "Seconds until it makes sense to try again.", "schema": seconds });
            }
            response
        });
        let described = response["description"].as_str().unwrap_or_default();
        let name = format!("`{}`", kind.word());
        if !described.contains(&name) {
            response["description"] =
                json!([described, &name].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", "));
        }
        self
    }

    /// Puts it into the document, and among the routes.
    pub(super) fn done(mut self) {
        if self.verb == Verb::Get {
            self.parameters.push(json!({ "$ref": "#/components/parameters/IfNoneMatch" }));
            let headers = &mut self.responses.entry("200").or_insert_with(|| json!({}))["headers"];
            if headers["ETag"].is_null() {
                headers["ETag"] = json!({ "$ref": "#/components/headers/ETag" });
            }
            self.responses.insert("304".into(), json!({ "$ref": "#/components/responses/NotModified" }));
        }
        self.describe();
        if self.samples.is_empty() {
            self.samples.push(Sample::query(if self.has_date { "date={day}" } else { "" }));
        }
        self.show_samples();
        self.rest.insert("parameters".into(), json!(self.parameters));
        let status = self.responses.keys().filter_map(|status| status.parse().ok()).min().unwrap_or_default();
        self.rest.insert("responses".into(), json!(self.responses));
        let route = Route {
            function: self.api.function,
            verb: self.verb,
            path: self.path,
            access: self.access,
            status,
            has_database: self.has_database,
            is_page: self.is_page,
            samples: self.samples,
        };
        self.api.add(route, self.rest);
    }

    /// Says who may use it, and something in any case.
    fn describe(&mut self) {
        let text = |member| self.rest.get(member).and_then(Value::as_str);
        let summary = format!("{}.", text("summary").unwrap_or_default());
        let description = text("description").unwrap_or(&summary);
        let description = match self.access.words {
            Some(words) => format!("For {words}. {description}"),
            None => description.to_owned(),
        };
        self.rest.insert("description".into(), json!(description));
    }

    /// The bodies of the samples as examples of the body.
    fn show_samples(&mut self) {
        let mut shown = |name: &str| {
            let value = SHOWN.iter().find(|(shown, _)| *shown == name);
            value.map_or_else(|| format!("{{{name}}}"), |(_, value)| (*value).to_owned())
        };
        let usual = self.samples.iter().filter(|sample| sample.name.is_empty());
        let examples: Vec<Value> = usual.filter_map(|sample| sample.json(&mut shown)).collect();
        if let Some(body) = self.rest.get_mut("requestBody").filter(|_| !examples.is_empty()) {
            body["content"]["application/json"]["schema"]["examples"] = json!(examples);
        }
    }

    fn with(mut self, name: &str, value: Value) -> Self {
        self.rest.insert(name.into(), value);
        self
    }
}
