use crate::support::{Actor, Clinic, PASSWORD, TestDatabase, Value, json};

const NOW: &str = "2030-01-07T08:00:00Z";

async fn ids(actor: &Actor, query: &str) -> Vec<i64> {
    let accounts = actor.get(&format!("/accounts{query}")).await.expect(200);
    accounts.as_array().unwrap().iter().map(|account| account["id"].as_i64().unwrap()).collect()
}

async fn act(admin: &Actor, account: i64, verb: &str) -> crate::support::Answer {
    admin.send("POST", &format!("/accounts/{account}/{verb}"), None, &[]).await
}

async fn reset(admin: &Actor, account: i64, password: &str) -> crate::support::Answer {
    admin.post(&format!("/accounts/{account}/password"), json!({ "new_password": password })).await
}

/// Registers a patient with a password.
async fn ada(clinic: &Clinic) -> Actor {
    let account = json!({ "name": "Ada", "email": "ada@example.org", "password": PASSWORD, "account_type": "Patient" });
    let id = clinic.anonymous().post("/register", account).await.expect(201)["id"].as_i64().unwrap();
    Actor { id, ..clinic.login("ada@example.org", PASSWORD).await }
}

async fn login(clinic: &Clinic, password: &str) -> u16 {
    clinic.anonymous().post("/login", json!({ "email": "ada@example.org", "password": password })).await.status
}

#[tokio::test]
async fn admin_can_search_accounts() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    patient.patch("/me", json!({ "name": "Ærøskøbing" })).await.expect(200);
    act(&admin, doctor.id, "deactivate").await;

    assert_eq!(ids(&admin, "").await, [admin.id, doctor.id, patient.id]);
    assert_eq!(ids(&admin, "?account_type=Doctor").await, [doctor.id]);
    assert_eq!(ids(&admin, "?active=false").await, [doctor.id]);
    assert_eq!(ids(&admin, "?active=true").await, [admin.id, patient.id]);
    assert_eq!(ids(&admin, "?q=%C3%86R%C3%98").await, [patient.id]);
    assert_eq!(ids(&admin, &format!("?q={}", doctor.email.to_uppercase())).await, [doctor.id]);
    assert_eq!(ids(&admin, "?q=nobody").await, [] as [i64; 0]);
    let page = admin.get("/accounts?limit=2").await;
    assert_eq!(page.expect(200).as_array().unwrap().len(), 2);
    assert_eq!(ids(&admin, page.next().unwrap().strip_prefix("/accounts").unwrap()).await, [patient.id]);
    let members = page.expect(200)[0].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(members, ["account_type", "active", "email", "id", "name"]);
    let wrong = admin.get("/accounts?account_type=Nurse&active=yes&limit=0&after=x").await;
    assert_eq!(wrong.pointers("invalid-input"), ["/account_type", "/active", "/after", "/limit"]);
}

#[tokio::test]
async fn deactivation_revokes_all_tokens_at_once() {
    let clinic = Clinic::at(NOW).await;
    let (admin, ada) = (clinic.admin().await, ada(&clinic).await);
    for _ in 0..2 {
        let answer = act(&admin, ada.id, "deactivate").await;
        assert_eq!((answer.status, answer.header("link")), (204, ""));
        ada.get("/me").await.problem(401, "unauthorized");
        assert_eq!(login(&clinic, PASSWORD).await, 401);
    }
    for _ in 0..2 {
        assert_eq!(act(&admin, ada.id, "activate").await.status, 204);
        assert_eq!(login(&clinic, PASSWORD).await, 200);
    }
    ada.get("/me").await.problem(401, "unauthorized");
}

#[tokio::test]
async fn deactivated_doctor_keeps_appointments_and_gets_no_new_ones() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let booked = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;

    act(&admin, doctor.id, "deactivate").await;
    let answer = act(&admin, doctor.id, "deactivate").await;
    assert_eq!(answer.status, 204);
    let path = answer.header("link").strip_prefix('<').unwrap().split_once('>').unwrap().0;
    assert_eq!(admin.get(path).await.expect(200)[0]["id"], booked);
    assert_eq!(clinic.anonymous().get("/doctors").await.expect(200), json!([]));
    patient.try_book(&doctor, "2030-01-08T11:00:00Z", 30).await.problem(422, "invalid-booking");

    assert_eq!(act(&admin, doctor.id, "activate").await.status, 204);
    patient.book(&doctor, "2030-01-08T11:00:00Z", 30).await;
}

#[tokio::test]
async fn last_active_admin_cannot_be_deactivated() {
    let clinic = Clinic::on_disk(NOW).await;
    let (one, other) = (clinic.admin().await, clinic.admin().await);
    assert_eq!(act(&one, other.id, "deactivate").await.status, 204);
    act(&one, one.id, "deactivate").await.problem(409, "last-admin");
    one.get("/me").await.expect(200);
    // Other programs cannot do it either.
    assert!(
        clinic
            .sql(&format!("UPDATE people SET operation_id = :operation, active = 0 WHERE id = {}", one.id))
            .await
            .is_err()
    );

    assert_eq!(act(&one, other.id, "activate").await.status, 204);
    assert_eq!(act(&one, one.id, "deactivate").await.status, 204);
    one.get("/me").await.problem(401, "unauthorized");
}

#[tokio::test]
async fn password_reset_by_an_admin_revokes_all_tokens() {
    let clinic = Clinic::at(NOW).await;
    let (admin, ada) = (clinic.admin().await, ada(&clinic).await);
    // The token that changed the password is revoked too.
    let change = json!({ "old_password": PASSWORD, "new_password": "another long password" });
    assert_eq!(ada.post("/me/password", change).await.status, 204);
    assert_eq!(reset(&admin, ada.id, "a third long password").await.status, 204);
    ada.get("/me").await.problem(401, "unauthorized");
    assert_eq!(
        (login(&clinic, "another long password").await, login(&clinic, "a third long password").await),
        (401, 200)
    );
    assert_eq!(reset(&admin, ada.id, "short").await.pointers("invalid-input"), ["/new_password"]);
    // A stolen token alone is not enough to take over the account.
    reset(&admin, admin.id, "a third long password").await.problem(403, "forbidden");
}

#[tokio::test]
async fn only_admins_can_change_accounts() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    for verb in ["deactivate", "activate", "erase", "password"] {
        let path = format!("/accounts/{}/{verb}", patient.id);
        let body = if verb == "password" { json!({ "new_password": "a third long password" }) } else { json!({}) };
        for actor in [&doctor, &patient] {
            actor.post(&path, body.clone()).await.problem(403, "forbidden");
            actor.post(&format!("/accounts/999/{verb}"), body.clone()).await.problem(403, "forbidden");
        }
        clinic.anonymous().post(&path, body.clone()).await.problem(401, "unauthorized");
        admin.post(&format!("/accounts/999/{verb}"), body).await.problem(404, "not-found");
    }
    assert_eq!(login(&clinic, PASSWORD).await, 401, "no account has this email");
}

/// Without `secure_delete`, SQLite leaves deleted content in the file.
#[tokio::test]
async fn erased_data_is_not_left_in_the_file() {
    let database = TestDatabase::file();
    let path = database.url();
    let clinic = Clinic::over(database, &path, NOW).await;
    let admin = clinic.admin().await;
    let mut patients = Vec::new();
    for _ in 0..20 {
        patients.push(clinic.patient().await);
    }
    let is_in_file = |patient: &Actor| {
        let file = std::fs::read(&path).unwrap();
        let email = patient.email.as_bytes();
        file.windows(email.len()).any(|bytes| bytes == email)
    };
    assert!(patients.iter().all(is_in_file));

    for patient in &patients {
        assert_eq!(act(&admin, patient.id, "erase").await.status, 204);
    }
    let left: Vec<_> = patients.iter().filter(|patient| is_in_file(patient)).map(|patient| &patient.email).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn erasing_keeps_counts_and_audit_log() {
    let clinic = Clinic::on_disk(NOW).await;
    let (admin, doctor, ada) = (clinic.admin().await, clinic.doctor().await, self::ada(&clinic).await);
    let key = [("content-type", "application/json"), ("idempotency-key", "ada-1")];
    let time = json!({ "start_date": "2030-01-07T09:00:00Z", "duration": 30 }).to_string();
    let appointment = ada.send("POST", &format!("/doctors/{}/book", doctor.id), Some(&time), &key).await.expect(201);
    let cancelled = ada.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    doctor.post(&format!("/appointments/{cancelled}/cancel"), json!({ "reason": "Ada has the flu" })).await.expect(200);
    let audit_entries = async |clinic: &Clinic| {
        let mut admin = admin.clone();
        clinic.renew(&mut admin);
        admin.get(&format!("/audit?account_id={}", ada.id)).await.expect(200)
    };
    let before: Value = audit_entries(&clinic).await;

    act(&admin, ada.id, "erase").await.problem(409, "appointments-ahead");
    ada.get("/me").await.expect(200);
    clinic.pass(chrono::TimeDelta::minutes(90));
    let (mut admin, mut doctor) = (admin.clone(), doctor.clone());
    clinic.renew(&mut admin);
    clinic.renew(&mut doctor);
    doctor.send("POST", &format!("/appointments/{appointment}/done"), None, &[]).await.expect(200);
    let guess = json!({ "email": "ada@example.org", "password": "a wrong guess" });
    clinic.anonymous().at("198.51.100.7").post("/login", guess).await.problem(401, "unauthorized");
    // A mail that was sent, and one that waits.
    assert_eq!(clinic.mails().await.last().unwrap().to, "ada@example.org");
    let mut signed_in = ada.clone();
    signed_in.token = clinic.login("ada@example.org", PASSWORD).await.token;
    let new_email = json!({ "email": "new@example.org", "password": PASSWORD });
    assert_eq!(signed_in.post("/me/email", new_email).await.status, 202);
    for _ in 0..2 {
        assert_eq!(act(&admin, ada.id, "erase").await.status, 204);
    }
    assert!(clinic.mails().await.iter().all(|mail| mail.to != "new@example.org"));
    // No table contains personal data any more.
    assert_eq!(login(&clinic, PASSWORD).await, 401);
    let account = admin.get(&format!("/accounts?q=erased-{}", ada.id)).await.expect(200);
    assert_eq!(
        (&account[0]["id"], &account[0]["name"], &account[0]["active"]),
        (&json!(ada.id), &json!("Erased"), &json!(false))
    );
    let tables = ["people", "logins", "appointments", "sign_in_sources", "sign_in_attempts", "audit", "operations"];
    for table in tables.into_iter().chain(["messages", "links"]) {
        let contents = clinic.dump(table).await;
        for word in ["Ada", "ada@example.org", "new@example.org", "ada-1", "flu", "198.51.100.7"] {
            let counted = word == "198.51.100.7" && table == "sign_in_attempts";
            // Attempts are deleted within an hour, and contain only a hash of the email.
            assert!(counted || !contents.contains(word), "{word} in {table}: {contents}");
        }
    }
    // Counts and the audit log have not changed.
    let busiest = admin.get("/doctors/by_top_appointments?date=2030-01-07").await.expect(200);
    assert_eq!((&busiest[0]["doctor_id"], &busiest[0]["booked_mins"]), (&json!(doctor.id), &json!(30)));
    let history = admin.get(&format!("/patients/{}/history", ada.id)).await.expect(200);
    assert_eq!(history.as_array().unwrap().len(), 2);
    let after = audit_entries(&clinic).await;
    let [erase, _login, failed, rest @ ..] = &after.as_array().unwrap()[..] else { panic!("{after}") };
    assert_eq!((&erase["action"], &erase["actor_id"]), (&json!("erase"), &json!(admin.id)));
    assert_eq!((&failed["action"], &failed["source"]), (&json!("login_failed"), &json!(null)));
    let mut before = before.as_array().unwrap().clone();
    for entry in &mut before {
        entry["actor_name"] = json!("Erased");
        if !entry["account_id"].is_null() {
            entry["account_name"] = json!("Erased");
        }
    }
    assert_eq!(rest, before);

    act(&admin, ada.id, "activate").await.problem(409, "account-erased");
    reset(&admin, ada.id, "a third long password").await.problem(409, "account-erased");
    for other in [doctor.id, admin.id] {
        act(&admin, other, "erase").await.problem(409, "not-a-patient");
    }
    // The email can be registered again.
    self::ada(&clinic).await;
}

/// Also if the account looks as if it was erased before: it is deactivated, and its name is "Erased".
#[tokio::test]
async fn every_erasure_is_audited() {
    let clinic = Clinic::at(NOW).await;
    let admin = clinic.admin().await;
    let account =
        json!({ "name": "Erased", "email": "e@example.org", "password": PASSWORD, "account_type": "Patient" });
    let id =
        clinic.anonymous().post("/register", account).await.expect(201).as_object().unwrap()["id"].as_i64().unwrap();
    for verb in ["deactivate", "erase"] {
        assert_eq!(act(&admin, id, verb).await.status, 204);
    }
    let entries = admin.get(&format!("/audit?account_id={id}")).await.expect(200);
    assert_eq!(entries[0]["action"], "erase", "{entries}");
}
