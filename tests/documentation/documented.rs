//! The documents state the rules and limits that the clinic has.

use rounds_data::Limits;

use crate::{
    deployment::operation::template,
    support::{Clinic, Value, repository},
};

#[tokio::test]
async fn documents_state_the_rules_and_limits_that_hold() {
    let clinic = Clinic::at("2030-01-07T08:00:00Z").await;
    let doctor = clinic.doctor().await;
    let read = |file: &str| std::fs::read_to_string(repository(file)).unwrap().replace('\n', " ");
    let (rules, settings) = (read("docs/architecture.md"), read("docs/settings.md"));
    let (security, template) = (read("docs/security.md"), template());
    let policy = clinic.anonymous().get("/clinic").await.expect(200);
    for statement in [
        format!("{} to {} minutes, on a whole minute", policy["min_duration"], policy["max_duration"]),
        format!("within {} days", policy["booking_horizon_days"]),
        format!(
            "At most {} appointments and {} minutes for a doctor in a day",
            policy["max_appointments_per_day"], policy["max_booked_mins_per_day"]
        ),
    ] {
        assert!(rules.contains(&statement), "{statement}");
    }
    assert!(policy["slot_step"] == 15 && rules.contains("a quarter of an hour"));
    let hours = clinic.anonymous().get(&format!("/doctors/{}/working_hours", doctor.id)).await.expect(200);
    let hours = hours.as_array().unwrap();
    assert!(hours.len() == 7 && hours.iter().all(|day| day["start"] == "08:00" && day["end"] == "18:00"));
    assert!(rules.contains("08:00 to 18:00 every day"));

    for (name, limit) in Limits::default().by_setting() {
        assert!(settings.contains(&format!("| `{name}` | {limit} |")), "{name} in settings.md");
        let statement =
            security.split(&format!("| `{name}` | ")).nth(1).unwrap_or_else(|| panic!("{name} in security.md"));
        assert!(statement.starts_with(&format!("{limit} in ")), "{name} in security.md");
        let words = name.split('_').map(|word| format!("{}{}", &word[..1], word[1..].to_lowercase()));
        assert_eq!(
            template["Parameters"][words.collect::<String>().as_str()]["Default"].as_i64(),
            Some(limit),
            "{name}"
        );
    }
    let costly = format!("a body {} KiB", rounds_http::MAX_BODY_BYTES / 1024);
    assert!(security.contains(&costly) && security.contains("Lists have 100 rows at most, arrays 100 elements"));
}

/// Inputs that are searched for or compared need no rule of their own.
const LOOKED_UP: [&str; 9] =
    ["q", "specialty", "after", "asset", "file", "problem", "email", "password", "old_password"];

/// Returns whether a schema says which values are valid.
fn has_rule(document: &Value, schema: &Value) -> bool {
    if let Some(path) = schema["$ref"].as_str() {
        return has_rule(document, document.pointer(path.trim_start_matches('#')).unwrap());
    }
    let rules = ["maxLength", "format", "pattern", "enum", "const", "oneOf", "anyOf", "maximum", "description"];
    schema["type"] == "boolean" || rules.iter().any(|rule| schema.get(rule).is_some())
}

#[test]
fn every_input_has_a_documented_rule() {
    let document: Value = serde_json::from_str(::docs::DOCUMENT).unwrap();
    let resolved = |schema: &Value| match schema["$ref"].as_str() {
        Some(path) => document.pointer(path.trim_start_matches('#')).unwrap().clone(),
        None => schema.clone(),
    };
    let mut seen = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let mut inputs = Vec::new();
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let parameter = resolved(parameter);
                inputs.push((
                    parameter["name"].as_str().unwrap().to_owned(),
                    parameter["schema"].clone(),
                    parameter["description"].is_string(),
                ));
            }
            let content = operation["requestBody"]["content"].as_object();
            for body in content.into_iter().flat_map(|content| content.values()) {
                let mut body = resolved(&body["schema"]);
                if body["type"] == "array" {
                    body = resolved(&body["items"]);
                }
                for (name, schema) in body["properties"].as_object().into_iter().flatten() {
                    inputs.push((name.clone(), schema.clone(), false));
                }
            }
            for (name, schema, described) in inputs {
                let known = described || has_rule(&document, &schema) || LOOKED_UP.contains(&name.as_str());
                assert!(known, "{method} {path}: {name}: {schema}");
                seen += 1;
            }
        }
    }
    assert!(seen > 80, "{seen}");
}
