use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, PoisonError},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::DateTime;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey, KeypairBytes, spki::der::pem::LineEnding};
use jsonwebtoken::{
    DecodingKey, EncodingKey,
    jwk::{Jwk, ThumbprintHash},
};
use rand_core::OsRng;
use rounds_domain::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{eddsa, token::Claims};

/// What is wrong with a key; never the key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The signing key cannot be read.
    #[error("the signing key must be an Ed25519 private key in PEM (PKCS #8)")]
    SigningKey,
    /// The public keys cannot be read.
    #[error("the public keys must be a JSON Web Key Set (RFC 7517) of Ed25519 keys, each with its kid")]
    PublicKeys,
    /// The key cannot sign.
    #[error("a token cannot be signed: {0}")]
    Signing(#[from] jsonwebtoken::errors::Error),
    /// The system has no randomness for a token's id.
    #[error("the system has no randomness: {0}")]
    Randomness(rand_core::Error),
}

/// The private key that `auth` signs tokens with: Ed25519 (RFC 8032).
pub struct SigningKey {
    pub(crate) id: String,
    pub(crate) key: EncodingKey,
    public: Jwk,
}

impl SigningKey {
    /// Reads a key from PEM (PKCS #8).
    ///
    /// # Errors
    /// [`KeyError::SigningKey`]
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        eddsa::install();
        let key = ed25519_dalek::SigningKey::from_pkcs8_pem(pem.trim()).map_err(|_| KeyError::SigningKey)?;
        let x = BASE64_URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
        // By RFC 8037; what jsonwebtoken makes of an Ed25519 key itself says "EC".
        let public = serde_json::from_value::<Jwk>(json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "use": "sig" }));
        let der = key.to_pkcs8_der().map_err(|_| KeyError::SigningKey)?;
        let key = EncodingKey::from_ed_der(der.as_bytes());
        let mut public = public.map_err(|_| KeyError::SigningKey)?;
        // The key's own thumbprint (RFC 7638): nobody has to invent names.
        let id = public.thumbprint(ThumbprintHash::SHA256).map_err(|_| KeyError::SigningKey)?;
        public.common.key_id = Some(id.clone());
        Ok(Self { id, key, public })
    }

    /// Makes a new key, in PEM.
    ///
    /// Without its public key, so that it is of PKCS #8's first version (RFC 5208): OpenSSL cannot read
    /// the second (RFC 5958).
    ///
    /// # Errors
    /// [`KeyError::SigningKey`], where it could not be written as PEM.
    pub fn generate() -> Result<String, KeyError> {
        let secret_key = ed25519_dalek::SigningKey::generate(&mut OsRng).to_bytes();
        let pem = KeypairBytes { secret_key, public_key: None }.to_pkcs8_pem(LineEnding::LF);
        Ok(pem.map_err(|_| KeyError::SigningKey)?.to_string())
    }

    /// The public keys that verify what this key signs, as a JSON Web Key Set.
    pub fn public_keys(&self) -> String {
        json!({ "keys": [self.public] }).to_string()
    }

    /// The same with the older keys whose tokens are still accepted at `now`. `until` decides how long:
    /// it gets the time that a key had so far, if it had one, and answers its new one.
    pub fn public_keys_after(
        &self,
        older: &PublicKeys,
        now: Timestamp,
        until: impl Fn(Option<Timestamp>) -> Timestamp,
    ) -> String {
        let of_before = |key: &&PublicKey| key.jwk.common.key_id.as_ref() != Some(&self.id) && key.is_in_force(now);
        let older = older.set.keys.iter().filter(of_before).map(|key| {
            let until = until(key.exp.and_then(|exp| DateTime::from_timestamp(exp, 0)));
            PublicKey { jwk: key.jwk.clone(), exp: Some(until.timestamp()) }
        });
        let own = PublicKey { jwk: self.public.clone(), exp: None };
        KeySet { keys: [own].into_iter().chain(older).collect() }.to_json()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.id)
    }
}

/// A key of a JSON Web Key Set (RFC 7517).
#[derive(Clone, Serialize, Deserialize)]
struct PublicKey {
    #[serde(flatten)]
    jwk: Jwk,
    /// Until when its tokens are accepted, in seconds since 1970; `None` for a key that still signs.
    /// The member is registered for this: OpenID Federation 1.0, section 8.7.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
}

impl PublicKey {
    fn is_in_force(&self, now: Timestamp) -> bool {
        is_before(now, self.exp)
    }
}

fn is_before(now: Timestamp, exp: Option<i64>) -> bool {
    exp.is_none_or(|exp| now.timestamp() < exp)
}

#[derive(Serialize, Deserialize)]
struct KeySet {
    keys: Vec<PublicKey>,
}

impl KeySet {
    fn to_json(&self) -> String {
        json!(self).to_string()
    }
}

/// How many tokens are remembered at most.
const REMEMBERED: usize = 256;

/// The public keys that tokens are verified with, and the tokens that were verified.
pub struct PublicKeys {
    set: KeySet,
    /// By key id, with the time until which it is in force.
    keys: HashMap<String, (DecodingKey, Option<i64>)>,
    /// The signature of a token is verified once. Its claims and its key's time are checked each time.
    verified: Mutex<HashMap<String, (Claims, Option<i64>)>>,
}

impl PublicKeys {
    /// No keys: no token is good.
    pub fn none() -> Self {
        Self { set: KeySet { keys: Vec::new() }, keys: HashMap::new(), verified: Mutex::default() }
    }

    /// The claims of a token, if it was signed by one of the keys that are in force at `now`.
    pub(crate) fn claims(&self, token: &str, now: Timestamp) -> Option<Claims> {
        let verified = || self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((claims, until)) = verified().get(token) {
            return is_before(now, *until).then(|| claims.clone());
        }
        let (key, until) = self.keys.get(&Claims::key_id(token)?)?;
        let claims = Claims::signed(token, key)?;
        let mut verified = verified();
        if verified.len() >= REMEMBERED {
            verified.clear();
        }
        verified.insert(token.to_owned(), (claims.clone(), *until));
        is_before(now, *until).then_some(claims)
    }

    /// The keys that are in force at `now`, as a JSON Web Key Set.
    pub fn in_force(&self, now: Timestamp) -> String {
        let keys = self.set.keys.iter().filter(|key| key.is_in_force(now)).cloned();
        KeySet { keys: keys.collect() }.to_json()
    }

    /// Reads a JSON Web Key Set (RFC 7517).
    ///
    /// # Errors
    /// [`KeyError::PublicKeys`]
    pub fn from_json(json: &str) -> Result<Self, KeyError> {
        eddsa::install();
        let set: KeySet = serde_json::from_str(json).map_err(|_| KeyError::PublicKeys)?;
        let named = |key: &PublicKey| {
            let verifier = DecodingKey::from_jwk(&key.jwk).ok()?;
            Some((key.jwk.common.key_id.clone()?, (verifier, key.exp)))
        };
        let keys: Option<HashMap<_, _>> = set.keys.iter().map(named).collect();
        match keys {
            Some(keys) if !keys.is_empty() => Ok(Self { set, keys, verified: Mutex::default() }),
            _ => Err(KeyError::PublicKeys),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use rounds_domain::{AccountType, Caller};

    use super::*;
    use crate::{sign, verify_token};

    fn key() -> SigningKey {
        SigningKey::from_pem(&SigningKey::generate().unwrap()).unwrap()
    }

    fn set(json: &str) -> PublicKeys {
        PublicKeys::from_json(json).unwrap()
    }

    #[test]
    fn a_key_that_was_replaced_verifies_until_its_time() {
        let now = DateTime::from_timestamp(1_900_000_000, 0).unwrap();
        let until = now + TimeDelta::minutes(61);
        let (earlier, later) = (key(), key());
        let keys = later.public_keys_after(&set(&earlier.public_keys()), now, |_| until);
        let keys = set(&keys);
        let caller = Caller {
            account_id: "7".parse().unwrap(),
            account_type: AccountType::Patient,
            clinic: 1.into(),
            session: 2.into(),
            token_id: 5,
            generation: 0,
            signed_in_at: now,
        };
        // Signed when the key had long been replaced, by whoever has it.
        let at = |key: &SigningKey, signed| sign(key, &caller, signed).unwrap();
        let late = at(&earlier, until - TimeDelta::minutes(1));
        for _ in 0..2 {
            assert!(verify_token(&keys, &late, until - TimeDelta::seconds(1)).is_ok());
            assert!(verify_token(&keys, &late, until).is_err(), "it is verified by now, and its key has ended");
        }
        assert!(verify_token(&keys, &at(&earlier, until), until).is_err());
        assert!(verify_token(&keys, &at(&later, until), until).is_ok());

        let ids = |json: &str| -> Vec<String> {
            let set: serde_json::Value = serde_json::from_str(json).unwrap();
            set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(ids(&keys.in_force(now)), [later.id.as_str(), earlier.id.as_str()]);
        assert_eq!(ids(&keys.in_force(until)), [later.id.as_str()]);
        let third = key();
        assert_eq!(ids(&third.public_keys_after(&keys, until, |_| until)), [third.id.as_str(), later.id.as_str()]);
    }

    #[test]
    fn a_key_set_whose_key_ends_at_no_time_is_refused() {
        let key = key().public_keys();
        for exp in ["\"never\"", "1.5", "9223372036854775808"] {
            assert!(
                PublicKeys::from_json(&key.replace("\"kid\"", &format!("\"exp\":{exp},\"kid\""))).is_err(),
                "{exp}"
            );
        }
    }

    #[test]
    fn a_private_key_is_read_with_and_without_its_public_key() {
        let key = ed25519_dalek::SigningKey::generate(&mut OsRng);
        // PKCS #8, version 2: what was written before this version.
        let second = SigningKey::from_pem(&key.to_pkcs8_pem(LineEnding::LF).unwrap()).unwrap();
        let first = KeypairBytes { secret_key: key.to_bytes(), public_key: None };
        assert_eq!(SigningKey::from_pem(&first.to_pkcs8_pem(LineEnding::LF).unwrap()).unwrap().id, second.id);
    }
}
