use schemars::JsonSchema;
use serde_json::{Map, Value, json};

use super::{
    Access, Actor, Api, Route, Sample,
    schemas::{closed, date_schema, id_schema},
};
use crate::{Column, Kind, Verb};

/// The values of a sample's placeholders in the document.
const EXAMPLE_VALUES: [(&str, &str); 7] = [
    ("day", "2030-01-08"),
    ("email", "ada@example.org"),
    ("new_email", "ada@example.org"),
    ("password", "correct horse"),
    ("appointment", "1"),
    ("verification", "Q2hvb3NlIGEgc2VjcmV0IG9mIDI1NiByYW5kb20gYml"),
    ("reset", "Q2hvb3NlIGEgc2VjcmV0IG9mIDI1NiByYW5kb20gYml"),
];

/// A route without a description yet. [`named`](Self::named) begins the description.
pub struct Declaration<'a> {
    api: &'a mut Api,
    verb: Verb,
    path: &'static str,
}

/// The description of a route: a builder of an OpenAPI operation.
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
    /// The other members of the operation.
    rest: Map<String, Value>,
}

impl<'a> Declaration<'a> {
    pub(super) fn new(api: &'a mut Api, verb: Verb, path: &'static str) -> Self {
        Self { api, verb, path }
    }

    /// Sets the operation id, the summary and who may use the route.
    pub fn named(self, id: &str, summary: &str, access: Access) -> Operation<'a> {
        let Self { api, verb, path } = self;
        let mut rest = Map::new();
        rest.insert("operationId".into(), json!(id));
        rest.insert("summary".into(), json!(summary));
        rest.insert("tags".into(), json!([api.function]));
        rest.insert(
            "security".into(),
            match (access.allows(Actor::Anonymous), access.token_is_optional) {
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
        // `unconfirmed` is only for changes.
        if matches!(verb, Verb::Get) { operation } else { operation.problem(Kind::Unconfirmed) }
    }
}

fn path_parameter(name: &str) -> Value {
    match name.strip_suffix("_id") {
        Some(noun) => json!({
            "name": name, "in": "path", "required": true,
            "description": format!("The id of the {}.", noun.replace('_', " ")), "schema": id_schema(),
        }),
        None => json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }),
    }
}

impl Operation<'_> {
    /// Sets the description, in Markdown.
    pub fn description(self, description: &str) -> Self {
        self.with("description", json!(description))
    }

    /// Declares that the route does not use the database.
    pub fn without_database(mut self) -> Self {
        self.has_database = false;
        self.responses.remove("401");
        self.responses.remove("503");
        self
    }

    /// Declares a page or an asset of one, without a database. Its query is ignored, because other programs add
    /// parameters to links.
    pub fn page(self) -> Self {
        let mut operation = self.without_database();
        operation.is_page = true;
        operation.responses.remove("422");
        operation
    }

    /// Declares a query parameter with its JSON Schema.
    pub fn query(mut self, name: &str, description: &str, schema: Value) -> Self {
        self.parameters.push(json!({ "name": name, "in": "query", "description": description, "schema": schema }));
        self
    }

    /// Declares the required query parameter `date`. The default sample sends `{day}`.
    pub fn date(mut self) -> Self {
        self.has_date = true;
        self.parameters.push(json!({
            "name": "date", "in": "query", "required": true, "schema": date_schema(),
            "description": "The day: `YYYY-MM-DD`, or a timestamp on that day.",
        }));
        self.problem(Kind::MalformedRequest)
    }

    /// Declares the query parameters `from` and `to` of a list.
    pub fn date_range(self) -> Self {
        self.query("from", "Return only entries from this day or timestamp on.", date_schema()).query(
            "to",
            "Return only entries up to and including this day, or before this timestamp.",
            date_schema(),
        )
    }

    /// Describes a parameter of the path, with its JSON Schema.
    pub fn path_parameter(mut self, name: &str, description: &str, schema: Value) -> Self {
        for parameter in self.parameters.iter_mut().filter(|parameter| parameter["name"] == name) {
            parameter["description"] = json!(description);
            parameter["schema"] = schema.clone();
        }
        self
    }

    /// Declares an optional request header.
    pub fn request_header(mut self, name: &str, description: &str, schema: Value) -> Self {
        self.parameters.push(json!({ "name": name, "in": "header", "description": description, "schema": schema }));
        self
    }

    /// Adds a valid request. The default sample is the route's path, with `date={day}` after [`date`](Self::date).
    pub fn sample(mut self, sample: Sample) -> Self {
        self.samples.push(sample);
        self
    }

    /// Declares a required JSON body with its JSON Schema. The samples' bodies become its examples.
    pub fn body(self, schema: Value) -> Self {
        let body = json!({ "required": true, "content": { "application/json": { "schema": closed(schema) } } });
        self.with("requestBody", body)
            .problem(Kind::MalformedRequest)
            .problem(Kind::ContentTooLarge)
            .problem(Kind::UnsupportedMediaType)
    }

    /// Declares an optional JSON body.
    pub fn optional_body(self, schema: Value) -> Self {
        let mut operation = self.body(schema);
        operation.rest["requestBody"]["required"] = json!(false);
        operation
    }

    /// Declares a success with a JSON document.
    pub fn response<T: JsonSchema>(self, status: u16, description: &str) -> Self {
        let schema = json!(self.api.schemas.subschema_for::<T>());
        self.response_with(status, description, "application/json", schema)
    }

    /// Declares a success with another content type. A route can have several content types.
    pub fn response_with(mut self, status: u16, description: &str, content_type: &str, schema: Value) -> Self {
        let response =
            self.responses.entry(status.to_string()).or_insert_with(|| json!({ "description": description }));
        response["content"][content_type] = json!({ "schema": schema });
        self
    }

    /// Declares a success without a body.
    pub fn empty_response(mut self, status: u16, description: &str) -> Self {
        self.responses.insert(status.to_string(), json!({ "description": description }));
        self
    }

    /// Declares a header of a success.
    pub fn response_header(mut self, status: u16, name: &str, description: &str, schema: Value) -> Self {
        let header = json!({ "description": description, "schema": schema });
        self.responses.entry(status.to_string()).or_insert_with(|| json!({}))["headers"][name] = header;
        self
    }

    /// Declares a link from a success to another operation (OpenAPI's Link Object). The value of its `parameter` is
    /// the runtime expression `expression`.
    pub fn link(mut self, status: u16, operation: &str, parameter: &str, expression: &str) -> Self {
        let link = json!({ "operationId": operation, "parameters": { parameter: expression } });
        self.responses.entry(status.to_string()).or_insert_with(|| json!({}))["links"][operation] = link;
        self
    }

    /// Declares a list in pages: its parameters `limit` and `after`, and its `Link` header.
    pub fn list_response<T: JsonSchema>(self, description: &str) -> Self {
        let limit = json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 50 });
        let next = "The next page, if there is one: `<…>; rel=\"next\"` (RFC 8288).";
        let after = "The cursor of the next page. Use the URL in the `Link` header of the previous page.";
        self.query("limit", "The maximum number of entries in the response.", limit)
            .query("after", after, json!({ "type": "string" }))
            .response::<Vec<T>>(200, description)
            .response_header(200, "Link", next, json!({ "type": "string" }))
    }

    /// Declares that a list is answered as CSV with these columns if the client prefers it.
    pub fn or_csv(self, columns: &[Column]) -> Self {
        let names: Vec<_> = columns.iter().map(|column| format!("`{}`", column.name())).collect();
        let about = format!(
            "With `Accept: text/csv`: a header row and the columns {}. `null` is an empty cell. A text that begins with \
             `=`, `+`, `-`, `@` or a tab has an apostrophe in front, so that no spreadsheet takes it for a formula. \
             Phone numbers have none.",
            names.join(", ")
        );
        self.response_with(200, "", "text/csv", json!({ "type": "string", "description": about }))
    }

    /// Declares a problem.
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
                    json!({ "description": "The number of seconds to wait before trying again.", "schema": seconds });
            }
            response
        });
        let names = response["description"].as_str().unwrap_or_default();
        let name = format!("`{}`", kind.word());
        if !names.contains(&name) {
            response["description"] =
                json!([names, &name].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", "));
        }
        self
    }

    /// Adds the operation to the document and to the list of routes.
    pub(super) fn done(mut self) {
        if self.verb == Verb::Get {
            self.parameters.push(json!({ "$ref": "#/components/parameters/IfNoneMatch" }));
            let headers = &mut self.responses.entry("200").or_insert_with(|| json!({}))["headers"];
            if headers["ETag"].is_null() {
                headers["ETag"] = json!({ "$ref": "#/components/headers/ETag" });
            }
            self.responses.insert("304".into(), json!({ "$ref": "#/components/responses/NotModified" }));
        }
        self.complete_description();
        if self.samples.is_empty() {
            self.samples.push(Sample::query(if self.has_date { "date={day}" } else { "" }));
        }
        self.add_examples();
        self.rest.insert("parameters".into(), json!(self.parameters));
        // A dry run answers 200, and the request itself 201.
        let statuses = self.responses.keys().filter_map(|status| status.parse().ok());
        let status = statuses.filter(|status| *status < 300).max().unwrap_or_default();
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

    /// Adds the allowed accounts at the beginning of the description. The default description is the summary.
    fn complete_description(&mut self) {
        let text = |member| self.rest.get(member).and_then(Value::as_str);
        let summary = format!("{}.", text("summary").unwrap_or_default());
        let description = text("description").unwrap_or(&summary);
        let description = match self.access.words {
            Some(words) => format!("For {words}. {description}"),
            None => description.to_owned(),
        };
        self.rest.insert("description".into(), json!(description));
    }

    /// Adds the bodies of the usual samples as examples of the body.
    fn add_examples(&mut self) {
        let mut example_value = |name: &str| {
            let value = EXAMPLE_VALUES.iter().find(|(placeholder, _)| *placeholder == name);
            value.map_or_else(|| format!("{{{name}}}"), |(_, value)| (*value).to_owned())
        };
        let usual = self.samples.iter().filter(|sample| sample.name.is_empty());
        let examples: Vec<Value> = usual.filter_map(|sample| sample.json(&mut example_value)).collect();
        if let Some(body) = self.rest.get_mut("requestBody").filter(|_| !examples.is_empty()) {
            body["content"]["application/json"]["schema"]["examples"] = json!(examples);
        }
    }

    fn with(mut self, name: &str, value: Value) -> Self {
        self.rest.insert(name.into(), value);
        self
    }
}
