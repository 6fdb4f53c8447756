use chrono::DateTime;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header, encode};
use rand_core::{OsRng, RngCore};
use rounds_domain::{AccountType, Caller, ClinicId, Error, SessionId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{KeyError, PublicKeys, SigningKey};

/// Who signs the tokens.
pub const ISSUER: &str = "rounds";
/// How long a token is good for.
pub const LIFETIME_SECONDS: i64 = 60 * 60;
/// By how much the clocks of two instances may differ.
pub const CLOCK_SKEW_SECONDS: i64 = 60;

/// A token's claims (RFC 7519).
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Claims {
    iss: String,
    /// The clinic's id.
    aud: ClinicId,
    /// The account's id.
    sub: String,
    account_type: AccountType,
    /// The session's id (OpenID Connect Front-Channel Logout 1.0, section 3).
    sid: SessionId,
    /// The generation of the session's tokens.
    #[serde(rename = "gen")]
    generation: i64,
    /// The token's id.
    jti: String,
    /// When the password was asked for (OpenID Connect Core 1.0, section 2).
    auth_time: i64,
    iat: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    exp: i64,
}

/// A new token's id: 51 random bits, since no other of the session's must have it.
///
/// # Errors
/// [`KeyError::Randomness`]
pub fn new_token_id() -> Result<i64, KeyError> {
    let mut bytes = [0; 8];
    OsRng.try_fill_bytes(&mut bytes).map_err(KeyError::Randomness)?;
    Ok((u64::from_ne_bytes(bytes) >> 12) as i64 | 1)
}

/// Signs a token for an account: a JSON Web Token by EdDSA (RFC 8037), good for
/// [`LIFETIME_SECONDS`].
///
/// # Errors
/// [`KeyError::Signing`]
pub fn sign(key: &SigningKey, account: &Caller, now: Timestamp) -> Result<String, KeyError> {
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some(key.id.clone());
    let claims = Claims {
        iss: ISSUER.into(),
        aud: account.clinic,
        sub: account.account_id.to_string(),
        account_type: account.account_type,
        sid: account.session,
        generation: account.generation,
        jti: account.token_id.to_string(),
        auth_time: account.signed_in_at.timestamp(),
        iat: now.timestamp(),
        nbf: None,
        exp: now.timestamp() + LIFETIME_SECONDS,
    };
    Ok(encode(&header, &claims, &key.key)?)
}

/// Whom a token was signed for, if it was signed by one of the keys and is good at `now`.
///
/// # Errors
/// [`Error::Unauthenticated`], whatever is wrong with it.
pub fn verify(keys: &PublicKeys, token: &str, now: Timestamp) -> Result<Caller, Error> {
    read(keys, token, now).ok_or(Error::Unauthenticated)
}

fn read(keys: &PublicKeys, token: &str, now: Timestamp) -> Option<Caller> {
    let claims = keys.claims(token, now)?;
    let caller = Caller {
        account_id: claims.sub.parse().ok()?,
        account_type: claims.account_type,
        clinic: claims.aud,
        session: claims.sid,
        token_id: claims.jti.parse().ok()?,
        generation: claims.generation,
        signed_in_at: DateTime::from_timestamp(claims.auth_time, 0)?,
    };
    claims.are_good(&caller, now).then_some(caller)
}

impl Claims {
    /// Whether [`sign`] can have signed these times, and the token is valid at `now`.
    fn are_good(&self, caller: &Caller, now: Timestamp) -> bool {
        let soon = now.timestamp() + CLOCK_SKEW_SECONDS;
        let begun = [Some(self.iat), self.nbf, Some(self.auth_time)].into_iter().flatten().all(|time| time <= soon);
        let lifetime = self.exp.checked_sub(self.iat);
        let lifetime = lifetime.is_some_and(|seconds| (1..=LIFETIME_SECONDS).contains(&seconds));
        // Only a sign-in of the last hours gets a token.
        let renewable = DateTime::from_timestamp(self.iat, 0).is_some_and(|iat| caller.may_renew(iat).is_ok());
        begun && now.timestamp() < self.exp && lifetime && renewable
    }

    /// The id of the key that a token says it was signed by.
    pub(crate) fn key_id(token: &str) -> Option<String> {
        decode_header(token).ok()?.kid
    }

    /// The claims of a token, if it is of this issuer and signed by this key. Its audience is checked in the
    /// database.
    pub(crate) fn signed(token: &str, key: &DecodingKey) -> Option<Self> {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        // By the clinic's id, in the database.
        validation.validate_aud = false;
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // By the time that is given, and not by the system's clock.
        validation.validate_exp = false;
        Some(decode(token, key, &validation).ok()?.claims)
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    use chrono::TimeDelta;
    use hmac::{Hmac, Mac};
    use sha2::Sha256;

    use super::*;

    fn now() -> Timestamp {
        DateTime::from_timestamp(1_900_000_000, 0).unwrap()
    }

    fn key() -> SigningKey {
        SigningKey::from_pem(&SigningKey::generate().unwrap()).unwrap()
    }

    fn caller() -> Caller {
        Caller {
            account_id: "7".parse().unwrap(),
            account_type: AccountType::Doctor,
            clinic: 1.into(),
            session: 2.into(),
            token_id: 5,
            generation: 3,
            signed_in_at: now(),
        }
    }

    fn keys(key: &SigningKey) -> PublicKeys {
        PublicKeys::from_json(&key.public_keys()).unwrap()
    }

    #[test]
    fn a_token_names_its_account_for_an_hour() {
        let key = key();
        let token = sign(&key, &caller(), now()).unwrap();
        let minutes = |minutes| verify(&keys(&key), &token, now() + TimeDelta::minutes(minutes));
        assert_eq!(minutes(0).unwrap(), caller());
        assert_eq!(minutes(59).unwrap(), caller());
        assert!(minutes(60).is_err(), "it has expired");
        assert!(minutes(-2).is_err(), "it is not valid yet");
    }

    #[test]
    fn a_token_that_was_verified_ends_all_the_same_and_with_its_key() {
        let key = key();
        let (keys, token) = (keys(&key), sign(&key, &caller(), now()).unwrap());
        for _ in 0..2 {
            assert_eq!(verify(&keys, &token, now()).unwrap(), caller());
        }
        assert!(verify(&keys, &token, now() + TimeDelta::hours(1)).is_err());
        assert!(verify(&keys, &format!("{token}A"), now()).is_err());
        assert!(verify(&PublicKeys::none(), &token, now()).is_err());
        // However many there are.
        for seconds in 0..600 {
            let another = sign(&key, &caller(), now() - TimeDelta::seconds(seconds)).unwrap();
            assert_eq!(verify(&keys, &another, now()).unwrap(), caller());
        }
    }

    #[test]
    fn a_token_by_another_key_or_changed_by_a_letter_is_none() {
        let (key, other) = (key(), key());
        let token = sign(&key, &caller(), now()).unwrap();
        assert!(verify(&keys(&other), &token, now()).is_err());
        for position in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[position] = if changed[position] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            // The last letter of a signature carries bits that nobody reads.
            assert!(verify(&keys(&key), &changed, now()).is_err() || position == token.len() - 1, "{position}");
        }
        assert!(verify(&keys(&key), "", now()).is_err());
    }

    #[test]
    fn only_tokens_by_this_issuer_and_algorithm_count() {
        let key = key();
        let signed = |header: Header, iss: &str, nbf: Option<i64>| {
            let claims = Claims {
                iss: iss.into(),
                aud: 1.into(),
                sub: "7".into(),
                account_type: AccountType::Admin,
                sid: 2.into(),
                generation: 0,
                jti: "5".into(),
                auth_time: now().timestamp(),
                iat: now().timestamp(),
                nbf,
                exp: now().timestamp() + 60,
            };
            encode(&header, &claims, &key.key).unwrap()
        };
        let token = |header, iss: &str| signed(header, iss, None);
        let header = || Header { kid: Some(key.id.clone()), ..Header::new(Algorithm::EdDSA) };
        assert!(verify(&keys(&key), &token(header(), ISSUER), now()).is_ok());
        assert!(verify(&keys(&key), &token(header(), "someone"), now()).is_err());
        assert!(verify(&keys(&key), &token(Header::new(Algorithm::EdDSA), ISSUER), now()).is_err(), "no kid");
        let later = |seconds| signed(header(), ISSUER, Some(now().timestamp() + seconds));
        assert!(verify(&keys(&key), &later(60), now()).is_ok());
        assert!(verify(&keys(&key), &later(61), now()).is_err(), "not valid yet");
        let id = "00112233445566778899aabbccddeeff";
        let claims = serde_json::json!({ "iss": ISSUER, "aud": id, "sub": "7", "account_type": "Admin",
            "sid": id, "jti": "5", "auth_time": now().timestamp(), "iat": now().timestamp(),
            "exp": now().timestamp() + 60 });
        for algorithm in ["HS256", "none"] {
            let header = serde_json::json!({ "typ": "JWT", "alg": algorithm, "kid": key.id });
            let base64 = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
            let signed = format!("{}.{}", base64(header.to_string().as_bytes()), base64(claims.to_string().as_bytes()));
            let mut hmac = Hmac::<Sha256>::new_from_slice(key.public_keys().as_bytes()).unwrap();
            hmac.update(signed.as_bytes());
            let signature = if algorithm == "none" { String::new() } else { base64(&hmac.finalize().into_bytes()) };
            let token = format!("{signed}.{signature}");
            assert!(verify(&keys(&key), &token, now()).is_err(), "{algorithm}, signed by the public key");
        }
    }

    /// Those that are out when a deployment begins.
    #[test]
    fn a_token_without_one_of_its_claims_is_refused() {
        let key = key();
        let header = Header { kid: Some(key.id.clone()), ..Header::new(Algorithm::EdDSA) };
        let id = "00112233445566778899aabbccddeeff";
        let mut claims = serde_json::json!({ "iss": ISSUER, "aud": id, "sub": "7", "account_type": "Doctor", "sid": id,
            "gen": 1, "jti": "5", "auth_time": now().timestamp(), "iat": now().timestamp(),
            "exp": now().timestamp() + 60 });
        let is_good = |claims: &serde_json::Value| {
            verify(&keys(&key), &encode(&header, claims, &key.key).unwrap(), now()).is_ok()
        };
        assert!(is_good(&claims));
        for name in ["iss", "aud", "sub", "account_type", "sid", "gen", "jti", "auth_time", "iat", "exp"] {
            let claim = claims.as_object_mut().unwrap().remove(name).unwrap();
            assert!(!is_good(&claims), "{name}");
            claims[name] = claim;
        }
    }

    #[test]
    fn keys_that_are_none_are_refused() {
        assert!(SigningKey::from_pem("no key").is_err());
        for bad in ["", "{}", r#"{"keys": []}"#, r#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "AA"}]}"#] {
            assert!(PublicKeys::from_json(bad).is_err(), "{bad}");
        }
    }
}
