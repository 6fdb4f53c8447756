use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, PoisonError},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey, spki::der::pem::LineEnding};
use jsonwebtoken::{
    DecodingKey, EncodingKey,
    jwk::{Jwk, JwkSet, ThumbprintHash},
};
use rand_core::OsRng;
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

    /// Makes a new key; in PEM, to be kept.
    ///
    /// # Errors
    /// [`KeyError::SigningKey`], where it could not be written as PEM.
    pub fn generate() -> Result<String, KeyError> {
        let pem = ed25519_dalek::SigningKey::generate(&mut OsRng).to_pkcs8_pem(LineEnding::LF);
        Ok(pem.map_err(|_| KeyError::SigningKey)?.to_string())
    }

    /// The public keys that verify what this key signs, as a JSON Web Key Set.
    pub fn public_keys(&self) -> String {
        json!({ "keys": [self.public] }).to_string()
    }

    /// Whether it is one of a JSON Web Key Set's.
    pub fn is_in(&self, public_keys: &PublicKeys) -> bool {
        public_keys.contains(&self.id)
    }

    /// The same with the newest of older keys, whose tokens are still to be accepted: two are in force.
    ///
    /// # Errors
    /// [`KeyError::PublicKeys`], where the older keys are none.
    pub fn public_keys_after(&self, older: &str) -> Result<String, KeyError> {
        PublicKeys::from_json(older)?;
        let older: JwkSet = serde_json::from_str(older).map_err(|_| KeyError::PublicKeys)?;
        let older = older.keys.iter().filter(|key| key.common.key_id != self.public.common.key_id);
        let keys: Vec<&Jwk> = [&self.public].into_iter().chain(older.take(1)).collect();
        Ok(json!({ "keys": keys }).to_string())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.id)
    }
}

/// How many tokens are remembered at most.
const REMEMBERED: usize = 256;

/// The public keys that tokens are verified with, by key id; and the tokens that were verified.
pub struct PublicKeys {
    keys: HashMap<String, DecodingKey>,
    /// What was signed stays signed: a token is verified once, and its claims are looked at each time.
    verified: Mutex<HashMap<String, Claims>>,
}

impl PublicKeys {
    /// No keys: no token is good.
    pub fn none() -> Self {
        Self { keys: HashMap::new(), verified: Mutex::default() }
    }

    /// What a token claims, if it was signed by one of the keys.
    pub(crate) fn claims(&self, token: &str) -> Option<Claims> {
        let verified = || self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(claims) = verified().get(token) {
            return Some(claims.clone());
        }
        let claims = Claims::signed(token, |key_id| self.keys.get(key_id))?;
        let mut verified = verified();
        if verified.len() >= REMEMBERED {
            verified.clear();
        }
        verified.insert(token.to_owned(), claims.clone());
        Some(claims)
    }

    /// Whether a key of that id is among them.
    pub(crate) fn contains(&self, key_id: &str) -> bool {
        self.keys.contains_key(key_id)
    }

    /// Reads a JSON Web Key Set (RFC 7517).
    ///
    /// # Errors
    /// [`KeyError::PublicKeys`]
    pub fn from_json(json: &str) -> Result<Self, KeyError> {
        eddsa::install();
        let set: JwkSet = serde_json::from_str(json).map_err(|_| KeyError::PublicKeys)?;
        let named = |jwk: &Jwk| Some((jwk.common.key_id.clone()?, DecodingKey::from_jwk(jwk).ok()?));
        let keys: Option<HashMap<_, _>> = set.keys.iter().map(named).collect();
        match keys {
            Some(keys) if !keys.is_empty() => Ok(Self { keys, verified: Mutex::default() }),
            _ => Err(KeyError::PublicKeys),
        }
    }
}
