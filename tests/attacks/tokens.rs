//! Forged and misplaced tokens are rejected.

use std::cell::RefCell;

use axum::http::Method;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use proptest::{prelude::*, sample::select, test_runner::TestRunner};
use rounds_auth::SigningKey;
use rounds_http::{Actor as Role, Route};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::runtime::Builder;

use super::hostile::{authorization, changed, request};
use crate::support::{Actor, AttackTarget, Clinic, Sent, routes};

const NOW: &str = "2030-01-07T08:00:00Z";

fn base64(text: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(text)
}

/// Decodes a part of a token as JSON.
fn part(token: &str, place: usize) -> Value {
    let part = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(place).unwrap()).unwrap();
    serde_json::from_slice(&part).unwrap()
}

/// Parses a signing key in PEM.
pub(super) fn signer(pem: &str) -> EncodingKey {
    EncodingKey::from_ed_der(&der(pem))
}

fn der(pem: &str) -> Vec<u8> {
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    base64::prelude::BASE64_STANDARD.decode(base64).unwrap()
}

#[tokio::test]
async fn forged_or_misplaced_tokens_are_rejected() {
    let clinic = Clinic::at(NOW).await;
    let (admin, anyone) = (clinic.admin().await, clinic.anonymous());
    let token = admin.token.clone().unwrap();
    let (pem, now) = (clinic.signing_key(), clinic.now().timestamp());
    let (header, claims) = (part(&token, 0), part(&token, 1));
    let kid = header["kid"].as_str().unwrap();
    let foreign = SigningKey::generate().unwrap();
    let foreign_kid = key_id(&foreign);

    // Signed correctly, by the right or another key, with one difference.
    let signed = |key: &str, kid: Option<&str>, change: Value| {
        let mut claims = claims.clone();
        claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let header = Header { kid: kid.map(str::to_owned), ..Header::new(Algorithm::EdDSA) };
        encode(&header, &claims, &signer(key)).unwrap()
    };
    // With another algorithm, signed with public data.
    let jwks = anyone.get("/.well-known/jwks.json").await.body;
    let public = serde_json::from_str::<Value>(&jwks).unwrap()["keys"][0]["x"].as_str().unwrap().to_owned();
    let by_hmac = |algorithm: &str, key: &[u8]| {
        let header = json!({ "typ": "JWT", "alg": algorithm, "kid": kid }).to_string();
        let signed = format!("{}.{}", base64(&header), base64(&claims.to_string()));
        let mut hmac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        hmac.update(signed.as_bytes());
        format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(hmac.finalize().into_bytes()))
    };
    let unsigned = |algorithm: &str| {
        let header = json!({ "typ": "JWT", "alg": algorithm, "kid": kid }).to_string();
        format!("{}.{}.", base64(&header), base64(&claims.to_string()))
    };
    anyone.with(&signed(&pem, Some(kid), json!({}))).get("/me").await.expect(200);
    let tokens = [
        unsigned("none"),
        unsigned("None"),
        unsigned("EdDSA"),
        by_hmac("HS256", public.as_bytes()),
        by_hmac("HS256", &BASE64_URL_SAFE_NO_PAD.decode(&public).unwrap()),
        by_hmac("HS256", jwks.as_bytes()),
        by_hmac("EdDSA", public.as_bytes()),
        signed(&pem, Some("none"), json!({})),
        signed(&pem, None, json!({})),
        signed(&foreign, Some(kid), json!({})),
        signed(&foreign, Some(&foreign_kid), json!({})),
        signed(&pem, Some(&foreign_kid), json!({})),
        signed(&pem, Some(kid), json!({ "iss": "somebody" })),
        signed(&pem, Some(kid), json!({ "aud": "something" })),
        signed(&pem, Some(kid), json!({ "exp": now })),
        signed(&pem, Some(kid), json!({ "exp": "never" })),
        signed(&pem, Some(kid), json!({ "exp": null })),
        signed(&pem, Some(kid), json!({ "iat": now + 61 })),
        signed(&pem, Some(kid), json!({ "exp": now + 3601 })),
        signed(&pem, Some(kid), json!({ "exp": i64::MAX })),
        signed(&pem, Some(kid), json!({ "exp": i64::MAX, "iat": i64::MIN })),
        signed(&pem, Some(kid), json!({ "auth_time": now + 61 })),
        signed(&pem, Some(kid), json!({ "auth_time": now - 12 * 3600 })),
        signed(&pem, Some(kid), json!({ "auth_time": i64::MIN })),
        signed(&pem, Some(kid), json!({ "nbf": now + 61 })),
        signed(&pem, Some(kid), json!({ "sub": "0" })),
        signed(&pem, Some(kid), json!({ "account_type": "Root" })),
        token[..token.len() - 1].to_owned(),
        token[1..].to_owned(),
        token.rsplit_once('.').unwrap().0.to_owned(),
        format!("{token}."),
        format!("{token}A"),
        String::new(),
    ];
    let bearer = format!("Bearer {token}");
    let cookie = format!("token={token}; access_token={token}; Authorization={bearer}");
    let mut refused = Vec::new();
    for token in &tokens {
        refused.push(anyone.with(token).get("/me").await);
    }
    for headers in [
        &[][..],
        &[("authorization", bearer.as_str()), ("authorization", bearer.as_str())],
        &[("authorization", bearer.as_str()), ("authorization", "Bearer x")],
        &[("cookie", &cookie)],
        &[("x-authorization", &bearer)],
        &[("authorization", &token)],
        &[("authorization", &format!("Basic {}", base64(&token)))],
        &[("authorization", &format!("Bearer {token}, Bearer {token}"))],
    ] {
        refused.push(anyone.send("GET", "/me", None, headers).await);
    }
    for query in [format!("access_token={token}"), format!("token={token}"), format!("authorization=Bearer%20{token}")]
    {
        refused.push(anyone.get(&format!("/me?{query}")).await);
    }
    let body = json!({ "access_token": token, "token": token }).to_string();
    refused.push(anyone.send("GET", "/me", Some(&body), &[("content-type", "application/json")]).await);
    for answer in &refused {
        answer.problem(401, "unauthorized");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        assert_eq!(answer.body, refused[0].body);
    }
}

fn key_id(pem: &str) -> String {
    let set: Value = serde_json::from_str(&SigningKey::from_pem(pem).unwrap().public_keys()).unwrap();
    set["keys"][0]["kid"].as_str().unwrap().to_owned()
}

/// `Authorization` headers that are almost valid.
fn forged(tokens: [String; 3]) -> BoxedStrategy<String> {
    let good: Vec<String> = tokens.iter().map(|token| format!("Bearer {token}")).collect();
    let changed = select(good).prop_flat_map(|bearer| changed(&bearer));
    let claims = (select(tokens.to_vec()), select(vec!["Admin", "Doctor"]), 1..9u8).prop_map(|(token, kind, id)| {
        let mut claims = part(&token, 1);
        claims["account_type"] = json!(kind);
        claims["sub"] = json!(id.to_string());
        let parts: Vec<&str> = token.split('.').collect();
        format!("Bearer {}.{}.{}", parts[0], base64(&claims.to_string()), parts[2])
    });
    let bits = (select(tokens.to_vec()), any::<prop::sample::Index>(), 0..7u8).prop_map(|(token, at, bit)| {
        let mut bytes = token.into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        format!("Bearer {}", String::from_utf8(bytes).unwrap())
    });
    let all = prop_oneof![3 => bits, 2 => changed, 2 => claims, 3 => authorization(tokens.clone())];
    // The scheme is in any case, and spaces around a token do not count (RFC 9110, section 11).
    let is_valid = move |bearer: &str| {
        let parts = bearer.split_once(' ');
        parts.is_some_and(|(scheme, token)| {
            scheme.eq_ignore_ascii_case("Bearer") && tokens.contains(&token.trim().to_owned())
        })
    };
    all.prop_filter("the token is valid", move |bearer| !is_valid(bearer)).boxed()
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() }
}

#[test]
fn ten_thousand_mutated_tokens_are_rejected() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let clinic = runtime.block_on(AttackTarget::new());
    let tried = TestRunner::new(config()).run(&forged(clinic.tokens.clone()), |bearer| {
        let headers = vec![("authorization".to_owned(), bearer)];
        let sent = Sent { method: "GET".into(), target: "/appointments".into(), headers, body: Vec::new() };
        // Skips values that HTTP does not allow in a header.
        prop_assert!(sent.request().is_none() || runtime.block_on(clinic.status(&sent)) == 401);
        Ok(())
    });
    tried.unwrap_or_else(|error| panic!("{error}"));
}

/// Returns whether the route of a request accepts anonymous callers.
fn is_public(method: &Method, path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    let fits = |route: &&Route| {
        let declared: Vec<&str> = route.path.split('/').collect();
        let same = |(declared, part): (&&str, &&str)| declared == part || declared.starts_with('{');
        declared.len() == parts.len() && declared.iter().zip(&parts).all(same)
    };
    // The router prefers the path with the fewest parameters.
    let served = routes().iter().filter(fits).map(|route| route.path).min_by_key(|path| path.matches('{').count());
    let verb = if method == Method::HEAD { "GET" } else { method.as_str() };
    let mut of_path = routes().iter().filter(|route| Some(route.path) == served);
    of_path.any(|route| route.verb.as_str() == verb && route.access.allows(Role::Anonymous))
}

#[test]
fn mutated_requests_without_valid_token_are_rejected() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let clinic = runtime.block_on(AttackTarget::new());
    let (good, tokens) = (clinic.valid_requests(), clinic.tokens.clone());
    let strategy = (request(good, tokens.clone()), prop::option::weighted(0.8, forged(tokens.clone())));
    let clinic = RefCell::new(clinic);
    let tried = TestRunner::new(config()).run(&strategy, |(mut sent, forged)| {
        // Without a valid token, no mutation may succeed.
        sent.headers.retain(|(_, value)| !tokens.iter().any(|token| value.contains(token.as_str())));
        sent.headers.extend(forged.map(|bearer| ("authorization".to_owned(), bearer)));
        let Some(request) = sent.request() else { return Ok(()) };
        let status = runtime.block_on(clinic.borrow().status(&sent));
        let public = request.method() == Method::OPTIONS || is_public(request.method(), request.uri().path());
        prop_assert!(public || !(200..300).contains(&status), "{}: {:?}", status, sent);
        runtime.block_on(clinic.borrow_mut().request(&sent));
        Ok(())
    });
    tried.unwrap_or_else(|error| panic!("{error}"));
}

impl Actor {
    /// Returns an actor that sends this text as a token.
    pub(super) fn with(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }
}
