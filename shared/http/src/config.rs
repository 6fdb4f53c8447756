use std::{env, fmt, sync::Arc};

use rounds_auth::{KeyError, PublicKeys, SigningKey};
use rounds_secrets::Secret;
use tokio::sync::Mutex;

use crate::Problem;

/// The keys in a setting. [`get`](Self::get) reads the setting each time, because keys are rotated while the functions
/// run. An unchanged text is not parsed again. Clones share the parsed keys.
pub struct Keys<T> {
    /// `None` for a function without tokens.
    setting: Option<Secret>,
    parse: fn(&str) -> Result<T, KeyError>,
    parsed: Arc<Mutex<Option<Parsed<T>>>>,
}

struct Parsed<T> {
    text: String,
    keys: Arc<T>,
}

impl<T> Clone for Keys<T> {
    fn clone(&self) -> Self {
        Self { setting: self.setting.clone(), parse: self.parse, parsed: self.parsed.clone() }
    }
}

impl Keys<PublicKeys> {
    /// Returns the keys that verify tokens. The setting is a JSON Web Key Set.
    pub fn public(setting: Secret) -> Self {
        Self { setting: Some(setting), parse: PublicKeys::from_json, parsed: Arc::default() }
    }

    /// Returns no keys, for a function that ignores tokens.
    pub fn none() -> Self {
        Self { setting: None, parse: |_| Ok(PublicKeys::none()), parsed: Arc::default() }
    }

    /// Reads `PUBLIC_KEYS`: the key set, or the path of a file with it. Or reads `PUBLIC_KEYS_SECRET`: the name of a
    /// secret in AWS Secrets Manager with the key set.
    ///
    /// # Errors
    /// Names the variable that is missing or invalid.
    pub async fn public_from_env() -> Result<Self, ConfigError> {
        Self::public(setting("PUBLIC_KEYS")?).validated("PUBLIC_KEYS").await
    }
}

impl Keys<SigningKey> {
    /// Returns the key that signs tokens. The setting is a private key in PEM.
    pub fn signing(setting: Secret) -> Self {
        Self { setting: Some(setting), parse: SigningKey::from_pem, parsed: Arc::default() }
    }

    /// Reads `SIGNING_KEY`: the private key in PEM, or the path of a file with it. Or reads `SIGNING_KEY_SECRET`: the
    /// name of a secret in AWS Secrets Manager with the key.
    ///
    /// # Errors
    /// Names the variable that is missing or invalid.
    pub async fn signing_from_env() -> Result<Self, ConfigError> {
        Self::signing(setting("SIGNING_KEY")?).validated("SIGNING_KEY").await
    }
}

fn setting(name: &str) -> Result<Secret, ConfigError> {
    Secret::or_file_from_env(name).ok_or_else(|| ConfigError::missing(name))
}

impl<T> Keys<T> {
    /// Validates keys from the environment or a file at start. Keys in Secrets Manager cannot be read before the first
    /// request.
    async fn validated(self, name: &str) -> Result<Self, ConfigError> {
        if env::var_os(name).is_some_and(|value| !value.is_empty()) {
            let text = self.text().await.map_err(|error| ConfigError::new(name, error))?;
            self.parse(text).await.map_err(|error| ConfigError::new(name, error))?;
        }
        Ok(self)
    }

    async fn text(&self) -> Result<String, String> {
        let Some(setting) = &self.setting else { return Ok(String::new()) };
        setting.get().await.map_err(|error| error.to_string())
    }

    /// Returns the keys.
    ///
    /// # Errors
    /// 503 if they cannot be read or are not valid.
    pub async fn get(&self) -> Result<Arc<T>, Problem> {
        let text = self.text().await.map_err(Problem::sign_in_unavailable)?;
        self.parse(text).await.map_err(Problem::sign_in_unavailable)
    }

    async fn parse(&self, text: String) -> Result<Arc<T>, KeyError> {
        let mut parsed = self.parsed.lock().await;
        match parsed.as_ref() {
            Some(current) if current.text == text => Ok(current.keys.clone()),
            _ => {
                let keys = Arc::new((self.parse)(&text)?);
                Ok(parsed.insert(Parsed { text, keys }).keys.clone())
            }
        }
    }
}

/// An invalid environment variable. The message has its name, never its value.
#[derive(Debug)]
pub struct ConfigError(String);

impl ConfigError {
    /// Returns the error for a variable `name` with an invalid value.
    pub fn new(name: &str, reason: impl fmt::Display) -> Self {
        Self(format!("the environment variable {name} is invalid: {reason}"))
    }

    /// Returns the error for a variable `name` that is not set or empty.
    pub fn missing(name: &str) -> Self {
        Self(format!("the environment variable {name} must be set"))
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}
