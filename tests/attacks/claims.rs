//! The times in a correctly signed token: only those that a sign-in produces are accepted.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use proptest::{prelude::*, test_runner::TestRunner};
use rounds_auth::SigningKey;
use serde_json::json;
use tokio::runtime::Builder;

use super::tokens::signer;
use crate::support::Clinic;

const NOW: &str = "2030-01-07T08:00:00Z";
const HOUR: i64 = 3600;

/// Seconds since 1970: near the present time, or at the limits of 64 bits.
fn time(now: i64) -> BoxedStrategy<i64> {
    let near = (-14 * HOUR..14 * HOUR).prop_map(move |seconds| now + seconds);
    let bounds = vec![-12 * HOUR, -HOUR - 1, -HOUR, -1, 0, 1, 60, 61, HOUR - 1, HOUR, HOUR + 1, HOUR + 60];
    let at_bounds = prop::sample::select(bounds).prop_map(move |seconds| now + seconds);
    let far = prop_oneof![Just(i64::MIN), Just(i64::MIN + now), Just(-1), Just(0), Just(i64::MAX), any::<i64>()];
    prop_oneof![3 => near, 3 => at_bounds, 1 => far].boxed()
}

/// The times of a sign-in, some of them replaced.
fn times(now: i64) -> impl Strategy<Value = (i64, i64, Option<i64>, Option<i64>)> {
    let good = (-HOUR..60, 1..=HOUR, 0..12 * HOUR);
    let other = || prop::option::weighted(0.2, time(now));
    (good, [other(), other(), other()], other()).prop_map(move |((age, lifetime, signed_in), others, nbf)| {
        let iat = others[0].unwrap_or(now + age);
        let exp = others[1].unwrap_or(iat.saturating_add(lifetime));
        (iat, exp, Some(others[2].unwrap_or(iat.saturating_sub(signed_in))), nbf)
    })
}

#[test]
fn token_times_must_be_those_of_a_sign_in() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let clinic = runtime.block_on(Clinic::at(NOW));
    let patient = runtime.block_on(clinic.patient());
    let (pem, now, caller) = (clinic.signing_key(), clinic.now().timestamp(), patient.caller.unwrap());
    let key: EncodingKey = signer(&pem);
    let kid = SigningKey::from_pem(&pem).unwrap().public_keys();
    let kid = serde_json::from_str::<serde_json::Value>(&kid).unwrap()["keys"][0]["kid"].as_str().unwrap().to_owned();
    let header = Header { kid: Some(kid), ..Header::new(Algorithm::EdDSA) };

    let config = ProptestConfig { cases: 5_000, failure_persistence: None, ..ProptestConfig::default() };
    let accepted = std::cell::Cell::new(0);
    let tried = TestRunner::new(config).run(&times(now), |(iat, exp, auth_time, nbf)| {
        let mut claims = json!({ "iss": "rounds", "aud": caller.clinic, "sub": patient.id.to_string(),
            "account_type": "Patient", "sid": caller.session, "gen": 0, "jti": "5", "iat": iat, "exp": exp });
        for (name, time) in [("auth_time", auth_time), ("nbf", nbf)] {
            if let Some(time) = time {
                claims[name] = json!(time);
            }
        }
        let token = encode(&header, &claims, &key).unwrap();
        let status = runtime.block_on(patient.with(&token).get("/me")).status;

        // 128 bits cannot overflow here.
        let wide = |time: i64| i128::from(time) - i128::from(now);
        let (iat, exp) = (wide(iat), wide(exp));
        let begun = nbf.is_none_or(|nbf| wide(nbf) <= 60) && iat <= 60;
        let signed_in = auth_time.is_none_or(|at| wide(at) <= 60 && iat - wide(at) < 12 * i128::from(HOUR));
        let good = begun && signed_in && exp > 0 && exp > iat && exp - iat <= i128::from(HOUR);
        accepted.set(accepted.get() + u32::from(good));
        prop_assert_eq!(status, if good { 200 } else { 401 }, "{}", claims);
        Ok(())
    });
    tried.unwrap_or_else(|error| panic!("{error}"));
    assert!((500..4_500).contains(&accepted.get()), "{} of 5000", accepted.get());
}
