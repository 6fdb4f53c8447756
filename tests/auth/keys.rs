//! The keys that tokens are signed and verified with, and their rotation.

use crate::support::{Actor, Clinic, Server, TestDatabase, Value, json, settings};

fn ids(set: &Value) -> Vec<String> {
    set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn anyone_reads_the_public_keys() {
    let clinic = Clinic::shared().await;
    let answer = clinic.anonymous().get("/.well-known/jwks.json").await;
    let set = answer.expect(200);
    assert_eq!(answer.header("content-type"), "application/jwk-set+json");
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    let key = &set["keys"][0];
    assert_eq!((&key["kty"], &key["crv"], &key["use"]), (&json!("OKP"), &json!("Ed25519"), &json!("sig")));
    assert!(key.get("d").is_none() && !answer.body.contains("PRIVATE"));
}

#[tokio::test]
async fn keys_rotate_without_a_restart() {
    let held = TestDatabase::file();
    let keys = settings().keys;
    let server = Server::start_with(held, |settings| settings.keys = keys.clone()).await;
    let clinic = server.clinic();
    let jwks = async || ids(&clinic.anonymous().get("/.well-known/jwks.json").await.expect(200));
    let works = async |actor: &Actor| {
        // In each function.
        for path in ["/me", "/appointments", "/availability?date=2030-01-08", "/audit"] {
            actor.get(path).await.expect(200);
        }
    };
    let first = jwks().await;
    assert_eq!(first.len(), 1);
    let one = clinic.admin().await;
    works(&one).await;

    keys.rotate().unwrap();
    let second = jwks().await;
    assert_eq!((second.len(), &second[1]), (2, &first[0]));
    let two = clinic.admin().await;
    works(&one).await;
    works(&two).await;

    keys.rotate().unwrap();
    assert_eq!(jwks().await[1..], second[..1]);
    works(&two).await;
    works(&clinic.admin().await).await;
    for path in ["/me", "/appointments", "/availability?date=2030-01-08", "/audit"] {
        one.get(path).await.problem(401, "unauthorized");
    }
}

#[test]
fn a_signing_key_that_was_replaced_by_hand_is_found_among_the_public_ones() {
    let keys = settings().keys;
    let before: Value = serde_json::from_str(&std::fs::read_to_string(&keys.public_keys).unwrap()).unwrap();
    std::fs::remove_file(&keys.signing_key).unwrap();
    let keys = rounds_local::KeyFiles::in_folder(keys.signing_key.parent().unwrap()).unwrap();
    let after: Value = serde_json::from_str(&std::fs::read_to_string(&keys.public_keys).unwrap()).unwrap();
    assert_eq!((ids(&after).len(), &ids(&after)[1]), (2, &ids(&before)[0]));
}
