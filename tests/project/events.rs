//! Events as the gateways send them, through the very code that takes them apart on Lambda.

use lambda_http::{Adapter, Context, LambdaEvent, Service, request::LambdaRequest};
use rounds_data::Database;
use rounds_local::load_demo;

use crate::support::{Clinic, Value, repository, temporary};

/// What a function answers to an event: the gateway's document.
async fn replay(clinic: &Clinic, event: &str) -> Value {
    let text = std::fs::read_to_string(repository("tests/events").join(event)).unwrap();
    let request: LambdaRequest = serde_json::from_str(&text).unwrap();
    let mut function = Adapter::from(clinic.routes());
    let context = Context::default();
    let response = function.call(LambdaEvent::new(request, context)).await.unwrap();
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
