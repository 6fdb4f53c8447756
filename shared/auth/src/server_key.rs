use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ed25519_dalek::pkcs8::EncodePrivateKey;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rand_core::OsRng;
use serde_json::json;

use crate::{KeyError, eddsa};

/// What a libSQL server is guarded with. Its private key is used once, and then gone.
#[derive(Clone)]
pub struct ServerKey {
    /// The public key (Ed25519), in the form of sqld's `--auth-jwt-key-file`.
    pub public: String,
    /// A token that this key has signed, for `DATABASE_AUTH_TOKEN`: it may read and write everything,
    /// for as long as the server has this key.
    pub token: String,
}

impl ServerKey {
    /// Makes a new one.
    ///
    /// # Errors
    /// [`KeyError::SigningKey`], where the key cannot sign.
    pub fn generate() -> Result<Self, KeyError> {
        eddsa::install();
        let key = ed25519_dalek::SigningKey::generate(&mut OsRng);
        let public = BASE64_URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
        let der = key.to_pkcs8_der().map_err(|_| KeyError::SigningKey)?;
        let key = EncodingKey::from_ed_der(der.as_bytes());
        let token = encode(&Header::new(Algorithm::EdDSA), &json!({}), &key).map_err(|_| KeyError::SigningKey)?;
        Ok(Self { public, token })
    }
}
