//! Correctly signed tokens whose claims contradict the database are rejected.

use rounds_auth::SigningKey;
use rounds_domain::{AccountType, Caller};

use crate::support::{Actor, Answer, Clinic};

const NOW: &str = "2030-01-07T08:00:00Z";

/// Returns the method and the path of every operation that needs a token. Parameters in the path are 1.
async fn guarded(clinic: &Clinic) -> Vec<(String, String)> {
    let document = clinic.anonymous().get("/openapi.json").await.expect(200);
    let mut found = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let security = operation["security"].as_array();
            // If the token is optional, it is checked only when it is needed.
            if security.is_some_and(|ways| ways.iter().any(|way| way.get("token").is_none()) || ways.is_empty()) {
                continue;
            }
            let path = path.split('/').map(|part| if part.starts_with('{') { "1" } else { part });
            found.push((method.to_uppercase(), path.collect::<Vec<_>>().join("/")));
        }
    }
    assert!(found.len() > 25, "{found:?}");
    found
}

/// Returns the same actor with other claims.
fn claiming(clinic: &Clinic, actor: &Actor, change: impl FnOnce(Caller) -> Caller) -> Actor {
    let key = SigningKey::from_pem(&clinic.signing_key()).unwrap();
    let token = rounds_auth::sign(&key, &change(actor.caller.unwrap()), clinic.now()).unwrap();
    actor.with(&token)
}

/// Checks that every operation that needs a token rejects the actors `bad`, and accepts the token of `good`.
async fn assert_rejected(clinic: &Clinic, good: &Actor, bad: &[Actor]) {
    for (method, path) in guarded(clinic).await {
        let send = async |actor: &Actor, body: Option<&str>| -> Answer {
            actor.send(&method, &path, body, &[("content-type", "application/json")]).await
        };
        for body in [None, Some("{}"), Some("{\"name\":\"Ada\",\"reason\":\"x\"}")] {
            for actor in bad {
                let answer = send(actor, body).await;
                assert_eq!(answer.status, 401, "{method} {path} {body:?}: {}", answer.body);
            }
        }
        // The request itself is valid.
        assert_ne!(send(good, None).await.status, 401, "{method} {path}");
    }
}

#[tokio::test]
async fn token_of_another_clinic_with_the_same_key_is_rejected() {
    let (clinic, other) = (Clinic::at(NOW).await, Clinic::at(NOW).await);
    let (admin, other_admin) = (clinic.admin().await, other.admin().await);
    assert_eq!(admin.id, other_admin.id);
    let other_caller = other_admin.caller.unwrap();
    assert_ne!(admin.caller.unwrap().clinic, other_caller.clinic);
    let bad = [
        claiming(&clinic, &admin, |_| other_caller),
        // Even with a session id of this clinic.
        claiming(&clinic, &admin, |caller| Caller { clinic: other_caller.clinic, ..caller }),
        claiming(&clinic, &admin, |caller| Caller { session: other_caller.session, ..caller }),
    ];
    assert_rejected(&clinic, &admin, &bad).await;
    admin.get("/me").await.expect(200);
}

#[tokio::test]
async fn token_with_another_account_or_type_is_rejected() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let of_type = |actor: &Actor, account_type| claiming(&clinic, actor, |caller| Caller { account_type, ..caller });
    let bad = [
        of_type(&patient, AccountType::Admin),
        of_type(&patient, AccountType::Doctor),
        of_type(&doctor, AccountType::Admin),
        of_type(&admin, AccountType::Patient),
        // A session belongs to one account.
        claiming(&clinic, &patient, |caller| Caller { session: caller.session, ..admin.caller.unwrap() }),
        // The password was not changed during this session, so its generation is 0.
        claiming(&clinic, &admin, |caller| Caller { generation: 1, ..caller }),
    ];
    assert_rejected(&clinic, &admin, &bad).await;
    for actor in [admin, doctor, patient] {
        actor.get("/me").await.expect(200);
    }
}
