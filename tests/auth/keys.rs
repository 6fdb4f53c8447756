//! The keys that sign and verify tokens, and their rotation.

use std::{
    fs,
    process::{Command, Output},
};

use base64::Engine;
use rounds_local::KeyFiles;

use crate::support::{Actor, Clinic, Server, TestDatabase, Value, built, json, settings, temporary};

fn ids(set: &Value) -> Vec<String> {
    set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// One route of each function that needs a token.
const PATHS: [&str; 4] = ["/me", "/appointments", "/doctors/available?date=2030-01-08", "/audit"];

async fn assert_accepted(actor: &Actor) {
    for path in PATHS {
        actor.get(path).await.expect(200);
    }
}

async fn assert_rejected(actor: &Actor) {
    for path in PATHS {
        actor.get(path).await.problem(401, "unauthorized");
    }
}

#[tokio::test]
async fn anyone_can_read_the_public_keys() {
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
    let database = TestDatabase::file();
    let keys = settings().keys;
    let server = Server::start_with(database, |settings| settings.keys = keys.clone()).await;
    let clinic = server.clinic();
    let jwks = async || ids(&clinic.anonymous().get("/.well-known/jwks.json").await.expect(200));
    let first = jwks().await;
    assert_eq!(first.len(), 1);
    let one = clinic.admin().await;
    assert_accepted(&one).await;

    keys.rotate().unwrap();
    let second = jwks().await;
    assert_eq!((second.len(), &second[1]), (2, &first[0]));
    let two = clinic.admin().await;
    assert_accepted(&one).await;
    assert_accepted(&two).await;

    // Two rotations within an hour: tokens of both earlier keys have not expired yet.
    keys.rotate().unwrap();
    let third = jwks().await;
    assert_eq!(third[1..], second);
    assert_accepted(&one).await;
    assert_accepted(&two).await;
    assert_accepted(&clinic.admin().await).await;

    // The first key has expired: it is not published any more, and verifies no token.
    let now = chrono::Utc::now().timestamp();
    let mut set: Value = serde_json::from_str(&fs::read_to_string(&keys.public_keys).unwrap()).unwrap();
    for (age, key) in set["keys"].as_array_mut().unwrap().iter_mut().skip(1).enumerate() {
        let until = key["exp"].as_i64().unwrap() - now;
        assert!((3600..=3660).contains(&until), "its last token lasts an hour: {age}, {until}");
    }
    set["keys"][2]["exp"] = json!(now);
    fs::write(&keys.public_keys, set.to_string()).unwrap();
    assert_eq!(jwks().await, third[..2]);
    assert_rejected(&one).await;
    assert_accepted(&two).await;
    // The next start removes the expired key from the file.
    KeyFiles::in_folder(keys.public_keys.parent().unwrap()).unwrap();
    let set: Value = serde_json::from_str(&fs::read_to_string(&keys.public_keys).unwrap()).unwrap();
    assert_eq!(ids(&set), third[..2]);
}

#[tokio::test]
async fn replaced_compromised_key_verifies_no_token() {
    let keys = settings().keys;
    let server = Server::start_with(TestDatabase::file(), |settings| settings.keys = keys.clone()).await;
    let clinic = server.clinic();
    let one = clinic.admin().await;
    keys.rotate().unwrap();
    let two = clinic.admin().await;
    assert_accepted(&one).await;
    assert_accepted(&two).await;
    let before = ids(&clinic.anonymous().get("/.well-known/jwks.json").await.expect(200));

    // This also works if the earlier key is unreadable.
    std::fs::write(&keys.signing_key, "no key").unwrap();
    KeyFiles::replace_compromised(keys.signing_key.parent().unwrap()).unwrap();
    assert_rejected(&one).await;
    assert_rejected(&two).await;
    assert_accepted(&clinic.admin().await).await;
    let after = ids(&clinic.anonymous().get("/.well-known/jwks.json").await.expect(200));
    assert!(after.len() == 1 && !before.contains(&after[0]), "{after:?}");
}

/// Runs `rounds` with these arguments.
fn rounds(arguments: &[&str]) -> Output {
    Command::new(built("rounds")).args(arguments).output().unwrap()
}

/// The public keys and the private key that `rounds` prints.
fn printed(arguments: &[&str]) -> (Value, String, String) {
    let output = rounds(arguments);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let set = text.lines().find(|line| line.starts_with('{')).unwrap();
    let begin = text.find("-----BEGIN PRIVATE KEY-----").unwrap();
    let end = "-----END PRIVATE KEY-----\n";
    let pem = text[begin..text.find(end).unwrap() + end.len()].to_owned();
    (serde_json::from_str(set).unwrap(), pem, text)
}

/// Returns the key id of a private key in PEM.
fn id_of(pem: &str) -> String {
    let key = rounds_auth::SigningKey::from_pem(pem).unwrap();
    ids(&serde_json::from_str(&key.public_keys()).unwrap()).remove(0)
}

#[test]
fn rotate_keys_prints_the_deadlines_for_a_deployment() {
    let (first, first_pem, _) = printed(&["keys"]);
    let (second, second_pem, text) = printed(&["rotate-keys", &first.to_string()]);
    assert_eq!(ids(&second), [id_of(&second_pem), id_of(&first_pem)]);
    assert!(second["keys"][0].get("exp").is_none(), "{second}");
    // One hour for the operator, ten minutes until the functions have read the key, and the lifetime of a token.
    let until = second["keys"][1]["exp"].as_i64().unwrap();
    let remaining = until - chrono::Utc::now().timestamp();
    assert!((7_800..=7_860).contains(&remaining), "{remaining}");
    let at = |time: i64| chrono::DateTime::from_timestamp(time, 0).unwrap().format("%H:%M UTC on %Y-%m-%d").to_string();
    assert!(text.contains(&format!("3. By {}", at(until - 4_260))) && text.contains(&at(until)), "{text}");

    // If it is run again before the last step, both the first and the second key may still sign.
    let (third, third_pem, _) = printed(&["rotate-keys", &second.to_string()]);
    assert_eq!(ids(&third), [id_of(&third_pem), id_of(&second_pem), id_of(&first_pem)]);
    assert_eq!(third["keys"][1]["exp"], third["keys"][2]["exp"]);

    // Expired keys are left out.
    let mut expired = second.clone();
    expired["keys"][1]["exp"] = json!(1);
    assert_eq!(ids(&printed(&["rotate-keys", &expired.to_string()]).0)[1..], [id_of(&second_pem)]);
}

#[test]
fn rotate_keys_compromised_prints_only_the_new_key() {
    let (first, ..) = printed(&["keys"]);
    let (second, pem, text) = printed(&["rotate-keys", "--compromised", &first.to_string()]);
    assert_eq!(ids(&second), [id_of(&pem)]);
    assert!(second["keys"][0].get("exp").is_none());
    // In the other order, earlier tokens would be accepted for longer.
    assert!(text.find("public keys").unwrap() < text.find("signing key").unwrap(), "{text}");
}

#[test]
fn rotate_keys_refuses_invalid_arguments() {
    let (set, ..) = printed(&["keys"]);
    let set = set.to_string();
    for arguments in [
        &["rotate-keys", "--help"][..],
        &["rotate-keys", "--compromised", "--force"],
        &["rotate-keys", &set, "--compromised"],
        &["rotate-keys", &set, &set],
        &["rotate-keys", "--compromised", &set, &set],
        // An empty argument: what a failed command substitution passes.
        &["rotate-keys", ""],
        &["rotate-keys", "--compromised", ""],
        &["rotate-keys", "public_keys.json"],
    ] {
        let output = rounds(arguments);
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && output.stdout.is_empty(), "{arguments:?}");
        assert!(message.starts_with("rounds: ") && message.lines().count() == 1, "{arguments:?}: {message}");
    }
}

#[test]
fn openssl_can_read_the_generated_key() {
    let (_, pem, _) = printed(&["keys"]);
    // RFC 8410, section 7: version 1 (encoded as 0) without a public key.
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = base64::prelude::BASE64_STANDARD.decode(base64).unwrap();
    assert_eq!((der.len(), &der[..5]), (48, &[0x30, 0x2e, 0x02, 0x01, 0x00][..]));

    let file = temporary("signing_key.pem");
    fs::write(&file, &pem).unwrap();
    let openssl = Command::new("openssl").arg("pkey").arg("-in").arg(&file).args(["-noout", "-text"]).output();
    let Ok(output) = openssl else { return println!("there is no openssl to try it with") };
    let message = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && message.contains("ED25519"), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn signing_key_replaced_by_hand_is_added_to_the_public_keys() {
    let keys = settings().keys;
    let before: Value = serde_json::from_str(&fs::read_to_string(&keys.public_keys).unwrap()).unwrap();
    fs::remove_file(&keys.signing_key).unwrap();
    let keys = KeyFiles::in_folder(keys.signing_key.parent().unwrap()).unwrap();
    let after: Value = serde_json::from_str(&fs::read_to_string(&keys.public_keys).unwrap()).unwrap();
    assert_eq!((ids(&after).len(), &ids(&after)[1]), (2, &ids(&before)[0]));
}
