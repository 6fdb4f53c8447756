//! Secrets of the settings.

/// A secret.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// A secret that is at hand.
    pub fn of(value: String) -> Self {
        Self(value)
    }

    /// The setting `name`, if it is set.
    pub fn from_env(name: &str) -> Option<Self> {
        std::env::var(name).ok().filter(|value| !value.is_empty()).map(Self)
    }

    /// Its value.
    ///
    /// # Errors
    /// Why it cannot be had.
    pub async fn get(&self) -> Result<String, String> {
        Ok(self.0.clone())
    }
}
