use rounds_domain::Code;
use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

/// Describes the operations of the functions, as OpenAPI 3.1 does
/// (<https://spec.openapis.org/oas/v3.1.1>). No function is asked for it: the document is written when
/// Rounds is built, and what describes is not in the binaries.
pub struct Api {
    schemas: SchemaGenerator,
    paths: Map<String, Value>,
    tag: &'static str,
}

/// An operation that is being described; [`Operation::done`] puts it into the document.
pub struct Operation<'a> {
    api: &'a mut Api,
    path: &'static str,
    method: &'static str,
    parameters: Vec<Value>,
    responses: Map<String, Value>,
    rest: Map<String, Value>,
}

impl Default for Api {
    fn default() -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        });
        Self { schemas: settings.for_serialize().into_generator(), paths: Map::new(), tag: "" }
    }
}

impl Api {
    /// What follows belongs to a function.
    pub fn function(&mut self, name: &'static str) -> &mut Self {
        self.tag = name;
        self
    }

    /// An operation: the method in lower case, the path as the gateway writes it, the name that clients
    /// give it, and what it does.
    pub fn operation(&mut self, method: &'static str, path: &'static str, id: &str, summary: &str) -> Operation<'_> {
        let rest = json!({ "operationId": id, "summary": summary, "tags": [self.tag], "security": [{ "token": [] }] });
        let Value::Object(rest) = rest else { unreachable!("it is an object") };
        let mut operation = Operation { api: self, path, method, parameters: Vec::new(), responses: Map::new(), rest };
        for part in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
            if !part.ends_with("_id") {
                let parameter = json!({ "name": part, "in": "path", "required": true, "schema": { "type": "string" } });
                operation.parameters.push(parameter);
                continue;
            }
            let what = part.trim_end_matches("_id").replace('_', " ");
            operation.parameters.push(json!({
                "name": part, "in": "path", "required": true, "description": format!("The id of the {what}."),
                "schema": id_schema(),
            }));
        }
        if path.contains('{') {
            operation = operation.problem(404, "not-found");
        }
        operation =
            operation.problem(401, "unauthorized").problem(422, "invalid-input").problem(503, "database-unavailable");
        // What only reads was not made.
        if method == "get" { operation } else { operation.problem(503, "unconfirmed") }
    }

    /// The document.
    pub fn document(mut self, version: &str) -> Value {
        let mut schemas = self.schemas.take_definitions(true);
        schemas.insert("Problem".into(), problem());
        json!({
            "openapi": "3.1.1",
            "info": {
                "title": "Rounds",
                "version": version,
                "summary": "The appointment system of a clinic.",
                "description": DESCRIPTION,
                "contact": { "name": "The clinic's administration" },
            },
            "servers": [{ "url": "/" }],
            "tags": [
                { "name": "auth", "description": "Accounts and sign-in." },
                { "name": "doctors", "description": "Doctors, their days, and the clinic." },
                { "name": "appointments", "description": "Booking, and what becomes of it." },
                { "name": "reports", "description": "Reports and the audit trail, for Admins." },
                { "name": "docs", "description": "What the API says of itself." },
                { "name": "web", "description": "The clinic in the browser." },
            ],
            "paths": self.paths,
            "components": {
                "schemas": schemas,
                "parameters": { "IfNoneMatch": {
                    "name": "If-None-Match", "in": "header", "schema": { "type": "string" },
                    "description": "The `ETag` of an earlier answer, or several: if one is still right, the answer is 304.",
                } },
                "headers": { "ETag": {
                    "description": "Names this answer, for `If-None-Match`.", "schema": { "type": "string" },
                } },
                "responses": { "NotModified": {
                    "description": "The client has the answer that `If-None-Match` names, and it is still right.",
                    "headers": { "ETag": { "$ref": "#/components/headers/ETag" } },
                } },
                "securitySchemes": {
                    "token": {
                        "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                        "description": "The answer to POST /login. Good for an hour; POST /me/token renews it.",
                    },
                },
            },
        })
    }
}

impl Operation<'_> {
    /// More about it, in Markdown.
    pub fn says(self, description: &str) -> Self {
        self.with("description", json!(description))
    }

    /// Anybody may ask. (Where it is refused, a token that was ended is told so all the same.)
    pub fn open(self) -> Self {
        self.with("security", json!([]))
    }

    /// Anybody may ask, and with a token may ask for more.
    pub fn open_to_more(self) -> Self {
        self.with("security", json!([{}, { "token": [] }]))
    }

    /// Anybody may ask, and nothing is asked of the database.
    pub fn alone(self) -> Self {
        let mut operation = self.open();
        operation.responses.remove("401");
        operation.responses.remove("503");
        operation
    }

    /// The same for a page or a part of one. Whatever is in its query is ignored, as links get parameters
    /// of others on their way.
    pub fn page(self) -> Self {
        let mut operation = self.alone();
        operation.responses.remove("422");
        operation
    }

    /// Only these accounts may.
    pub fn only(self, who: &str) -> Self {
        let operation = self.problem(403, "forbidden");
        let summary = operation.rest["summary"].as_str().unwrap_or_default();
        let description = match operation.rest.get("description").and_then(Value::as_str) {
            Some(description) => format!("For {who}. {description}"),
            None => format!("For {who}. {summary}."),
        };
        operation.with("description", json!(description))
    }

    /// A parameter of the query, by its JSON Schema.
    pub fn query(mut self, name: &str, description: &str, schema: Value) -> Self {
        self.parameters.push(json!({ "name": name, "in": "query", "description": description, "schema": schema }));
        self
    }

    /// The day that it is about.
    pub fn dated(mut self) -> Self {
        self.parameters.push(json!({
            "name": "date", "in": "query", "required": true, "schema": date_schema(),
            "description": "The day: `YYYY-MM-DD`, or a timestamp that it contains.",
        }));
        self.problem(400, "malformed-request")
    }

    /// The bounds of a list.
    pub fn between(self) -> Self {
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

    /// Whether the appointment has changed since it was read.
    pub fn if_match(self) -> Self {
        let about = "The `ETag` of the appointment as it was read: it is changed only if it still is so.";
        self.header("If-Match", about, json!({ "type": "string", "example": "\"1\"" }))
            .problem(412, "appointment-changed")
    }

    /// A JSON body, by its JSON Schema.
    pub fn body(self, schema: Value) -> Self {
        let body = json!({ "required": true, "content": { "application/json": { "schema": closed(schema) } } });
        self.with("requestBody", body)
            .problem(400, "malformed-request")
            .problem(413, "content-too-large")
            .problem(415, "unsupported-media-type")
    }

    /// The same, that may be left out.
    pub fn optional_body(self, schema: Value) -> Self {
        let mut operation = self.body(schema);
        operation.rest["requestBody"]["required"] = json!(false);
        operation
    }

    /// A success with a JSON document.
    pub fn answers<T: JsonSchema>(self, status: u16, description: &str) -> Self {
        let schema = json!(self.api.schemas.subschema_for::<T>());
        self.answers_with(status, description, "application/json", schema)
    }

    /// A success of another type, or of several.
    pub fn answers_with(mut self, status: u16, description: &str, content_type: &str, schema: Value) -> Self {
        let response =
            self.responses.entry(status.to_string()).or_insert_with(|| json!({ "description": description }));
        response["content"][content_type] = json!({ "schema": schema });
        self
    }

    /// A success without a body.
    pub fn answers_nothing(mut self, description: &str) -> Self {
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
    pub fn leads_to(mut self, status: u16, operation: &str, parameter: &str, expression: &str) -> Self {
        let link = json!({ "operationId": operation, "parameters": { parameter: expression } });
        self.responses.entry(status.to_string()).or_insert_with(|| json!({}))["links"][operation] = link;
        self
    }

    /// A list that is read page by page: of so many, from a place on.
    pub fn paged<T: JsonSchema>(self, description: &str) -> Self {
        let limit = json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 50 });
        let next = "Where there is more: `<…>; rel=\"next\"` (RFC 8288).";
        self.query("limit", "How many at most.", limit)
            .query("after", "From where on: as the `Link` of the page before has it.", json!({ "type": "string" }))
            .answers::<Vec<T>>(200, description)
            .with_header(200, "Link", next, json!({ "type": "string" }))
    }

    /// An appointment, with its version.
    pub fn answers_appointment<T: JsonSchema>(self, description: &str) -> Self {
        let about = "Names its version, for `If-Match`, and this answer, for `If-None-Match`.";
        self.answers::<T>(200, description).with_header(200, "ETag", about, json!({ "type": "string" }))
    }

    /// A refusal: the status, and the last part of the problem's `type`.
    pub fn problem(mut self, status: u16, kind: &str) -> Self {
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
        let name = format!("`{kind}`");
        if !described.contains(&name) {
            response["description"] =
                json!([described, &name].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", "));
        }
        self
    }

    /// Puts it into the document.
    pub fn done(mut self) {
        if self.method == "get" {
            self.parameters.push(json!({ "$ref": "#/components/parameters/IfNoneMatch" }));
            let headers = &mut self.responses.entry("200").or_insert_with(|| json!({}))["headers"];
            if headers["ETag"].is_null() {
                headers["ETag"] = json!({ "$ref": "#/components/headers/ETag" });
            }
            self.responses.insert("304".into(), json!({ "$ref": "#/components/responses/NotModified" }));
        }
        let summary = format!("{}.", self.rest["summary"].as_str().unwrap_or_default());
        self.rest.entry("description").or_insert(json!(summary));
        self.rest.insert("parameters".into(), json!(self.parameters));
        self.rest.insert("responses".into(), json!(self.responses));
        let path = self.api.paths.entry(self.path).or_insert_with(|| json!({}));
        path[self.method] = Value::Object(self.rest);
    }

    fn with(mut self, name: &str, value: Value) -> Self {
        self.rest.insert(name.into(), value);
        self
    }
}

/// The schema of what a client sends: other members than these are refused.
fn closed(mut schema: Value) -> Value {
    if schema["properties"].is_object() {
        schema["additionalProperties"] = json!(false);
    }
    if let Some(items) = schema.get_mut("items") {
        *items = closed(items.take());
    }
    schema
}

/// A positive integer that the database can hold.
pub fn id_schema() -> Value {
    json!({ "type": "integer", "format": "int64", "minimum": 1 })
}

/// A text of one line, or, with `lines`, of several.
pub fn text_schema(longest: u64, lines: bool) -> Value {
    let control = if lines { r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f" } else { r"\x00-\x1f\x7f-\x9f" };
    let pattern = format!(r"^[^{control}]*[^\s{control}][^{control}]*$");
    json!({ "type": "string", "minLength": 1, "maxLength": longest, "pattern": pattern })
}

/// The same, or `null`.
pub fn optional_text_schema(longest: u64, lines: bool) -> Value {
    let mut schema = text_schema(longest, lines);
    schema["type"] = json!(["string", "null"]);
    schema
}

/// A day, or a moment.
pub fn date_schema() -> Value {
    json!({ "anyOf": [{ "type": "string", "format": "date" }, { "type": "string", "format": "date-time" }] })
}

/// A moment, with its offset, on a whole minute.
pub fn moment_schema() -> Value {
    json!({ "type": "string", "format": "date-time", "examples": ["2030-01-08T10:00:00+01:00"] })
}

/// The codes of violations, each with what it means.
fn violation_code() -> Value {
    let words: Vec<_> = Code::ALL.iter().map(|code| code.word()).collect();
    let meanings: Vec<_> = Code::ALL.iter().map(|code| format!("- `{}`: {}", code.word(), code.meaning())).collect();
    let about = "What kind of violation it is, for programs. Others may be added.";
    json!({ "type": "string", "examples": words, "description": format!("{about}\n\n{}", meanings.join("\n")) })
}

fn problem() -> Value {
    json!({
        "description": "What is wrong, and what to do about it (RFC 9457).",
        "type": "object",
        "required": ["type", "title", "status", "detail", "request_id"],
        "properties": {
            "type": { "type": "string", "format": "uri-reference", "description": "A page that tells more: `/problems/{type}`." },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string", "description": "What to do next." },
            "request_id": { "type": "string", "description": "By which the clinic finds the request in its log." },
            "errors": {
                "description": "Of invalid input: every violation.",
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["pointer", "code", "detail"],
                    "properties": {
                        "pointer": { "type": "string", "description": "JSON Pointer (RFC 6901) to the member or parameter." },
                        "code": violation_code(),
                        "detail": { "type": "string", "description": "What the member must be, in English." },
                    },
                },
            },
            "violations": { "description": "Of a refused booking: the types of all conflicts.", "type": "array", "items": { "type": "string" } },
            "alternatives": {
                "description": "Of a refused booking: the nearest times that can be booked.",
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["start_date", "duration"],
                    "properties": { "start_date": { "type": "string", "format": "date-time" }, "duration": { "type": "integer" } },
                },
            },
            "appointments": { "description": "Of refused time off: what is booked then.", "type": "array", "items": id_schema() },
        },
    })
}

const DESCRIPTION: &str = "\
Patients book doctors, doctors see their day, admins see the clinic.

**Times** come and go as RFC 3339 with an offset; answers are in the clinic's time zone. A day is the clinic's \
calendar day. **Lists** have 50 rows, or `limit`; `Link` leads to the next page. **Errors** are problem documents \
(RFC 9457), whose `type` is the path of a page that explains them. `OPTIONS` and `HEAD` are answered everywhere; \
another method by 405, with `Allow`. A member or a parameter that an operation does not know is refused with 422, \
and a member twice in one object with 400. Every answer to a `GET` has an `ETag`; while it is still right, \
`If-None-Match` with that tag is answered by 304.

What is going to change is marked `deprecated` here, and its answers have a `Deprecation` header (RFC 9745) and a \
`Sunset` header (RFC 8594) at least half a year before.";
