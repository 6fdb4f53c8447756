//! Events as the gateways send them, through the very code that takes them apart on Lambda.

use lambda_http::{Context, LambdaEvent, Service, request::LambdaRequest};
use rounds_data::Database;
use rounds_local::load_demo;

use crate::support::{Clinic, Value, json, repository, temporary};

fn recorded(event: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(repository("tests/events").join(event)).unwrap()).unwrap()
}

/// What a function answers to a recorded event: the gateway's document.
async fn replay(clinic: &Clinic, event: &str) -> Value {
    answer(clinic, recorded(event)).await
}

async fn answer(clinic: &Clinic, event: Value) -> Value {
    let request: LambdaRequest = serde_json::from_value(event).unwrap();
    let mut function = rounds_http::function(clinic.routes());
    let response = function.call(LambdaEvent::new(request, Context::default())).await.unwrap();
    serde_json::to_value(response).unwrap()
}

#[tokio::test]
async fn every_function_answers_events_of_both_gateways() {
    let path = temporary("clinic.db");
    let database = Database::create_at(path.to_str().unwrap()).unwrap();
    database.migrate().await.unwrap();
    load_demo(&database).await.unwrap();
    let clinic = Clinic::of(database, "2030-05-17T08:00:00Z");

    for gateway in ["http_api_v2", "rest_v1"] {
        let login = replay(&clinic, &format!("auth.{gateway}.json")).await;
        assert_eq!(login["statusCode"], 200, "{gateway}");

        let doctor = replay(&clinic, &format!("doctors.{gateway}.json")).await;
        assert_eq!(doctor["statusCode"], 200, "{gateway}");
        let profile: Value = serde_json::from_str(doctor["body"].as_str().unwrap()).unwrap();
        assert_eq!(profile["specialty"], "Cardiology");

        for function in ["appointments", "reports"] {
            let refused = replay(&clinic, &format!("{function}.{gateway}.json")).await;
            assert_eq!(refused["statusCode"], 401, "{gateway}");
            let problem: Value = serde_json::from_str(refused["body"].as_str().unwrap()).unwrap();
            assert_eq!(problem["type"], "/problems/unauthorized");
        }
    }
}

/// An event with a member, by its JSON Pointer, set to something else.
fn with(mut event: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    event.pointer_mut(parent).unwrap()[name] = value;
    event
}

#[tokio::test]
async fn what_makes_no_url_is_answered_all_the_same() {
    let clinic = Clinic::at("2030-05-17T08:00:00Z").await;
    for (gateway, path) in [("http_api_v2", "/rawPath"), ("rest_v1", "/path")] {
        let event = with(recorded(&format!("doctors.{gateway}.json")), path, json!("/clinic"));
        for (name, value) in [("host", "["), ("host", "a b"), ("host", "a:99999"), ("x-forwarded-proto", "https, http")]
        {
            let event = with(with(event.clone(), "/headers", json!({ name: value })), "/multiValueHeaders", json!({}));
            assert_eq!(answer(&clinic, event).await["statusCode"], 200, "{name}: {value}, {gateway}");
        }
        for odd in ["/clinic?x=1", "/clinic#x", "/clinic\0", "/clinic ", "/clínic", "/clinic\\"] {
            let refused = answer(&clinic, with(event.clone(), path, json!(odd))).await;
            assert_eq!(refused["statusCode"], 404, "{odd}, {gateway}: {refused}");
        }
        let refused = answer(&clinic, with(with(event, "/body", json!("?")), "/isBase64Encoded", json!(true))).await;
        assert_eq!(refused["statusCode"], 400, "{refused}");
        assert!(refused["body"].as_str().unwrap().contains("/problems/malformed-request"), "{refused}");
    }
}

#[tokio::test]
async fn a_rest_api_hands_over_every_value_of_a_header() {
    let clinic = Clinic::at("2030-05-17T08:00:00Z").await;
    let token = format!("Bearer {}", clinic.admin().await.token.unwrap());
    let event = with(recorded("appointments.rest_v1.json"), "/headers/Authorization", json!(token));
    let once = with(event.clone(), "/multiValueHeaders/Authorization", json!([token]));
    assert_eq!(answer(&clinic, once).await["statusCode"], 404);
    let twice = with(event, "/multiValueHeaders/Authorization", json!(["Bearer other", token]));
    assert_eq!(answer(&clinic, twice).await["statusCode"], 401);
}
