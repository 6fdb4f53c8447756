use chrono::DateTime;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header, encode};
use rand_core::{OsRng, RngCore};
use rounds_domain::{AccountType, Caller, ClinicId, Error, SessionId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{KeyError, PublicKeys, SigningKey};

/// The claim `iss` of every token.
pub const ISSUER: &str = "rounds";
/// The time from the signing of a token to its expiry.
pub const LIFETIME_SECONDS: i64 = 60 * 60;
/// The tolerated difference between the clocks of two instances.
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
    /// The number of passwords that were set during the session before the token was signed.
    #[serde(rename = "gen")]
    generation: i64,
    /// The token's id.
    jti: String,
    /// The time of the sign-in (OpenID Connect Core 1.0, section 2).
    auth_time: i64,
    iat: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    exp: i64,
}

/// Generates the id of a new token. It must be unique only within the session, so 51 random bits are enough. It is odd,
/// and therefore never 0.
///
/// # Errors
/// [`KeyError::Randomness`]
pub fn new_token_id() -> Result<i64, KeyError> {
    let mut bytes = [0; 8];
    OsRng.try_fill_bytes(&mut bytes).map_err(KeyError::Randomness)?;
    Ok((u64::from_ne_bytes(bytes) >> 12) as i64 | 1)
}

/// Signs a token for a caller: a JSON Web Token with EdDSA (RFC 8037) that expires after [`LIFETIME_SECONDS`].
///
/// # Errors
/// [`KeyError::Signing`]
pub fn sign(key: &SigningKey, caller: &Caller, now: Timestamp) -> Result<String, KeyError> {
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some(key.id.clone());
    let claims = Claims {
        iss: ISSUER.into(),
        aud: caller.clinic,
        sub: caller.account_id.to_string(),
        account_type: caller.account_type,
        sid: caller.session,
        generation: caller.generation,
        jti: caller.token_id.to_string(),
        auth_time: caller.signed_in_at.timestamp(),
        iat: now.timestamp(),
        nbf: None,
        exp: now.timestamp() + LIFETIME_SECONDS,
    };
    Ok(encode(&header, &claims, &key.key)?)
}

/// Returns the caller of a token, if it was signed with one of the keys and is valid at `now`.
///
/// # Errors
/// [`Error::Unauthenticated`] for every kind of invalid token.
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
    claims.have_valid_times(&caller, now).then_some(caller)
}

impl Claims {
    /// Returns whether [`sign`] could have written these times, and the token is valid at `now`.
    fn have_valid_times(&self, caller: &Caller, now: Timestamp) -> bool {
        let latest = now.timestamp() + CLOCK_SKEW_SECONDS;
        let has_begun =
            [Some(self.iat), self.nbf, Some(self.auth_time)].into_iter().flatten().all(|time| time <= latest);
        let lifetime = self.exp.checked_sub(self.iat);
        let lifetime_is_valid = lifetime.is_some_and(|seconds| (1..=LIFETIME_SECONDS).contains(&seconds));
        // When the token was signed, the sign-in must have been recent enough.
        let sign_in_is_recent = DateTime::from_timestamp(self.iat, 0).is_some_and(|iat| caller.may_renew(iat).is_ok());
        has_begun && now.timestamp() < self.exp && lifetime_is_valid && sign_in_is_recent
    }

    /// Returns the key id in a token's header. The token is not verified yet.
    pub(crate) fn key_id(token: &str) -> Option<String> {
        decode_header(token).ok()?.kid
    }

    /// Returns the claims of a token if its issuer is [`ISSUER`] and it was signed with this key.
    pub(crate) fn verified(token: &str, key: &DecodingKey) -> Option<Self> {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        // The database compares the audience with the clinic's id.
        validation.validate_aud = false;
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // `have_valid_times` checks the expiry with the given time. jsonwebtoken would use the system clock.
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
    fn token_is_valid_for_an_hour() {
        let key = key();
        let token = sign(&key, &caller(), now()).unwrap();
        let minutes = |minutes| verify(&keys(&key), &token, now() + TimeDelta::minutes(minutes));
        assert_eq!(minutes(0).unwrap(), caller());
        assert_eq!(minutes(59).unwrap(), caller());
        assert!(minutes(60).is_err(), "expired");
        assert!(minutes(-2).is_err(), "not valid yet");
    }

    #[test]
    fn cached_token_expires_and_needs_its_key() {
        let key = key();
        let (keys, token) = (keys(&key), sign(&key, &caller(), now()).unwrap());
        for _ in 0..2 {
            assert_eq!(verify(&keys, &token, now()).unwrap(), caller());
        }
        assert!(verify(&keys, &token, now() + TimeDelta::hours(1)).is_err());
        assert!(verify(&keys, &format!("{token}A"), now()).is_err());
        assert!(verify(&PublicKeys::none(), &token, now()).is_err());
        // More tokens than the cache holds are verified too.
        for seconds in 0..600 {
            let another = sign(&key, &caller(), now() - TimeDelta::seconds(seconds)).unwrap();
            assert_eq!(verify(&keys, &another, now()).unwrap(), caller());
        }
    }

    #[test]
    fn rejects_token_of_other_key_or_changed_token() {
        let (key, other) = (key(), key());
        let token = sign(&key, &caller(), now()).unwrap();
        assert!(verify(&keys(&other), &token, now()).is_err());
        for position in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[position] = if changed[position] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            // The last letter of a signature has unused bits.
            assert!(verify(&keys(&key), &changed, now()).is_err() || position == token.len() - 1, "{position}");
        }
        assert!(verify(&keys(&key), "", now()).is_err());
    }

    #[test]
    fn rejects_token_of_other_issuer_or_algorithm() {
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
            assert!(verify(&keys(&key), &token, now()).is_err(), "{algorithm}, signed with the public key");
        }
    }

    /// Such tokens of an older release can still be in use when a deployment begins.
    #[test]
    fn rejects_token_without_one_of_its_claims() {
        let key = key();
        let header = Header { kid: Some(key.id.clone()), ..Header::new(Algorithm::EdDSA) };
        let id = "00112233445566778899aabbccddeeff";
        let mut claims = serde_json::json!({ "iss": ISSUER, "aud": id, "sub": "7", "account_type": "Doctor", "sid": id,
            "gen": 1, "jti": "5", "auth_time": now().timestamp(), "iat": now().timestamp(),
            "exp": now().timestamp() + 60 });
        let is_valid = |claims: &serde_json::Value| {
            verify(&keys(&key), &encode(&header, claims, &key.key).unwrap(), now()).is_ok()
        };
        assert!(is_valid(&claims));
        for name in ["iss", "aud", "sub", "account_type", "sid", "gen", "jti", "auth_time", "iat", "exp"] {
            let claim = claims.as_object_mut().unwrap().remove(name).unwrap();
            assert!(!is_valid(&claims), "{name}");
            claims[name] = claim;
        }
    }

    #[test]
    fn rejects_invalid_keys() {
        assert!(SigningKey::from_pem("no key").is_err());
        for invalid in ["", "{}", r#"{"keys": []}"#, r#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "AA"}]}"#] {
            assert!(PublicKeys::from_json(invalid).is_err(), "{invalid}");
        }
    }
}
