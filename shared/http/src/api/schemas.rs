use rounds_domain::Code;
use serde_json::{Value, json};

/// A positive integer that the database can hold.
pub fn id_schema() -> Value {
    json!({ "type": "integer", "format": "int64", "minimum": 1 })
}

/// A text of one line, or, with `lines`, of several.
pub fn text_schema(longest: usize, lines: bool) -> Value {
    let refused =
        if lines { r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f" } else { r"\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069" };
    let pattern = format!(r"^[^{refused}]*[^\s{refused}][^{refused}]*$");
    let description = "At least one character is visible. Length is counted in Unicode code points of the normal form NFC, \
                       in which the text is kept.";
    json!({ "type": "string", "minLength": 1, "maxLength": longest, "pattern": pattern, "description": description })
}

/// The same, or `null`.
pub fn optional_text_schema(longest: usize, lines: bool) -> Value {
    let mut schema = text_schema(longest, lines);
    schema["type"] = json!(["string", "null"]);
    schema
}

/// A day, or a moment.
pub fn date_schema() -> Value {
    json!({ "anyOf": [{ "type": "string", "format": "date" }, { "type": "string", "format": "date-time" }] })
}

/// A moment, with its offset, on a whole minute.
pub fn timestamp_schema() -> Value {
    json!({ "type": "string", "format": "date-time", "examples": ["2030-01-08T10:00:00+01:00"] })
}

/// The codes of violations, each with what it means.
fn violation_code() -> Value {
    let words: Vec<_> = Code::ALL.iter().map(|code| code.word()).collect();
    let meanings: Vec<_> = Code::ALL.iter().map(|code| format!("- `{}`: {}", code.word(), code.meaning())).collect();
    let about = "What kind of violation it is, for programs. Others may be added.";
    json!({ "type": "string", "examples": words, "description": format!("{about}\n\n{}", meanings.join("\n")) })
}

/// A problem (RFC 9457).
pub(super) fn problem() -> Value {
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

/// The schema of what a client sends: other members than these are refused.
pub(super) fn closed(mut schema: Value) -> Value {
    if schema["properties"].is_object() {
        schema["additionalProperties"] = json!(false);
    }
    if let Some(items) = schema.get_mut("items") {
        *items = closed(items.take());
    }
    schema
}
