use std::{env, fmt};

use rounds_auth::PublicKeys;

/// What every function that answers HTTP reads from its environment, once, as it starts.
pub struct Config {
    /// `PUBLIC_KEYS`: what tokens are verified with, a JSON Web Key Set.
    pub public_keys: PublicKeys,
}

/// What is wrong with the environment: names the variable, never its value.
#[derive(Debug)]
pub struct ConfigError(String);

impl ConfigError {
    /// `name` is set to something it must not be.
    pub fn new(name: &str, reason: impl fmt::Display) -> Self {
        Self(format!("the environment variable {name} is wrong: {reason}"))
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Reads the environment.
    ///
    /// # Errors
    /// Names the first variable that is missing or wrong.
    pub fn from_env() -> Result<Self, ConfigError> {
        let public_keys = PublicKeys::from_json(&variable("PUBLIC_KEYS")?);
        Ok(Self { public_keys: public_keys.map_err(|error| ConfigError::new("PUBLIC_KEYS", error))? })
    }
}

/// A variable that must be set.
///
/// # Errors
/// Names it where it is not, or empty.
pub fn variable(name: &str) -> Result<String, ConfigError> {
    match env::var(name) {
        Ok(value) if !value.is_empty() => Ok(value),
        _ => Err(ConfigError(format!("the environment variable {name} must be set"))),
    }
}
