use std::borrow::Cow;

use rounds_domain::{Code, Language};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

/// Returns the schema of an id: a positive integer of 64 bits.
pub fn id_schema() -> Value {
    json!({ "type": "integer", "format": "int64", "minimum": 1 })
}

/// Returns the schema of a text of one line, or of several with `multiline`.
pub fn text_schema(longest: usize, multiline: bool) -> Value {
    let refused = if multiline {
        r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
    } else {
        r"\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069"
    };
    let pattern = format!(r"^[^{refused}]*[^\s{refused}][^{refused}]*$");
    let description = "At least one character must be visible. The text is stored in the normal form NFC. Its length \
                       is the number of Unicode code points in that form.";
    json!({ "type": "string", "minLength": 1, "maxLength": longest, "pattern": pattern, "description": description })
}

/// Returns the schema of a text that can be `null`.
pub fn optional_text_schema(longest: usize, multiline: bool) -> Value {
    let mut schema = text_schema(longest, multiline);
    schema["type"] = json!(["string", "null"]);
    schema
}

/// Returns the schema of a day or a timestamp.
pub fn date_schema() -> Value {
    json!({ "anyOf": [{ "type": "string", "format": "date" }, { "type": "string", "format": "date-time" }] })
}

/// Returns the schema of a timestamp: with a UTC offset, on a whole minute.
pub fn timestamp_schema() -> Value {
    json!({ "type": "string", "format": "date-time", "examples": ["2030-01-08T10:00:00+01:00"] })
}

/// Returns the schema of a phone number in a request. It can be `null`.
pub fn phone_schema() -> Value {
    json!({
        "type": ["string", "null"], "examples": ["+49 30 123456"],
        "description": "An international number (E.164): `+`, the country code and the number, together 7 to 15 \
                        digits. Spaces, dashes and brackets are removed.",
    })
}

/// Returns the schema of a birth date in a request. It can be `null`.
pub fn birth_date_schema() -> Value {
    json!({ "type": ["string", "null"], "format": "date", "description": "A past day since 1850." })
}

/// Returns the schema of a person's language in a request. It can be `null`.
pub fn language_schema() -> Value {
    json!({
        "type": ["string", "null"], "maxLength": Language::LONGEST, "examples": ["en", "ar", "de-CH"],
        "description": "The language of messages to the person (a tag by BCP 47). `null`: the clinic's language.",
    })
}

/// Returns the schema of a violation's code, with the meaning of each code.
fn violation_code() -> Value {
    let words: Vec<_> = Code::ALL.iter().map(|code| code.word()).collect();
    let meanings: Vec<_> = Code::ALL.iter().map(|code| format!("- `{}`: {}", code.word(), code.meaning())).collect();
    let about = "The kind of violation, for programs. New codes can be added.";
    json!({ "type": "string", "examples": words, "description": format!("{about}\n\n{}", meanings.join("\n")) })
}

/// Returns the schema of a problem (RFC 9457).
pub(super) fn problem() -> Value {
    let mut problem = problem_of_part();
    problem["description"] = json!("An error: what is wrong and what to do next (RFC 9457).");
    problem["required"] = json!(["type", "title", "status", "detail", "request_id"]);
    let members = json!({
        "status": { "type": "integer" },
        "request_id": { "type": "string", "description": "The id under which the clinic finds the request in its log." },
        "account_id": { "description": "Only for an email that another Patient has: the id of that account.", "type": "integer" },
        "appointments": { "description": "Only for refused time off and for a refused merge: the ids of the appointments that overlap.", "type": "array", "items": id_schema() },
        "conflicts": {
            "description": "Only for a refused plan: the appointments that prevent it. Their problems are those of a reschedule, `appointment-in-the-way` and `appointment-not-affected`.",
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "problem"],
                "properties": { "id": id_schema(), "problem": { "$ref": "#/components/schemas/PartProblem" } },
            },
        },
        "database": { "description": "Only for `GET /readyz`: this and the next four members are those of its success.", "type": "string" },
        "schema": { "type": ["integer", "null"] },
        "last_backup": { "type": ["string", "null"], "format": "date-time" },
        "oldest_message_seconds": { "type": ["integer", "null"] },
        "warnings": { "type": "array", "items": { "type": "string" } },
        "occurrences": {
            "description": "Only for a refused series: its appointments, each with its problem.",
            "type": "array",
            "items": {
                "type": "object",
                "required": ["start_date", "problem"],
                "properties": {
                    "start_date": { "type": "string", "format": "date-time" },
                    "problem": { "anyOf": [{ "$ref": "#/components/schemas/PartProblem" }, { "type": "null" }] },
                },
            },
        },
    });
    if let (Some(properties), Value::Object(members)) = (problem["properties"].as_object_mut(), members) {
        properties.extend(members);
    }
    problem
}

/// Returns the members that the problem of a part of a request has too.
fn problem_of_part() -> Value {
    json!({
        "type": "object",
        "required": ["type", "title", "detail"],
        "properties": {
            "type": { "type": "string", "format": "uri-reference", "description": "The kind of problem, and the URL of a page that explains it: `/problems/{name}`." },
            "title": { "type": "string" },
            "detail": { "type": "string", "description": "What to do next, in English. For invalid input: every violation." },
            "errors": {
                "description": "Only for invalid input: every violation.",
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["pointer", "code", "detail"],
                    "properties": {
                        "pointer": { "type": "string", "description": "The JSON Pointer (RFC 6901) to the member or parameter." },
                        "code": violation_code(),
                        "detail": { "type": "string", "description": "What the member or parameter must be, in English." },
                    },
                },
            },
            "violations": { "description": "Only for a refused booking: the `type` of every conflict.", "type": "array", "items": { "type": "string" } },
            "alternatives": {
                "description": "Only for a refused booking: up to three nearest free slots of the same doctor.",
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["start_date", "duration"],
                    "properties": { "start_date": { "type": "string", "format": "date-time" }, "duration": { "type": "integer" } },
                },
            },
        },
    })
}

/// The schema of a problem of a part of a request ([`Problem::into_member`](crate::Problem::into_member)).
pub struct PartProblem;

impl JsonSchema for PartProblem {
    fn schema_name() -> Cow<'static, str> {
        "PartProblem".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut schema = problem_of_part();
        schema["description"] =
            json!("Why a part of a request is refused: the problem of a request for this part alone.");
        schema.try_into().unwrap_or_default()
    }
}

/// Returns the schema of a request body with `additionalProperties: false`, also in its members: unknown members are
/// refused.
pub(super) fn closed(mut schema: Value) -> Value {
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        for property in properties.values_mut() {
            *property = closed(property.take());
        }
        schema["additionalProperties"] = json!(false);
    }
    if let Some(items) = schema.get_mut("items") {
        *items = closed(items.take());
    }
    for choice in schema.get_mut("oneOf").and_then(Value::as_array_mut).into_iter().flatten() {
        *choice = closed(choice.take());
    }
    schema
}
