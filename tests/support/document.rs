//! Checks every response of every story against the OpenAPI document.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex},
};

use jsonschema::Validator;
use serde_json::{Value, json};

use super::Answer;

/// Documented headers that only some responses of a route have.
const OPTIONAL_HEADERS: [&str; 2] = ["Idempotency-Replayed", "Link"];

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let mut document: Value = serde_json::from_str(docs::DOCUMENT).unwrap();
    // Clients must accept unknown members, but here they are a mistake.
    for schema in document["components"]["schemas"].as_object_mut().unwrap().values_mut() {
        if schema["properties"].is_object() {
            schema["additionalProperties"] = json!(false);
        }
    }
    document
});

/// Returns the path template and operation of a request, if there is one.
fn operation(method: &str, path: &str) -> Option<(&'static str, &'static Value)> {
    let path: Vec<&str> = path.split('?').next().unwrap().split('/').collect();
    let matches = |template: &str| {
        let parts: Vec<&str> = template.split('/').collect();
        parts.len() == path.len() && parts.iter().zip(&path).all(|(part, sent)| part == sent || part.starts_with('{'))
    };
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let mut found: Vec<_> = paths.iter().filter(|(template, _)| matches(template)).collect();
    found.sort_by_key(|(template, _)| template.matches('{').count());
    let (template, operations) = found.first()?;
    let operation = &operations[method.to_lowercase()];
    (!operation.is_null()).then_some((template.as_str(), operation))
}

/// Checks the status, content type, body and headers of a response.
pub(crate) fn check(method: &str, path: &str, answer: &Answer) {
    let Some((template, operation)) = operation(method, path) else { return };
    let status = answer.status.to_string();
    let context = format!("{method} {template} {status}");
    let response = &operation["responses"][&status];
    assert!(!response.is_null(), "{context} is not in the document: {}", answer.body);
    let Some(content) = response["content"].as_object() else {
        assert_eq!(answer.body, "", "{context}");
        return;
    };
    let content_type = answer.header("content-type").split(';').next().unwrap();
    let schema =
        content.get(content_type).unwrap_or_else(|| panic!("{context}: {content_type} is not in the document"));
    if content_type.ends_with("json") {
        let (key, body) = (format!("{context} {content_type}"), answer.json());
        validate(key, &schema["schema"], &body);
        if let Some(kind) = body["type"].as_str().and_then(|kind| kind.strip_prefix("/problems/")) {
            let described = response["description"].as_str().unwrap();
            assert!(described.contains(&format!("`{kind}`")), "{context}: {kind} is not in the document");
            assert!(docs::PROBLEMS.iter().any(|page| page.kind.word() == kind), "{kind} has no page");
        }
    }
    for name in response["headers"].as_object().into_iter().flatten().map(|(name, _)| name) {
        let optional = OPTIONAL_HEADERS.contains(&name.as_str());
        assert!(optional || answer.headers.contains_key(name), "{context} without its {name}");
    }
}

fn validate(key: String, schema: &Value, body: &Value) {
    static VALIDATORS: Mutex<Option<HashMap<String, Validator>>> = Mutex::new(None);
    let mut validators = VALIDATORS.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let validator = validators.get_or_insert_default().entry(key.clone()).or_insert_with(|| {
        let mut schema = schema.clone();
        schema["components"] = DOCUMENT["components"].clone();
        jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
    });
    let wrong: Vec<String> =
        validator.iter_errors(body).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{key}: {wrong:?}: {body}");
}
