//! The security headers of every response, and the statements of docs/security.md about the deployment.

use std::collections::BTreeSet;

use yaml_rust2::Yaml;

use crate::{
    deployment::operation::{template, text},
    support::{Answer, Clinic, Value, json, repository},
};

const NOW: &str = "2030-01-07T08:00:00Z";

#[track_caller]
fn assert_secure(answer: &Answer) {
    for (name, value) in [
        (
            "content-security-policy",
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox",
        ),
        ("referrer-policy", "no-referrer"),
        ("strict-transport-security", "max-age=31536000; includeSubDomains"),
        ("x-content-type-options", "nosniff"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), value, "{name}: {answer:?}");
    }
    assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control")), "{answer:?}");
    assert!(answer.headers.get("set-cookie").is_none() && answer.headers.get("server").is_none(), "{answer:?}");
}

#[tokio::test]
async fn every_response_has_security_headers() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let answers = [
        patient.get("/me").await,
        patient.get("/doctors").await,
        patient.try_book(&doctor, "2030-01-08T10:00:00Z", 30).await,
        patient.try_book(&doctor, "2030-01-08T10:00:00Z", 30).await,
        patient.get("/nothing").await,
        patient.send("DELETE", "/me", None, &[]).await,
        patient.send("OPTIONS", "/me", None, &[("origin", "https://evil.example")]).await,
        patient.send("GET", "/doctors", None, &[("origin", "https://evil.example")]).await,
        patient.send("HEAD", "/doctors", None, &[]).await,
        clinic.anonymous().get("/me").await,
        clinic.anonymous().post("/login", json!({})).await,
    ];
    for answer in &answers {
        assert_secure(answer);
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    assert_secure(&clinic.anonymous().get("/.well-known/jwks.json").await);
}

#[test]
fn cors_is_off_unless_allowed_origins_is_set() {
    let template = template();
    assert_eq!(template["Parameters"]["AllowedOrigins"]["Default"].as_str(), Some(""));
    let cors = &template["Resources"]["Api"]["Properties"]["CorsConfiguration"];
    assert_eq!((cors[0].as_str(), cors[2].as_str()), (Some("AllowsOrigins"), Some("AWS::NoValue")));
    assert_eq!(cors[1]["AllowOrigins"].as_str(), Some("AllowedOrigins"));
    assert!(cors[1]["AllowCredentials"].is_badvalue(), "the API uses no cookies");
}

/// Collects the names of the request headers (`sent`) and the response headers (`received`) in the OpenAPI document.
fn headers(part: &Value, sent: &mut BTreeSet<String>, received: &mut BTreeSet<String>) {
    if part["in"] == "header" {
        sent.insert(part["name"].as_str().unwrap().to_lowercase());
    }
    received.extend(part["headers"].as_object().into_iter().flatten().map(|(name, _)| name.to_lowercase()));
    let parts = part.as_object().into_iter().flat_map(|object| object.values());
    parts.chain(part.as_array().into_iter().flatten()).for_each(|part| headers(part, sent, received));
}

#[test]
fn cors_allows_every_documented_header() {
    let document = std::fs::read_to_string(repository("functions/docs/openapi.json")).unwrap();
    // The document does not list the headers of the token and of the body's type as parameters.
    let (mut sent, mut received) =
        (BTreeSet::from(["authorization", "content-type"].map(String::from)), BTreeSet::new());
    headers(&serde_json::from_str(&document).unwrap(), &mut sent, &mut received);
    assert!(sent.len() > 2 && !received.is_empty());
    let template = template();
    let cors = &template["Resources"]["Api"]["Properties"]["CorsConfiguration"][1];
    let names = |list: &Yaml| list.as_vec().unwrap().iter().map(text).collect::<BTreeSet<_>>();
    assert_eq!((names(&cors["AllowHeaders"]), names(&cors["ExposeHeaders"])), (sent, received));
}

#[test]
fn only_auth_and_migrate_may_read_the_signing_key() {
    let template = template();
    let mut users = Vec::new();
    for (name, resource) in template["Resources"].as_hash().unwrap() {
        if format!("{resource:?}").contains("SigningKeySecret") {
            users.push(name.as_str().unwrap());
        }
    }
    // The function `migrate` makes the key.
    assert_eq!(users, ["AuthFunction", "MigrateFunction", "AuthRole", "MigrateRole"]);
}

/// CloudFormation shows the values of parameters, except of these. Only secrets get them, and no function's environment.
#[test]
fn secret_parameters_are_hidden() {
    let template = template();
    let parameters = template["Parameters"].as_hash().unwrap().iter();
    let hidden =
        parameters.filter(|(_, parameter)| parameter["NoEcho"].as_bool() == Some(true)).map(|(name, _)| text(name));
    let hidden: BTreeSet<_> = hidden.collect();
    assert_eq!(hidden, ["DatabaseAuthToken", "SmsSecret", "SmtpUrl"].map(str::to_owned).into());
    let mut stored = BTreeSet::new();
    for (name, resource) in template["Resources"].as_hash().unwrap() {
        if let Some(parameter) = resource["Properties"]["SecretString"].as_str() {
            stored.insert(parameter.to_owned());
        } else {
            let named = |parameter: &String| format!("{resource:?}").contains(&format!("String(\"{parameter}\")"));
            assert!(!hidden.iter().any(named), "{name:?}");
        }
    }
    assert_eq!(stored, hidden);
}

#[tokio::test]
async fn rejects_arrays_with_over_100_elements() {
    let clinic = Clinic::at(NOW).await;
    let doctor = clinic.doctor().await;
    let hours = async |count: usize| {
        let hours: Vec<_> = (0..count)
            .map(|at| {
                let (day, at) = (["Mon", "Tue"][at / 60], at % 60 * 20);
                let time = |minute: usize| format!("{:02}:{:02}", minute / 60, minute % 60);
                json!({ "weekday": day, "start": time(at), "end": time(at + 10) })
            })
            .collect();
        let path = format!("/doctors/{}/working_hours", doctor.id);
        doctor.send("PUT", &path, Some(&json!(hours).to_string()), &[("content-type", "application/json")]).await
    };
    assert_eq!(hours(100).await.expect(200).as_array().unwrap().len(), 100);
    assert_eq!(hours(101).await.pointers("invalid-input"), [""]);
}
