use std::{env, fmt, sync::Arc};

use rounds_auth::{KeyError, PublicKeys, SigningKey};
use rounds_secrets::Secret;
use tokio::sync::Mutex;

use crate::Problem;

/// Keys of the settings, as they are by now: they are rotated while the functions run. A text that is
/// as it was before is not parsed again. A clone shares what has been read.
pub struct Keys<T> {
    /// None where nobody is asked who they are.
    setting: Option<Secret>,
    parse: fn(&str) -> Result<T, KeyError>,
    read: Arc<Mutex<Option<Read<T>>>>,
}

struct Read<T> {
    text: String,
    keys: Arc<T>,
}

impl<T> Clone for Keys<T> {
    fn clone(&self) -> Self {
        Self { setting: self.setting.clone(), parse: self.parse, read: self.read.clone() }
    }
}

impl Keys<PublicKeys> {
    /// What tokens are verified with, kept as a JSON Web Key Set.
    pub fn public(setting: Secret) -> Self {
        Self { setting: Some(setting), parse: PublicKeys::from_json, read: Arc::default() }
    }

    /// None, for a function that asks nobody who they are.
    pub fn none() -> Self {
        Self { setting: None, parse: |_| Ok(PublicKeys::none()), read: Arc::default() }
    }

    /// `PUBLIC_KEYS`: the set itself, or the path of a file with it; or, in `PUBLIC_KEYS_SECRET`, where
    /// it is kept.
    ///
    /// # Errors
    /// Names the variable that is missing or wrong.
    pub async fn public_from_env() -> Result<Self, ConfigError> {
        Self::public(setting("PUBLIC_KEYS")?).read_value("PUBLIC_KEYS").await
    }
}

impl Keys<SigningKey> {
    /// What tokens are signed with, kept in PEM.
    pub fn signing(setting: Secret) -> Self {
        Self { setting: Some(setting), parse: SigningKey::from_pem, read: Arc::default() }
    }

    /// `SIGNING_KEY`: the private key in PEM, or the path of a file with it; or, in `SIGNING_KEY_SECRET`,
    /// where it is kept.
    ///
    /// # Errors
    /// Names the variable that is missing or wrong.
    pub async fn signing_from_env() -> Result<Self, ConfigError> {
        Self::signing(setting("SIGNING_KEY")?).read_value("SIGNING_KEY").await
    }
}

fn setting(name: &str) -> Result<Secret, ConfigError> {
    Secret::or_file_from_env(name).ok_or_else(|| ConfigError::missing(name))
}

impl<T> Keys<T> {
    /// What is wrong with what is at hand is said at once; what is kept elsewhere is out of reach before
    /// the first request.
    async fn read_value(self, name: &str) -> Result<Self, ConfigError> {
        if env::var_os(name).is_some_and(|value| !value.is_empty()) {
            let text = self.text().await.map_err(|error| ConfigError::new(name, error))?;
            self.parsed(text).await.map_err(|error| ConfigError::new(name, error))?;
        }
        Ok(self)
    }

    /// Their text.
    async fn text(&self) -> Result<String, String> {
        let Some(setting) = &self.setting else { return Ok(String::new()) };
        setting.get().await.map_err(|error| error.to_string())
    }

    /// The keys.
    ///
    /// # Errors
    /// 503, where they cannot be read or are not keys.
    pub async fn get(&self) -> Result<Arc<T>, Problem> {
        let text = self.text().await.map_err(Problem::sign_in_unavailable)?;
        self.parsed(text).await.map_err(Problem::sign_in_unavailable)
    }

    async fn parsed(&self, text: String) -> Result<Arc<T>, KeyError> {
        let mut read = self.read.lock().await;
        match read.as_ref() {
            Some(known) if known.text == text => Ok(known.keys.clone()),
            _ => {
                let keys = Arc::new((self.parse)(&text)?);
                Ok(read.insert(Read { text, keys }).keys.clone())
            }
        }
    }
}

/// What is wrong with the environment: names the variable, never its value.
#[derive(Debug)]
pub struct ConfigError(String);

impl ConfigError {
    /// `name` is set to something it must not be.
    pub fn new(name: &str, reason: impl fmt::Display) -> Self {
        Self(format!("the environment variable {name} is wrong: {reason}"))
    }

    /// `name` is not set, or empty.
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
