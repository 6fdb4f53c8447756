use crate::support::{Actor, Answer, Clinic, Value, json};

const NOW: &str = "2030-01-07T08:00:00Z";
const PASSWORD: &str = "correct horse 🐎";

/// Registers a patient with [`PASSWORD`] and returns the account id.
async fn register(clinic: &Clinic, email: &str) -> i64 {
    let account = json!({ "name": "Ada", "email": email, "password": PASSWORD, "account_type": "Patient" });
    clinic.anonymous().post("/register", account).await.expect(201)["id"].as_i64().unwrap()
}

async fn login(actor: &Actor, email: &str, password: &str) -> Answer {
    actor.post("/login", json!({ "email": email, "password": password })).await
}

/// Decodes a part of a token: JSON in base64url (RFC 7515).
fn part(token: &str, index: usize) -> Value {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (mut bits, mut count, mut bytes) = (0u32, 0, Vec::new());
    for letter in token.split('.').nth(index).unwrap().chars() {
        bits = bits << 6 | LETTERS.find(letter).unwrap() as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    serde_json::from_slice(&bytes).unwrap()
}

#[tokio::test]
async fn sign_in_returns_a_valid_token() {
    let clinic = Clinic::shared().await;
    let id = register(&clinic, "returning@example.org").await;

    let answer = login(&clinic.anonymous(), "returning@example.org", PASSWORD).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("content-type"), "application/jwt");
    assert_eq!(answer.header("cache-control"), "no-store");
    let claims = part(&answer.body, 1);
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 3600);

    let patient = Actor { token: Some(answer.body), ..clinic.anonymous() };
    patient.get(&format!("/patients/{id}/history")).await.expect(200);
}

#[tokio::test]
async fn token_has_issuer_subject_and_expiry() {
    let clinic = Clinic::on_disk(NOW).await;
    let id = register(&clinic, "ada@example.org").await;
    let token = login(&clinic.anonymous(), "ada@example.org", PASSWORD).await.body;

    assert_eq!(token.split('.').count(), 3);
    let header = part(&token, 0);
    assert_eq!(header["alg"], "EdDSA");
    assert!(!header["kid"].as_str().unwrap().is_empty());
    let claims = part(&token, 1);
    assert_eq!(claims["iss"], "rounds");
    // The audience is the clinic; `sid` is the session.
    assert_eq!(clinic.rows("SELECT public_id FROM clinic").await, [claims["aud"].as_str().unwrap()]);
    let session = "SELECT lower(hex(id)) FROM sessions";
    assert_eq!(clinic.rows(session).await, [claims["sid"].as_str().unwrap()]);
    assert_eq!(claims["sub"], id.to_string());
    assert_eq!(claims["account_type"], "Patient");
    assert_eq!(claims["iat"], clinic.now().timestamp());
    assert_eq!(claims["exp"], clinic.now().timestamp() + 3600);
    let claims = claims.to_string();
    assert!(!claims.contains("Ada") && !claims.contains("example.org"), "anyone can read a token: {claims}");
}

#[tokio::test]
async fn sign_in_returns_json_if_the_client_accepts_it() {
    let clinic = Clinic::at(NOW).await;
    register(&clinic, "ada@example.org").await;
    let body = json!({ "email": "ada@example.org", "password": PASSWORD }).to_string();
    let accepting = async |accept| {
        let headers = [("content-type", "application/json"), ("accept", accept)];
        let answer = clinic.anonymous().send("POST", "/login", Some(&body), &headers).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.header("cache-control"), "no-store");
        answer
    };

    for accept in ["application/json", "Application/JSON; q=0.9", "text/html, application/json"] {
        let answer = accepting(accept).await;
        assert_eq!(answer.header("content-type"), "application/json", "{accept}");
        let token = answer.json();
        let access_token = token["access_token"].as_str().unwrap();
        assert_eq!(part(access_token, 1)["iss"], "rounds");
        assert_eq!(token, json!({ "access_token": access_token, "token_type": "Bearer", "expires_in": 3600 }));
    }
    for accept in ["*/*", "application/jwt", "text/plain, */*"] {
        let answer = accepting(accept).await;
        assert_eq!(answer.header("content-type"), "application/jwt", "{accept}");
        assert_eq!(part(&answer.body, 1)["iss"], "rounds");
    }
}

#[tokio::test]
async fn sign_in_ignores_the_case_of_the_email_only() {
    let clinic = Clinic::at(NOW).await;
    register(&clinic, "Zoë@Example.org").await;
    for email in ["zoë@example.org", "ZOË@EXAMPLE.ORG", "Zoë@Example.org"] {
        clinic.login(email, PASSWORD).await;
    }
    for password in ["CORRECT HORSE 🐎", "correct horse", " correct horse 🐎", "correct horse 🐎 "] {
        login(&clinic.anonymous(), "zoë@example.org", password).await.problem(401, "unauthorized");
    }
}

#[tokio::test]
async fn refused_sign_in_does_not_reveal_whether_the_email_exists() {
    let clinic = Clinic::shared().await;
    register(&clinic, "known@example.org").await;

    let known = login(&clinic.anonymous(), "known@example.org", "wrong password").await;
    let unknown = login(&clinic.anonymous(), "unknown@example.org", "wrong password").await;
    known.problem(401, "unauthorized");
    assert_eq!(known.header("www-authenticate"), "Bearer");
    let body = |answer: &Answer| answer.body.replace(answer.json()["request_id"].as_str().unwrap(), "…");
    assert_eq!(body(&known), body(&unknown));
    let headers = |mut answer: Answer| {
        answer.headers.remove("date");
        answer.headers
    };
    assert_eq!(headers(known), headers(unknown));
}

#[tokio::test]
async fn hostile_credentials_are_refused() {
    let clinic = Clinic::at(NOW).await;
    register(&clinic, "ada@example.org").await;
    for password in ["", "x", "correct\0horse", &"x".repeat(129), &"🐎".repeat(10_000)] {
        login(&clinic.anonymous(), "ada@example.org", password).await.problem(401, "unauthorized");
    }
    for email in ["", "ada", "ada@example.org\0", "ada@example.org' OR 1 = 1 --", "%", &"a".repeat(10_000)] {
        login(&clinic.anonymous(), email, PASSWORD).await.problem(401, "unauthorized");
    }
}

#[tokio::test]
async fn sign_in_names_every_missing_member() {
    let anyone = Clinic::at(NOW).await.anonymous();
    for (body, pointers) in [
        (json!({}), &["/email", "/password"][..]),
        (json!({ "email": "ada@example.org" }), &["/password"]),
        (json!({ "password": PASSWORD, "email": null }), &["/email"]),
        (json!({ "email": 7, "password": [PASSWORD] }), &["/email", "/password"]),
        (json!([]), &[""]),
    ] {
        assert_eq!(anyone.post("/login", body.clone()).await.pointers("invalid-input"), pointers, "{body}");
    }
}

#[tokio::test]
async fn deactivated_account_cannot_sign_in() {
    let clinic = Clinic::on_disk(NOW).await;
    let id = register(&clinic, "ada@example.org").await;
    clinic.login("ada@example.org", PASSWORD).await;
    clinic.sql(&format!("UPDATE people SET operation_id = :operation, active = 0 WHERE id = {id}")).await.unwrap();

    let right = login(&clinic.anonymous(), "ada@example.org", PASSWORD).await;
    let wrong = login(&clinic.anonymous(), "ada@example.org", "wrong password").await;
    right.problem(401, "unauthorized");
    assert_eq!(right.body, wrong.body);
}

#[tokio::test]
async fn sign_in_after_revocation_is_valid() {
    let clinic = Clinic::on_disk(NOW).await;
    let id = register(&clinic, "ada@example.org").await;
    let history = format!("/patients/{id}/history");
    let before = clinic.login("ada@example.org", PASSWORD).await;
    clinic.sql("DELETE FROM sessions").await.unwrap();

    before.get(&history).await.problem(401, "unauthorized");
    clinic.login("ada@example.org", PASSWORD).await.get(&history).await.expect(200);
}
