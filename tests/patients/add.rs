use super::{NOW, add, ids, show};
use crate::support::{Actor, Answer, Clinic, Value, json};

async fn send(actor: &Actor, path: &str, key: &str, body: &Value) -> Answer {
    let headers = [("content-type", "application/json"), ("idempotency-key", key)];
    actor.send("POST", path, Some(&body.to_string()), &headers).await
}

#[tokio::test]
async fn front_desk_adds_a_patient_without_a_login() {
    let clinic = Clinic::at(NOW).await;
    for desk in [clinic.receptionist().await, clinic.admin().await] {
        let new = json!({
            "name": " Ada Lovelace ", "phone": "+44 (20) 7946-0000", "email": "ada@example.org", "language": "en-gb",
            "birth_date": "1984-03-07", "notes": "Prefers mornings.\nDeaf.",
        });
        let answer = desk.post("/patients", new).await;
        let added = answer.expect(201);
        let expected = json!({
            "id": added["id"], "name": "Ada Lovelace", "phone": "+442079460000", "email": "ada@example.org",
            "birth_date": "1984-03-07", "has_login": false, "language": "en-GB", "guardians": [],
            "notes": "Prefers mornings.\nDeaf.",
        });
        assert_eq!(added, expected);
        assert_eq!(answer.header("location"), format!("/patients/{}", added["id"]));
        assert_eq!(desk.get(answer.header("location")).await.expect(200), expected);
        // The email is not a login.
        let sign_in = json!({ "email": "ada@example.org", "password": "a long password" });
        clinic.anonymous().post("/login", sign_in).await.problem(401, "unauthorized");
    }
    let account = json!({
        "name": "Ada", "email": "ada@example.org", "password": "a long password", "account_type": "Patient" });
    clinic.anonymous().post("/register", account).await.expect(201);
}

#[tokio::test]
async fn only_the_name_is_required() {
    let clinic = Clinic::at(NOW).await;
    let desk = clinic.receptionist().await;
    let added = desk.post("/patients", json!({ "name": "Ada", "phone": null })).await.expect(201);
    let expected = json!({
        "id": added["id"], "name": "Ada", "phone": null, "email": null, "birth_date": null, "has_login": false,
        "language": null, "guardians": [], "notes": null,
    });
    assert_eq!(added, expected);
    let wrong = json!({
        "phone": "030", "email": "no email", "birth_date": "2031-01-01", "language": "?", "notes": "", "nmae": "Ada" });
    let answer = desk.post("/patients", wrong).await;
    let pointers = ["/birth_date", "/email", "/language", "/name", "/nmae", "/notes", "/phone"];
    assert_eq!(answer.pointers("invalid-input"), pointers);
    for birth_date in ["1849-12-31", "07.03.1984", "1984-02-30", "1984-3-7"] {
        let answer = desk.post("/patients", json!({ "name": "Ada", "birth_date": birth_date })).await;
        assert_eq!(answer.violations("invalid-input"), [("/birth_date".into(), "not_a_birth_date".into())]);
    }
}

#[tokio::test]
async fn only_the_front_desk_adds_patients() {
    let clinic = Clinic::at(NOW).await;
    for other in [clinic.doctor().await, clinic.patient().await] {
        other.post("/patients", json!({ "name": "Ada" })).await.problem(403, "forbidden");
        other.post("/patients", json!({})).await.problem(403, "forbidden");
    }
    clinic.anonymous().post("/patients", json!({ "name": "Ada" })).await.problem(401, "unauthorized");
}

#[tokio::test]
async fn retry_with_the_same_key_adds_no_other_patient() {
    let clinic = Clinic::at(NOW).await;
    let (desk, other, patient) = (clinic.receptionist().await, clinic.receptionist().await, clinic.patient().await);
    for (actor, path) in [(&desk, "/patients"), (&other, "/patients"), (&patient, "/me/patients")] {
        let new = json!({ "name": "Ada", "birth_date": "1984-03-07" });
        let first = send(actor, path, "key", &new).await;
        let again = send(actor, path, "key", &new).await;
        assert_eq!(again.expect(201), first.expect(201));
        assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), ("", "true"));
        assert_eq!(again.header("location"), first.header("location"));
        let changed = json!({ "name": "Ada", "birth_date": "1984-03-08" });
        send(actor, path, "key", &changed).await.problem(422, "idempotency-key-reused");
        let second = send(actor, path, "another key", &changed).await;
        assert_ne!(second.expect(201)["id"], first.json()["id"]);
    }
    assert_eq!(desk.get("/patients?birth_date=1984-03-07").await.expect(200).as_array().unwrap().len(), 3);
    send(&desk, "/patients", "", &json!({ "name": "Ada" })).await.problem(400, "malformed-request");
}

#[tokio::test]
async fn added_patient_is_in_the_audit_log_without_their_data() {
    let clinic = Clinic::at(NOW).await;
    let (desk, admin) = (clinic.receptionist().await, clinic.admin().await);
    let id = add(&desk, json!({ "name": "Ada", "phone": "+442079460000" })).await;
    let entries = admin.get(&format!("/audit?account_id={id}")).await.expect(200);
    let [entry] = &entries.as_array().unwrap()[..] else { panic!("{entries}") };
    assert_eq!(
        (&entry["action"], &entry["actor_id"], &entry["changes"]),
        (&json!("patient"), &json!(desk.id), &json!(null))
    );
    assert!(!entries.to_string().contains("2079460000"));
    show(&desk, id).await.expect(200);
    assert_eq!(ids(&admin.get("/accounts?q=ada").await.expect(200)), [0_i64; 0], "a patient is no account");
}
