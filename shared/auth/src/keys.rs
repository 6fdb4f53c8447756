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

/// An error of a key. The message never has the key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The signing key cannot be read.
    #[error("the signing key must be an Ed25519 private key in PEM (PKCS #8)")]
    SigningKey,
    /// The public keys cannot be read.
    #[error("the public keys must be a JSON Web Key Set (RFC 7517) of Ed25519 keys, each with its kid")]
    PublicKeys,
    /// The key cannot sign a token.
    #[error("a token cannot be signed: {0}")]
    Signing(#[from] jsonwebtoken::errors::Error),
    /// The system cannot provide random bytes for a token's id.
    #[error("the system cannot provide random bytes: {0}")]
    Randomness(rand_core::Error),
}

/// The private key that signs tokens: Ed25519 (RFC 8032).
pub struct SigningKey {
    pub(crate) id: String,
    pub(crate) key: EncodingKey,
    public: Jwk,
}

impl SigningKey {
    /// Parses a key in PEM (PKCS #8).
    ///
    /// # Errors
    /// [`KeyError::SigningKey`]
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        eddsa::install();
        let key = ed25519_dalek::SigningKey::from_pkcs8_pem(pem.trim()).map_err(|_| KeyError::SigningKey)?;
        let x = BASE64_URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
        // As RFC 8037 defines. jsonwebtoken writes the key type "EC" for an Ed25519 key, which is wrong.
        let public = serde_json::from_value::<Jwk>(json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "use": "sig" }));
        let der = key.to_pkcs8_der().map_err(|_| KeyError::SigningKey)?;
        let key = EncodingKey::from_ed_der(der.as_bytes());
        let mut public = public.map_err(|_| KeyError::SigningKey)?;
        // The key's id is its thumbprint (RFC 7638), so an operator does not have to choose one.
        let id = public.thumbprint(ThumbprintHash::SHA256).map_err(|_| KeyError::SigningKey)?;
        public.common.key_id = Some(id.clone());
        Ok(Self { id, key, public })
    }

    /// Generates a new key, in PEM.
    ///
    /// The PEM has no public key, so it is version 1 of PKCS #8 (RFC 5208). OpenSSL cannot read version 2 (RFC 5958).
    ///
    /// # Errors
    /// [`KeyError::SigningKey`] if the key cannot be written as PEM.
    pub fn generate() -> Result<String, KeyError> {
        let secret_key = ed25519_dalek::SigningKey::generate(&mut OsRng).to_bytes();
        let pem = KeypairBytes { secret_key, public_key: None }.to_pkcs8_pem(LineEnding::LF);
        Ok(pem.map_err(|_| KeyError::SigningKey)?.to_string())
    }

    /// Returns the public key of this key as a JSON Web Key Set.
    pub fn public_keys(&self) -> String {
        json!({ "keys": [self.public] }).to_string()
    }

    /// Returns the public key of this key and the older keys whose tokens are still accepted at `now`, as a JSON Web
    /// Key Set.
    ///
    /// `until` returns the time until which an older key is accepted. Its argument is the key's present time limit, if
    /// it has one.
    pub fn public_keys_with_older(
        &self,
        older: &PublicKeys,
        now: Timestamp,
        until: impl Fn(Option<Timestamp>) -> Timestamp,
    ) -> String {
        let is_older = |key: &&PublicKey| key.jwk.common.key_id.as_ref() != Some(&self.id) && key.is_accepted_at(now);
        let older = older.set.keys.iter().filter(is_older).map(|key| {
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
    /// The time until which tokens of the key are accepted, in seconds since 1970. `None` for a key that still signs.
    /// OpenID Federation 1.0, section 8.7, defines this member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
}

impl PublicKey {
    fn is_accepted_at(&self, now: Timestamp) -> bool {
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

/// The maximum number of cached tokens.
const MAX_CACHED_TOKENS: usize = 256;

/// The public keys that verify tokens, and a cache of verified tokens.
pub struct PublicKeys {
    set: KeySet,
    /// By key id, with the time until which the key is accepted.
    keys: HashMap<String, (DecodingKey, Option<i64>)>,
    /// The cache of tokens whose signature was verified. The claims and the time limit of the key are checked each
    /// time.
    verified: Mutex<HashMap<String, (Claims, Option<i64>)>>,
}

impl PublicKeys {
    /// Returns no keys. No token is valid.
    pub fn none() -> Self {
        Self { set: KeySet { keys: Vec::new() }, keys: HashMap::new(), verified: Mutex::default() }
    }

    /// Returns the claims of a token if it was signed with a key that is accepted at `now`.
    pub(crate) fn claims(&self, token: &str, now: Timestamp) -> Option<Claims> {
        let verified = || self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((claims, until)) = verified().get(token) {
            return is_before(now, *until).then(|| claims.clone());
        }
        let (key, until) = self.keys.get(&Claims::key_id(token)?)?;
        let claims = Claims::verified(token, key)?;
        let mut verified = verified();
        if verified.len() >= MAX_CACHED_TOKENS {
            verified.clear();
        }
        verified.insert(token.to_owned(), (claims.clone(), *until));
        is_before(now, *until).then_some(claims)
    }

    /// Returns the keys that are accepted at `now`, as a JSON Web Key Set.
    pub fn accepted_at(&self, now: Timestamp) -> String {
        let keys = self.set.keys.iter().filter(|key| key.is_accepted_at(now)).cloned();
        KeySet { keys: keys.collect() }.to_json()
    }

    /// Parses a JSON Web Key Set (RFC 7517).
    ///
    /// # Errors
    /// [`KeyError::PublicKeys`]
    pub fn from_json(json: &str) -> Result<Self, KeyError> {
        eddsa::install();
        let set: KeySet = serde_json::from_str(json).map_err(|_| KeyError::PublicKeys)?;
        let by_id = |key: &PublicKey| {
            let verifier = DecodingKey::from_jwk(&key.jwk).ok()?;
            Some((key.jwk.common.key_id.clone()?, (verifier, key.exp)))
        };
        let keys: Option<HashMap<_, _>> = set.keys.iter().map(by_id).collect();
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
    fn replaced_key_verifies_until_its_time() {
        let now = DateTime::from_timestamp(1_900_000_000, 0).unwrap();
        let until = now + TimeDelta::minutes(61);
        let (earlier, later) = (key(), key());
        let keys = later.public_keys_with_older(&set(&earlier.public_keys()), now, |_| until);
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
        let signed_at = |key: &SigningKey, time| sign(key, &caller, time).unwrap();
        // A thief of the replaced key could sign such a late token.
        let late = signed_at(&earlier, until - TimeDelta::minutes(1));
        for _ in 0..2 {
            assert!(verify_token(&keys, &late, until - TimeDelta::seconds(1)).is_ok());
            assert!(verify_token(&keys, &late, until).is_err(), "the token is cached, but its key is not accepted");
        }
        assert!(verify_token(&keys, &signed_at(&earlier, until), until).is_err());
        assert!(verify_token(&keys, &signed_at(&later, until), until).is_ok());

        let ids = |json: &str| -> Vec<String> {
            let set: serde_json::Value = serde_json::from_str(json).unwrap();
            set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(ids(&keys.accepted_at(now)), [later.id.as_str(), earlier.id.as_str()]);
        assert_eq!(ids(&keys.accepted_at(until)), [later.id.as_str()]);
        let third = key();
        assert_eq!(ids(&third.public_keys_with_older(&keys, until, |_| until)), [third.id.as_str(), later.id.as_str()]);
    }

    #[test]
    fn rejects_key_set_with_invalid_exp() {
        let key = key().public_keys();
        for exp in ["\"never\"", "1.5", "9223372036854775808"] {
            assert!(
                PublicKeys::from_json(&key.replace("\"kid\"", &format!("\"exp\":{exp},\"kid\""))).is_err(),
                "{exp}"
            );
        }
    }

    #[test]
    fn parses_private_key_with_and_without_public_key() {
        let key = ed25519_dalek::SigningKey::generate(&mut OsRng);
        // Older releases of Rounds wrote version 2 of PKCS #8.
        let second = SigningKey::from_pem(&key.to_pkcs8_pem(LineEnding::LF).unwrap()).unwrap();
        let first = KeypairBytes { secret_key: key.to_bytes(), public_key: None };
        assert_eq!(SigningKey::from_pem(&first.to_pkcs8_pem(LineEnding::LF).unwrap()).unwrap().id, second.id);
    }
}
