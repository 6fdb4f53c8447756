//! Revoking sessions: all sessions of an account, or all but the caller's.

use crate::support::{Actor, Clinic, PASSWORD, Value, json};

const NOW: &str = "2030-01-07T08:00:00Z";
const NEW: &str = "another long password";

async fn renew(actor: &Actor) -> Actor {
    let renewed = actor.send("POST", "/me/token", None, &[]).await;
    assert_eq!(renewed.status, 200, "{}", renewed.body);
    Actor { token: Some(renewed.body), ..actor.clone() }
}

/// A patient with two sessions of two tokens each.
async fn ada(clinic: &Clinic) -> (i64, [Actor; 4]) {
    let account = json!({ "name": "Ada", "email": "ada@example.org", "password": PASSWORD, "account_type": "Patient" });
    let id = clinic.anonymous().post("/register", account).await.expect(201)["id"].as_i64().unwrap();
    let (one, other) =
        (clinic.login("ada@example.org", PASSWORD).await, clinic.login("ada@example.org", PASSWORD).await);
    let renewed = [renew(&one).await, renew(&other).await];
    let [renewed_one, renewed_other] = renewed;
    (id, [one, other, renewed_one, renewed_other])
}

async fn assert_revoked(actors: &[Actor]) {
    for actor in actors {
        for path in ["/me", "/appointments", "/doctors/1/slots?date=2030-01-08"] {
            actor.get(path).await.problem(401, "unauthorized");
        }
        actor.send("POST", "/me/token", None, &[]).await.problem(401, "unauthorized");
    }
}

#[tokio::test]
async fn admin_can_revoke_all_sessions_of_an_account() {
    for (verb, body) in
        [("deactivate", Value::Null), ("password", json!({ "new_password": NEW })), ("erase", Value::Null)]
    {
        let clinic = Clinic::at(NOW).await;
        let (admin, bystander) = (clinic.admin().await, clinic.patient().await);
        let (id, tokens) = ada(&clinic).await;
        let act = async |verb: &str, body: &Value| {
            let body = if body.is_null() { None } else { Some(body.to_string()) };
            let path = format!("/accounts/{id}/{verb}");
            let answer = admin.send("POST", &path, body.as_deref(), &[("content-type", "application/json")]).await;
            assert_eq!(answer.status, 204, "{verb}: {}", answer.body);
        };
        act(verb, &body).await;
        assert_revoked(&tokens).await;
        if verb == "deactivate" {
            // Activating the account does not restore them.
            act("activate", &Value::Null).await;
            assert_revoked(&tokens).await;
            clinic.login("ada@example.org", PASSWORD).await.get("/me").await.expect(200);
        }
        for other in [&admin, &bystander] {
            other.get("/me").await.expect(200);
        }
    }
}

#[tokio::test]
async fn token_that_changed_the_password_can_be_renewed() {
    let clinic = Clinic::at(NOW).await;
    let (_, [one, other, renewed_one, renewed_other]) = ada(&clinic).await;
    let change = json!({ "old_password": PASSWORD, "new_password": NEW });
    assert_eq!(one.post("/me/password", change).await.status, 204);
    // This holds within the same second too: the clock is stopped here.
    assert_revoked(&[other, renewed_one, renewed_other]).await;
    one.get("/me").await.expect(200);
    let renewed = renew(&renew(&one).await).await;
    renewed.get("/appointments").await.expect(200);

    // The next change keeps only its own token.
    let change = json!({ "old_password": NEW, "new_password": PASSWORD });
    assert_eq!(renewed.post("/me/password", change).await.status, 204);
    assert_revoked(&[one]).await;
    renew(&renewed).await.get("/me").await.expect(200);
}

#[tokio::test]
async fn wrong_old_password_keeps_all_sessions() {
    let clinic = Clinic::at(NOW).await;
    let (_, tokens) = ada(&clinic).await;
    let wrong = json!({ "old_password": "wrong", "new_password": NEW });
    assert_eq!(tokens[0].post("/me/password", wrong).await.pointers("invalid-input"), ["/old_password"]);
    for actor in &tokens {
        actor.get("/me").await.expect(200);
    }
}
