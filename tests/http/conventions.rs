//! The HTTP conventions that all routes share.

use crate::support::{Actor, Answer, Clinic, json};

const NOW: &str = "2030-01-07T08:00:00Z";
const JSON: (&str, &str) = ("content-type", "application/json");

/// The methods of an Allow header, sorted.
fn allowed(answer: &Answer) -> Vec<&str> {
    let mut methods: Vec<_> = answer.header("allow").split(',').map(str::trim).collect();
    methods.sort_unstable();
    methods
}

/// A JSON object with a size of `bytes`.
fn object(bytes: usize) -> String {
    format!("{{{}}}", " ".repeat(bytes - 2))
}

#[tokio::test]
async fn returns_404_for_path_without_route() {
    let (clinic, shared) = (Clinic::at(NOW).await, Clinic::shared().await);
    for path in [
        "/nothing",
        "/web",
        "/web/",
        "/docs/",
        "/doctors/",
        "/doctors/1/slots/",
        "/doctors/1/nothing",
        "/Doctors",
        "/login/1",
    ] {
        for method in ["GET", "POST", "OPTIONS"] {
            clinic.anonymous().send(method, path, None, &[]).await.problem(404, "not-found");
        }
        shared.anonymous().get(path).await.problem(404, "not-found");
    }
}

#[tokio::test]
async fn returns_405_with_allowed_methods() {
    let (clinic, shared) = (Clinic::at(NOW).await, Clinic::shared().await);
    let (get, post) = (&["GET", "HEAD", "OPTIONS"][..], &["OPTIONS", "POST"][..]);
    for (path, methods) in [
        ("/doctors", get),
        ("/doctors/available", get),
        ("/doctors/1", &["GET", "HEAD", "OPTIONS", "PATCH"]),
        ("/doctors/x/slots", get),
        ("/doctors/by_top_appointments", get),
        ("/doctors/with_six_hours_plus", get),
        ("/appointments/1", &["GET", "HEAD", "OPTIONS", "PATCH"]),
        ("/patients/1/history", get),
        ("/register", post),
        ("/login", post),
        ("/doctors/1/book", post),
        ("/appointments/1/cancel", post),
        ("/appointments/series", post),
    ] {
        for actor in [clinic.anonymous(), shared.anonymous()] {
            let refused = actor.send("DELETE", path, None, &[]).await;
            refused.problem(405, "method-not-allowed");
            assert_eq!(allowed(&refused), methods, "{path}");
            let options = actor.send("OPTIONS", path, None, &[]).await;
            assert_eq!((options.status, options.body.as_str()), (204, ""), "{path}");
            assert_eq!(allowed(&options), methods, "{path}");
        }
        let other = if methods.contains(&"GET") { "POST" } else { "GET" };
        clinic.anonymous().send(other, path, None, &[]).await.problem(405, "method-not-allowed");
    }
}

#[tokio::test]
async fn head_equals_get_without_body() {
    let clinic = Clinic::at(NOW).await;
    for _ in 0..2 {
        clinic.doctor().await;
    }
    let paths = ["/doctors?limit=1", "/doctors/999", "/doctors/1/slots", "/doctors?limit=0", "/login", "/nothing"];
    for clinic in [clinic, Clinic::shared().await] {
        for path in paths {
            let get = clinic.anonymous().get(path).await;
            let head = clinic.anonymous().send("HEAD", path, None, &[]).await;
            assert_eq!((head.status, head.body.as_str()), (get.status, ""), "{path}");
            for name in ["content-type", "link", "allow", "www-authenticate"] {
                assert_eq!(head.header(name), get.header(name), "{name} of {path}");
            }
        }
    }
}

#[tokio::test]
async fn rejects_body_over_64_kib() {
    let (clinic, shared) = (Clinic::at(NOW).await, Clinic::shared().await);
    for actor in [clinic.anonymous(), shared.anonymous()] {
        let largest = actor.send("POST", "/login", Some(&object(64 * 1024)), &[JSON]).await;
        assert_eq!(largest.pointers("invalid-input"), ["/email", "/password"]);
        for path in ["/login", "/register", "/doctors/1/book", "/appointments/1/cancel"] {
            let too_large = actor.send("POST", path, Some(&object(64 * 1024 + 1)), &[JSON]).await;
            too_large.problem(413, "content-too-large");
        }
    }
}

#[tokio::test]
async fn errors_are_problems_with_unique_request_ids() {
    let clinic = Clinic::shared().await;
    let (anyone, patient) = (clinic.anonymous(), clinic.patient().await);
    let register = json!({ "name": "Ada", "email": "problems@example.org", "password": "a long password",
        "account_type": "Patient" });
    anyone.post("/register", register.clone()).await.expect(201);

    let mut ids = Vec::new();
    for (answer, status, kind) in [
        (anyone.send("POST", "/login", Some("{"), &[JSON]).await, 400, "malformed-request"),
        (anyone.post("/login", json!({ "email": "ada", "password": "x" })).await, 401, "unauthorized"),
        (patient.get("/doctors/available?date=2030-01-08").await, 403, "forbidden"),
        (anyone.get("/doctors/0").await, 404, "not-found"),
        (anyone.get("/login").await, 405, "method-not-allowed"),
        (anyone.post("/register", register).await, 409, "email-taken"),
        (anyone.send("POST", "/login", Some(&object(70_000)), &[JSON]).await, 413, "content-too-large"),
        (anyone.send("POST", "/login", Some("{}"), &[]).await, 415, "unsupported-media-type"),
        (anyone.post("/login", json!({})).await, 422, "invalid-input"),
        (anyone.post("/login", json!({})).await, 422, "invalid-input"),
    ] {
        let problem = answer.problem(status, kind);
        assert!(!problem["title"].as_str().unwrap().is_empty() && !problem["detail"].as_str().unwrap().is_empty());
        assert_eq!(problem.get("errors").is_some(), status == 422, "{problem}");
        assert_eq!(answer.header("www-authenticate").is_empty(), status != 401);
        ids.push(problem["request_id"].as_str().unwrap().to_owned());
    }
    ids.sort();
    ids.dedup();
    assert!(ids.len() == 10 && !ids[0].is_empty(), "{ids:?}");
}

#[tokio::test]
async fn rejects_invalid_tokens() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, admin) = (clinic.doctor().await, clinic.admin().await);
    let path = format!("/doctors/{}/slots?date=2030-01-08", doctor.id);
    let token = admin.token.unwrap();
    let other_clinic = Clinic::at(NOW).await.admin().await.token.unwrap();
    let authorized = async |value: &str| clinic.anonymous().send("GET", &path, None, &[("authorization", value)]).await;
    authorized(&format!("Bearer {token}")).await.expect(200);
    authorized(&format!("bearer {token}")).await.expect(200);

    let (unsigned, _) = token.rsplit_once('.').unwrap();
    for value in [
        String::new(),
        "garbage".to_owned(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        "Bearer garbage".to_owned(),
        "Bearer a.b.c".to_owned(),
        "Basic YWRhOnBhc3N3b3Jk".to_owned(),
        token.clone(),
        format!("Basic {token}"),
        format!("Bearer Bearer {token}"),
        format!("Bearer {token}, Bearer {token}"),
        format!("Bearer {}", &token[..token.len() - 4]),
        format!("Bearer {}", &token[4..]),
        format!("Bearer {token}AAAA"),
        format!("Bearer {unsigned}"),
        format!("Bearer {unsigned}."),
        format!("Bearer {other_clinic}"),
    ] {
        let answer = authorized(&value).await;
        answer.problem(401, "unauthorized");
        assert_eq!(answer.header("www-authenticate"), "Bearer", "{value}");
    }
}

#[tokio::test]
async fn accepts_token_only_in_one_authorization_header() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let (anyone, path) = (clinic.anonymous(), format!("/doctors/{}/slots?date=2030-01-08", doctor.id));
    let token = patient.token.unwrap();
    for name in ["access_token", "token", "authorization"] {
        anyone.get(&format!("{path}&{name}={token}")).await.problem(401, "unauthorized");
    }
    let bearer = format!("Bearer {token}");
    for other in ["Bearer garbage", &bearer] {
        let twice = [("authorization", bearer.as_str()), ("authorization", other)];
        anyone.send("GET", &path, None, &twice).await.problem(401, "unauthorized");
    }
}

#[tokio::test]
async fn token_expires_after_an_hour() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor) = (clinic.admin().await, clinic.doctor().await);
    let path = format!("/doctors/{}/slots?date=2030-01-08", doctor.id);
    clinic.pass(chrono::TimeDelta::seconds(59 * 60 + 59));
    admin.get(&path).await.expect(200);

    clinic.pass(chrono::TimeDelta::seconds(1));
    for path in [path.as_str(), "/doctors/available", "/doctors/x/slots", "/appointments/x", "/patients/1/history"] {
        let answer = admin.get(path).await;
        answer.problem(401, "unauthorized");
        assert_eq!(answer.header("www-authenticate"), "Bearer", "{path}");
    }
    let account = json!({ "name": "", "account_type": "Doctor" });
    admin.post("/register", account).await.problem(401, "unauthorized");
}

/// Sends requests as a Patient, at least one for each status that a signed-in Patient can get. Returns their statuses.
async fn statuses(patient: &Actor, doctor: &Actor) -> Vec<u16> {
    let slots = format!("/doctors/{}/slots", doctor.id);
    let book = format!("/doctors/{}/book", doctor.id);
    let time = json!({ "start_date": "2030-01-08T10:00:00Z", "duration": 30 });
    let answers = [
        patient.get(&format!("{slots}?date=2030-01-08")).await,
        patient.get(&slots).await,
        patient.send("POST", &book, Some("{"), &[JSON]).await,
        patient.get("/doctors/available?date=2030-01-08").await,
        patient.get("/doctors/999/slots?date=2030-01-08").await,
        patient.get("/doctors/x/slots").await,
        patient.get("/doctors/999").await,
        patient.get("/nothing").await,
        patient.send("DELETE", &slots, None, &[]).await,
        patient.post(&book, time).await,
        patient.send("POST", &book, Some(&object(70_000)), &[JSON]).await,
        patient.send("POST", &book, Some("{}"), &[]).await,
        patient.get(&format!("{slots}?date=2030-02-30")).await,
        patient.get("/doctors?limit=0").await,
        patient.post(&book, json!({})).await,
        patient.post("/register", json!({})).await,
    ];
    for answer in answers.iter().filter(|answer| answer.status == 401) {
        answer.problem(401, "unauthorized");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    answers.iter().map(|answer| answer.status).collect()
}

#[tokio::test]
async fn revoked_token_gets_401_before_any_other_error() {
    let deactivated = "UPDATE people SET operation_id = :operation, active = 0 WHERE id =";
    for revocation in [deactivated, "DELETE FROM sessions WHERE person_id ="] {
        let clinic = Clinic::on_disk(NOW).await;
        let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
        patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
        let with_valid_token = [200, 400, 400, 403, 404, 404, 404, 404, 405, 409, 413, 415, 422, 422, 422, 422];
        assert_eq!(statuses(&patient, &doctor).await, with_valid_token);

        clinic.sql(&format!("{revocation} {}", patient.id)).await.unwrap();
        assert_eq!(statuses(&patient, &doctor).await, [401; 16], "{revocation}");
        doctor.get(&format!("/doctors/{}/slots?date=2030-01-08", doctor.id)).await.expect(200);
    }
}

#[tokio::test]
async fn admin_with_revoked_token_cannot_register_accounts() {
    let clinic = Clinic::on_disk(NOW).await;
    let (admin, doctor) = (clinic.admin().await, clinic.doctor().await);
    // A second Admin, because the last one cannot be deactivated.
    clinic.admin().await;
    clinic
        .sql(&format!("UPDATE people SET operation_id = :operation, active = 0 WHERE id = {}", admin.id))
        .await
        .unwrap();

    for email in ["new@example.org", &doctor.email] {
        let account = json!({ "name": "Ada", "email": email, "password": "a long password", "account_type": "Admin" });
        admin.post("/register", account).await.problem(401, "unauthorized");
    }
    assert_eq!(doctor.get("/doctors").await.expect(200).as_array().unwrap().len(), 1);
}
