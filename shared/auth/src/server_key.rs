use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ed25519_dalek::pkcs8::EncodePrivateKey;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rand_core::OsRng;
use serde_json::json;

use crate::{KeyError, eddsa};

/// The credentials of a libSQL server: a public key for the server and a token for its clients. The private key signs
/// only this token and is not stored.
#[derive(Clone)]
pub struct ServerKey {
    /// The public key (Ed25519), in the format of sqld's `--auth-jwt-key-file`.
    pub public: String,
    /// The signed token, for `DATABASE_AUTH_TOKEN`. It allows reading and writing everything, as long as the server has
    /// this key.
    pub token: String,
}

impl ServerKey {
    /// Generates a new key and its token.
    ///
    /// # Errors
    /// [`KeyError::SigningKey`] if the key cannot sign.
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
