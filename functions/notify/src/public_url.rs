use rounds_data::Error;
use rounds_secrets::Secret;

/// The URL of the web app: the setting `PUBLIC_URL`. It is read when a URL is made, because a deployed function reads it
/// from AWS's Parameter Store.
#[derive(Clone)]
pub struct PublicUrl(Secret);

impl PublicUrl {
    /// Returns the URL in a setting.
    pub fn new(setting: Secret) -> Self {
        Self(setting)
    }

    /// Returns the URL, without a slash at its end.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if it cannot be read.
    pub(crate) async fn get(&self) -> Result<String, Error> {
        let url = self.0.get().await.map_err(|error| Error::Unavailable(error.to_string()))?;
        Ok(url.trim_end_matches('/').to_owned())
    }
}
