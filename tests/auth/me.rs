use chrono::TimeDelta;

use crate::support::{Actor, Clinic, PASSWORD, Value, json};

const NOW: &str = "2030-01-07T08:00:00Z";
const NEW: &str = "another long password";

/// Registers a patient and signs them in with a password.
async fn ada(clinic: &Clinic) -> Actor {
    let account = json!({ "name": "Ada", "email": "Ada@example.org", "password": PASSWORD, "account_type": "Patient" });
    let id = clinic.anonymous().post("/register", account).await.expect(201)["id"].as_i64().unwrap();
    Actor { id, ..clinic.login("ada@example.org", PASSWORD).await }
}

async fn change(actor: &Actor, old: &str, new: &str) -> crate::support::Answer {
    actor.post("/me/password", json!({ "old_password": old, "new_password": new })).await
}

#[tokio::test]
async fn account_can_read_itself_and_change_its_name() {
    let clinic = Clinic::shared().await;
    let (patient, doctor) = (clinic.patient().await, clinic.doctor().await);
    for (actor, account_type) in [(&patient, "Patient"), (&doctor, "Doctor")] {
        let me = actor.get("/me").await.expect(200);
        let expected = json!({ "id": actor.id, "name": me["name"], "email": actor.email, "account_type": account_type,
            "active": true, "phone": null, "birth_date": null, "language": null, "email_verified": false, "feed": null });
        assert_eq!(me, expected);
        let renamed = actor.patch("/me", json!({ "name": " Zoë " })).await.expect(200);
        assert_eq!(renamed["name"], "Zoë");
        assert_eq!(actor.get("/me").await.expect(200), renamed);
        assert_eq!(actor.patch("/me", json!({})).await.expect(200), renamed, "a missing member does not change");
    }
    assert_eq!(clinic.anonymous().get("/doctors?q=zoë&limit=100").await.expect(200)[0]["name"], "Zoë");
    for (body, pointers) in [(json!({ "name": "" }), ["/name"]), (json!({ "name": null }), ["/name"])] {
        assert_eq!(patient.patch("/me", body).await.pointers("invalid-input"), pointers);
    }
}

#[tokio::test]
async fn account_can_change_its_phone_number_and_language() {
    let clinic = Clinic::on_disk(NOW).await;
    let (admin, patient) = (clinic.admin().await, clinic.patient().await);
    let mut expected = patient.get("/me").await.expect(200);
    expected["phone"] = json!("+4930123456");
    let changed = patient.patch("/me", json!({ "phone": "+49 (30) 12-34-56" })).await;
    assert_eq!(changed.expect(200), expected);
    expected["language"] = json!("de-CH");
    assert_eq!(patient.patch("/me", json!({ "language": "DE-ch" })).await.expect(200), expected);
    assert_eq!(patient.patch("/me", json!({ "name": expected["name"] })).await.expect(200), expected);
    assert_eq!(patient.get("/me").await.expect(200), expected);
    let account = &patient.get("/me/export").await.expect(200)["account"];
    assert_eq!((&account["phone"], &account["language"]), (&json!("+4930123456"), &json!("de-CH")));
    // The list of accounts does not have them.
    let listed = &admin.get(&format!("/accounts?q={}", patient.email)).await.expect(200)[0];
    assert_eq!(
        listed.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["account_type", "active", "email", "id", "name"]
    );

    for (body, code) in [
        (json!({ "phone": "030 123456" }), "not_a_phone_number"),
        (json!({ "phone": 4930123456_i64 }), "wrong_type"),
        (json!({ "language": "klingonish-language" }), "not_a_language"),
        (json!({ "language": false }), "wrong_type"),
    ] {
        let problem = patient.patch("/me", body.clone()).await.problem(422, "invalid-input");
        assert_eq!(problem["errors"][0]["code"], code, "{body}");
    }
    (expected["phone"], expected["language"]) = (Value::Null, Value::Null);
    let removed = patient.patch("/me", json!({ "phone": null, "language": null })).await;
    assert_eq!(removed.expect(200), expected);

    patient.patch("/me", json!({ "phone": "+4930123456", "language": "de" })).await.expect(200);
    assert_eq!(admin.send("POST", &format!("/accounts/{}/erase", patient.id), None, &[]).await.status, 204);
    let row = format!("SELECT coalesce(phone, language, 'nothing') FROM people WHERE id = {}", patient.id);
    assert_eq!(clinic.rows(&row).await, ["nothing"]);
}

#[tokio::test]
async fn account_says_whether_its_email_is_verified() {
    let clinic = Clinic::on_disk(NOW).await;
    let ada = ada(&clinic).await;
    assert_eq!(ada.get("/me").await.expect(200)["email_verified"], false);
    assert_eq!(ada.get("/me/export").await.expect(200)["account"]["verified_at"], Value::Null);
    let verified = "UPDATE logins SET verified_at = 1893456000, operation_id = :operation WHERE email_key LIKE 'ada@%'";
    clinic.sql(verified).await.unwrap();
    assert_eq!(ada.get("/me").await.expect(200)["email_verified"], true);
    assert_eq!(ada.get("/me/export").await.expect(200)["account"]["verified_at"], "2030-01-01T00:00:00+00:00");
}

#[tokio::test]
async fn new_password_revokes_all_other_tokens() {
    let clinic = Clinic::at(NOW).await;
    let one = ada(&clinic).await;
    let other = clinic.login("ada@example.org", PASSWORD).await;
    let renewed = one.post("/me/token", json!({})).await;
    assert_eq!(renewed.status, 200);

    let changed = change(&one, PASSWORD, NEW).await;
    assert_eq!((changed.status, changed.body.as_str()), (204, ""));
    other.get("/me").await.problem(401, "unauthorized");
    one.get("/me").await.expect(200);
    // Other tokens of the same session are revoked too. Tokens renewed from now on are valid.
    let before = Actor { token: Some(renewed.body), ..one.clone() };
    before.get("/me").await.problem(401, "unauthorized");
    before.post("/me/token", json!({})).await.problem(401, "unauthorized");
    let after = Actor { token: Some(one.post("/me/token", json!({})).await.body), ..one.clone() };
    after.get("/appointments").await.expect(200);

    let login = async |password: &str| {
        clinic.anonymous().post("/login", json!({ "email": "ada@example.org", "password": password })).await.status
    };
    assert_eq!((login(PASSWORD).await, login(NEW).await), (401, 200));
    // The next change keeps its own token, and revokes the one that was kept before.
    let newer = clinic.login("ada@example.org", NEW).await;
    assert_eq!(change(&newer, NEW, PASSWORD).await.status, 204);
    for revoked in [&one, &after] {
        revoked.get("/me").await.problem(401, "unauthorized");
    }
    newer.get("/me").await.expect(200);
}

#[tokio::test]
async fn password_change_needs_the_old_password() {
    let clinic = Clinic::at(NOW).await;
    let ada = ada(&clinic).await;
    assert_eq!(change(&ada, "not the password", NEW).await.pointers("invalid-input"), ["/old_password"]);
    assert_eq!(change(&ada, PASSWORD, "short").await.pointers("invalid-input"), ["/new_password"]);
    assert_eq!(change(&ada, PASSWORD, "password123").await.pointers("invalid-input"), ["/new_password"]);
    let nothing = ada.post("/me/password", json!({})).await.pointers("invalid-input");
    assert_eq!(nothing, ["/new_password", "/old_password"]);
    clinic.login("ada@example.org", PASSWORD).await;
}

#[tokio::test]
async fn guesses_of_the_old_password_are_limited() {
    let clinic = Clinic::at(NOW).await;
    let ada = ada(&clinic).await;
    for _ in 0..10 {
        assert_eq!(change(&ada, "a wrong guess", NEW).await.pointers("invalid-input"), ["/old_password"]);
    }
    change(&ada, PASSWORD, NEW).await.problem(429, "too-many-requests");
    clinic.pass(TimeDelta::minutes(15));
    assert_eq!(change(&ada, PASSWORD, NEW).await.status, 204);
}

#[tokio::test]
async fn token_can_be_renewed_until_12_hours_after_sign_in() {
    let clinic = Clinic::at(NOW).await;
    let mut ada = ada(&clinic).await;
    for _ in 0..12 {
        clinic.pass(TimeDelta::minutes(59));
        let answer = ada.send("POST", "/me/token", None, &[("accept", "application/json")]).await;
        let token = answer.expect(200);
        assert_eq!((&token["token_type"], &token["expires_in"]), (&json!("Bearer"), &json!(3600)));
        assert_eq!(answer.header("cache-control"), "no-store");
        ada.token = Some(token["access_token"].as_str().unwrap().to_owned());
    }
    // 11:48 hours later the token is valid until it expires, and cannot be renewed any more.
    clinic.pass(TimeDelta::minutes(12));
    let expired = ada.send("POST", "/me/token", None, &[]).await;
    assert_eq!(expired.problem(401, "unauthorized")["title"], "The sign-in has expired");
    ada.get("/me").await.expect(200);
    clinic.anonymous().send("POST", "/me/token", None, &[]).await.problem(401, "unauthorized");
}

#[tokio::test]
async fn export_contains_everything_about_the_account() {
    let clinic = Clinic::on_disk(NOW).await;
    let (admin, doctor, ada) = (clinic.admin().await, clinic.doctor().await, ada(&clinic).await);
    let booked = ada.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    ada.book(&doctor, "2030-01-08T11:00:00Z", 30).await;
    doctor.post(&format!("/appointments/{booked}/cancel"), json!({ "reason": "ill" })).await.expect(200);
    clinic.patient().await.book(&doctor, "2030-01-08T12:00:00Z", 30).await;
    doctor
        .post(
            &format!("/doctors/{}/time_off", doctor.id),
            json!({ "start_date": "2030-02-01T00:00:00Z", "end_date": "2030-02-02T00:00:00Z", "reason": "Skiing" }),
        )
        .await
        .expect(201);
    let night = json!([{ "start": "22:00", "end": "06:00" }]);
    doctor.put(&format!("/doctors/{}/special_hours/2030-02-03", doctor.id), night.clone()).await.expect(200);
    let nights = json!([{ "weekday": "Fri", "start": "22:00", "end": "06:00" }]);
    doctor.put(&format!("/doctors/{}/working_hours", doctor.id), nights.clone()).await.expect(200);

    let export = ada.get("/me/export").await.expect(200);
    let account = &export["account"];
    assert_eq!(
        (&account["id"], &account["name"], &account["email"]),
        (&json!(ada.id), &json!("Ada"), &json!("Ada@example.org"))
    );
    assert_eq!(
        (&account["created_at"], &account["signed_in_at"]),
        (&json!("2030-01-07T08:00:00+00:00"), &json!("2030-01-07T08:00:00+00:00"))
    );
    assert_eq!(export["sign_in_sources"], json!([{ "source": "192.0.2.1", "at": "2030-01-07T08:00:00+00:00" }]));
    assert_eq!(export["sessions"], json!([{ "created_at": "2030-01-07T08:00:00+00:00" }]));
    let appointments = export["appointments"].as_array().unwrap();
    assert_eq!(appointments.len(), 2);
    assert_eq!((&appointments[0]["id"], &appointments[0]["reason"]), (&json!(booked), &json!("ill")));
    let actions = |export: &Value| -> Vec<String> {
        export["audit"].as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(actions(&export), ["register", "login", "book", "book", "cancel"]);
    assert!(!export.to_string().contains("argon2"));

    let doctors = doctor.get("/me/export").await.expect(200);
    assert_eq!(doctors["appointments"].as_array().unwrap().len(), 3);
    assert_eq!(doctors["time_off"][0]["reason"], "Skiing");
    assert_eq!(doctors["working_hours"], nights);
    assert_eq!(doctors["special_hours"], json!([{ "date": "2030-02-03", "hours": night }]));
    admin.get("/me/export").await.expect(200);
    clinic.anonymous().get("/me/export").await.problem(401, "unauthorized");

    // Every column is either in the export or listed here. A new column makes this fail.
    let not_exported = [
        "person_id",
        "operation_id",
        "erased_at",
        "name_key",
        "email_key",
        "search_key",
        "specialty_key",
        "password_hash",
        "active",
        // Exported as `email_verified`.
        "verified_at",
        // Exported next to the account.
        "notes",
        // Only of patients without a login, or of merged ones.
        "contact_email",
        "contact_email_key",
        "merged_into",
        // Who added the patient, and the request: they are data of that person.
        "created_by",
        "idempotency_key",
        "request_hash",
    ];
    for column in [clinic.columns("people").await, clinic.columns("logins").await].concat() {
        let exported = account.get(&column).is_some();
        assert!(exported || not_exported.contains(&column.as_str()), "{column}");
    }

    // A session whose last token has expired is not exported, although its row still exists.
    clinic.pass(chrono::TimeDelta::minutes(12 * 60 + 30));
    let again = clinic.login("ada@example.org", PASSWORD).await;
    clinic.pass(chrono::TimeDelta::minutes(45));
    let later = again.get("/me/export").await.expect(200);
    assert_eq!(later["sessions"], json!([{ "created_at": "2030-01-07T20:30:00+00:00" }]));
}
