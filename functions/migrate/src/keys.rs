use std::time::Duration;

use rounds_auth::SigningKey;
use tokio::time::sleep;

use crate::SecretsManager;

const SIGNING_KEY: &str = "SIGNING_KEY_SECRET";
const PUBLIC_KEYS: &str = "PUBLIC_KEYS_SECRET";

/// The number of reads of a value that another invocation has just stored. Reads of Secrets Manager can be out of date
/// for a moment.
const READS: u32 = 5;
const READ_INTERVAL: Duration = Duration::from_secs(1);

/// The two secrets of a deployment that have its keys. Both are created without a value.
pub struct KeySecrets {
    signing_key: String,
    public_keys: String,
}

impl KeySecrets {
    /// Reads `SIGNING_KEY_SECRET` and `PUBLIC_KEYS_SECRET`. `variable` returns an empty string for a variable that is not
    /// set. Returns `None` if neither is set.
    ///
    /// # Errors
    /// A sentence that names the missing one, if only one is set.
    pub fn read(variable: impl Fn(&str) -> String) -> Result<Option<Self>, String> {
        let (signing_key, public_keys) = (variable(SIGNING_KEY), variable(PUBLIC_KEYS));
        match (signing_key.is_empty(), public_keys.is_empty()) {
            (true, true) => Ok(None),
            (false, false) => Ok(Some(Self { signing_key, public_keys })),
            (true, false) => Err(format!("{SIGNING_KEY} must be set, because {PUBLIC_KEYS} is set")),
            (false, true) => Err(format!("{PUBLIC_KEYS} must be set, because {SIGNING_KEY} is set")),
        }
    }

    /// Gives the secrets a key pair if they have none. A stored key is never changed. `token` identifies the deployment:
    /// a repetition with the same token completes what is missing, also while the first run is not finished. Returns
    /// sentences that report what was done.
    ///
    /// # Errors
    /// A sentence that names the setting and says what to do.
    pub async fn fill(&self, secrets: &SecretsManager, token: &str) -> Result<Vec<String>, String> {
        let mut done = Vec::new();
        // The public keys are stored last. So they are read first: if they have a value, the signing key has one too.
        let public_keys = secrets.get(&self.public_keys).await.map_err(of(PUBLIC_KEYS))?;
        let stored = secrets.get(&self.signing_key).await.map_err(of(SIGNING_KEY))?;
        let signing_key = match (stored, &public_keys) {
            (Some(_), Some(_)) => return Ok(done),
            (Some(stored), None) => stored,
            (None, None) => {
                done.push("stored a new signing key".into());
                self.generate(secrets, token).await.map_err(of(SIGNING_KEY))?
            }
            (None, Some(_)) => {
                return Err(format!(
                    "{SIGNING_KEY} has no value, but {PUBLIC_KEYS} has one: store the signing key of these public keys, \
                     or the two keys that `rounds keys` prints, and deploy again"
                ));
            }
        };
        let key = SigningKey::from_pem(&signing_key);
        let public_keys = key.map_err(|error| format!("{SIGNING_KEY}: {error}: store one, and deploy again"))?;
        // If another invocation has stored a value, it is that of the same signing key.
        secrets.put(&self.public_keys, &public_keys.public_keys(), token).await.map_err(of(PUBLIC_KEYS))?;
        done.push("stored the public key of the signing key".into());
        Ok(done)
    }

    /// Stores a new signing key. Returns it, or the one that another invocation for the same deployment has stored in the
    /// meantime.
    async fn generate(&self, secrets: &SecretsManager, token: &str) -> Result<String, String> {
        let generated = SigningKey::generate().map_err(|error| error.to_string())?;
        if secrets.put(&self.signing_key, &generated, token).await? {
            return Ok(generated);
        }
        for _ in 0..READS {
            if let Some(stored) = secrets.get(&self.signing_key).await? {
                return Ok(stored);
            }
            sleep(READ_INTERVAL).await;
        }
        Err("another invocation has stored a value, but it cannot be read: deploy again".to_owned())
    }
}

/// Puts the name of a setting before the reason of a failure.
fn of(setting: &str) -> impl Fn(String) -> String {
    move |reason| format!("{setting}: {reason}")
}
