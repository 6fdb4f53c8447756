//! Events of the gateways, parsed by the same code as on Lambda.

use lambda_http::{Context, LambdaEvent, Service, request::LambdaRequest};
use rounds_data::Database;
use rounds_local::load_demo;

use crate::support::{Clinic, Value, json, repository, temporary};

fn recorded(event: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(repository("tests/events").join(event)).unwrap()).unwrap()
}

/// Sends a recorded event to the functions. Returns the response document for the gateway.
async fn replay(clinic: &Clinic, event: &str) -> Value {
    answer(clinic, recorded(event)).await
}

async fn answer(clinic: &Clinic, event: Value) -> Value {
    let request: LambdaRequest = serde_json::from_value(event).unwrap();
    let mut service = rounds_http::lambda_service(clinic.routes());
    let response = service.call(LambdaEvent::new(request, Context::default())).await.unwrap();
    serde_json::to_value(response).unwrap()
}

#[tokio::test]
async fn every_function_answers_events_of_both_gateways() {
    let path = temporary("clinic.db");
    let database = Database::create_at(path.to_str().unwrap()).unwrap();
    database.migrate().await.unwrap();
    load_demo(&database, false, chrono::Utc::now()).await.unwrap();
    let clinic = Clinic::of(database, "2030-05-17T08:00:00Z");

    for (gateway, _, _) in PREFIXED {
        let doctor = replay(&clinic, &format!("doctors.{gateway}.json")).await;
        assert_eq!(doctor["statusCode"], 200, "{gateway}: {doctor}");
    }
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

/// Sets a member of an event to a value. `pointer` is the JSON Pointer of the member.
fn with(mut event: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    event.pointer_mut(parent).unwrap()[name] = value;
    event
}

#[tokio::test]
async fn answers_events_that_form_no_valid_url() {
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
async fn reads_all_values_of_a_header_from_a_rest_api() {
    let clinic = Clinic::at("2030-05-17T08:00:00Z").await;
    let token = format!("Bearer {}", clinic.admin().await.token.unwrap());
    let event = with(recorded("appointments.rest_v1.json"), "/headers/Authorization", json!(token));
    let once = with(event.clone(), "/multiValueHeaders/Authorization", json!([token]));
    assert_eq!(answer(&clinic, once).await["statusCode"], 404);
    let twice = with(event, "/multiValueHeaders/Authorization", json!(["Bearer other", token]));
    assert_eq!(answer(&clinic, twice).await["statusCode"], 401);
}

/// APIs that are served below a prefix: the recorded event, the prefix, and whether the path in the event has the prefix.
const PREFIXED: [(&str, &str, bool); 4] = [
    ("http_api_v2.stage", "/prod", true),
    ("http_api_v2.mapping", "/clinic/v1", true),
    ("rest_v1", "/prod", false),
    ("rest_v1.mapping", "/clinic/v1", true),
];

/// A request to an API below a prefix. It is sent as the recorded event with another route. `template` is the path
/// template of that route in the gateway.
struct PrefixedRequest<'a> {
    clinic: &'a Clinic,
    api: (&'a str, &'a str, bool),
    template: &'a str,
    parameters: Value,
}

impl PrefixedRequest<'_> {
    /// Sends the request. `path` includes the prefix, as in a client's URL. Returns the response document for the
    /// gateway.
    async fn send(&self, method: &str, path: &str, token: Option<&str>, body: &str) -> Value {
        let (gateway, prefix, has_prefix) = self.api;
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let mut event = recorded(&format!("doctors.{gateway}.json"));
        event["pathParameters"] = self.parameters.clone();
        event["body"] = json!(body);
        let authorization = token.map(|token| format!("Bearer {token}"));
        event["headers"] =
            json!({ "content-type": "application/json", "authorization": authorization.unwrap_or_default() });
        if gateway.starts_with("http_api") {
            let key =
                if self.template.starts_with('$') { self.template.into() } else { format!("ANY {}", self.template) };
            event["routeKey"] = json!(key);
            event["rawPath"] = json!(path);
            event["rawQueryString"] = json!(query);
            event["requestContext"]["http"]["method"] = json!(method);
            return answer(self.clinic, event).await;
        }
        event["multiValueHeaders"] = json!({});
        event["httpMethod"] = json!(method);
        event["resource"] = json!(self.template);
        event["requestContext"]["path"] = json!(path);
        event["path"] = json!(if has_prefix { path } else { path.strip_prefix(prefix).unwrap() });
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            event["multiValueQueryStringParameters"][name] = json!([value]);
        }
        answer(self.clinic, event).await
    }
}

fn header<'a>(answer: &'a Value, name: &str) -> &'a str {
    let value = [&answer["headers"][name], &answer["multiValueHeaders"][name][0]].into_iter().find_map(Value::as_str);
    value.unwrap_or_else(|| panic!("no {name}: {answer}"))
}

#[tokio::test]
async fn links_below_a_prefix_contain_the_prefix() {
    for api in PREFIXED {
        let (gateway, prefix, _) = api;
        let clinic = Clinic::at("2030-05-17T08:00:00Z").await;
        let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
        clinic.doctor().await;
        let (admin, patient) = (clinic.admin().await.token.unwrap(), patient.token.unwrap());
        let doctors = PrefixedRequest { clinic: &clinic, api, template: "/doctors", parameters: Value::Null };
        let page = doctors.send("GET", &format!("{prefix}/doctors?limit=1"), None, "").await;
        assert_eq!(page["statusCode"], 200, "{gateway}: {page}");
        let next = header(&page, "link").strip_prefix('<').unwrap().split_once('>').unwrap().0;
        assert!(next.starts_with(&format!("{prefix}/doctors?")), "{next}");
        let next = doctors.send("GET", next, None, "").await;
        assert!(next["statusCode"] == 200 && next["body"] != page["body"], "{next}");

        let of_doctor = json!({ "doctor_id": doctor.id.to_string() });
        let book =
            PrefixedRequest { clinic: &clinic, api, template: "/doctors/{doctor_id}/book", parameters: of_doctor };
        let path = format!("{prefix}/doctors/{}/book", doctor.id);
        let body = json!({ "start_date": "2030-05-20T10:00:00Z", "duration": 30 }).to_string();
        let booked = book.send("POST", &path, Some(&patient), &body).await;
        let location = header(&booked, "location");
        assert_eq!(location, format!("{prefix}/appointments/1"));
        let appointment = json!({ "appointment_id": "1" });
        let appointment = PrefixedRequest {
            clinic: &clinic,
            api,
            template: "/appointments/{appointment_id}",
            parameters: appointment,
        };
        assert_eq!(appointment.send("GET", location, Some(&patient), "").await["statusCode"], 200);

        let account = json!({ "account_id": doctor.id.to_string() });
        let deactivate = PrefixedRequest {
            clinic: &clinic,
            api,
            template: "/accounts/{account_id}/deactivate",
            parameters: account,
        };
        let path = format!("{prefix}/accounts/{}/deactivate", doctor.id);
        let deactivated = deactivate.send("POST", &path, Some(&admin), "").await;
        assert!(header(&deactivated, "link").starts_with(&format!("<{prefix}/appointments?")), "{deactivated}");

        // The type of a problem is an identifier, so it does not contain the prefix.
        let refused = doctors.send("GET", &format!("{prefix}/doctors?limit=0"), None, "").await;
        let problem: Value = serde_json::from_str(refused["body"].as_str().unwrap()).unwrap();
        assert_eq!(problem["type"], "/problems/invalid-input");
    }
}

#[tokio::test]
async fn pages_and_openapi_document_contain_the_prefix() {
    let clinic = Clinic::at("2030-05-17T08:00:00Z").await;
    for api in PREFIXED {
        let prefix = api.1;
        let document = PrefixedRequest { clinic: &clinic, api, template: "/openapi.json", parameters: Value::Null };
        let document = document.send("GET", &format!("{prefix}/openapi.json"), None, "").await;
        let document: Value = serde_json::from_str(document["body"].as_str().unwrap()).unwrap();
        assert_eq!(document["servers"], json!([{ "url": prefix }]));
        for path in [prefix.to_owned(), format!("{prefix}/")] {
            let page = PrefixedRequest { clinic: &clinic, api, template: "/", parameters: Value::Null }
                .send("GET", &path, None, "")
                .await;
            assert_eq!(page["statusCode"], 200, "{path}: {page}");
            let page = page["body"].as_str().unwrap();
            assert!(page.contains(&format!("src=\"{prefix}/web/")) && !page.contains("\"./"), "{page}");
        }
    }
}

#[tokio::test]
async fn catch_all_routes_reveal_the_prefix() {
    let clinic = Clinic::at("2030-05-17T08:00:00Z").await;
    for api in PREFIXED {
        let (gateway, prefix, _) = api;
        let proxy =
            PrefixedRequest { clinic: &clinic, api, template: "/{proxy+}", parameters: json!({ "proxy": "clinic" }) };
        let path = format!("{prefix}/clinic");
        assert_eq!(proxy.send("GET", &path, None, "").await["statusCode"], 200, "{gateway}");
        // The `$default` route of an HTTP API has no template. There, the prefix is the name of the stage.
        let rest = PrefixedRequest { clinic: &clinic, api, template: "$default", parameters: Value::Null };
        if gateway == "http_api_v2.stage" {
            assert_eq!(rest.send("GET", &path, None, "").await["statusCode"], 200);
            assert_eq!(rest.send("GET", "/prod/nothing", None, "").await["statusCode"], 404);
            assert_eq!(rest.send("GET", "/production/clinic", None, "").await["statusCode"], 404);
        }
    }
}
