use std::{
    fs,
    path::{Path, PathBuf},
};

use chrono::{DateTime, TimeDelta, Utc};
use rounds_auth::{CLOCK_SKEW_SECONDS, KeyError, LIFETIME_SECONDS, PublicKeys, SigningKey};

use crate::write_private;

/// How long a key must stay valid after its last signature: until the token has expired.
const TOKEN_VALIDITY: TimeDelta = TimeDelta::seconds(LIFETIME_SECONDS + CLOCK_SKEW_SECONDS);
/// How long an operator has to complete the last step of a rotation.
const TIME_TO_ROTATE: TimeDelta = TimeDelta::hours(1);
/// How long the functions of a deployment may still sign with a replaced key. They read their secrets again after
/// five minutes.
const SECRET_CACHE_TIME: TimeDelta = TimeDelta::minutes(10);

/// The files of a clinic's keys, in one folder. The functions read them each time they need a key.
#[derive(Clone, Debug)]
pub struct KeyFiles {
    /// The private key that `auth` signs with, in PEM. Only its owner can read the file.
    pub signing_key: PathBuf,
    /// The public keys that verify tokens, as a JSON Web Key Set.
    pub public_keys: PathBuf,
}

impl KeyFiles {
    /// Prepares the key files in a folder: creates missing files and removes expired public keys. The public key of an
    /// earlier signing key expires together with the last token that it signed.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the files.
    pub fn in_folder(folder: &Path) -> Result<Self, String> {
        let files = Self::named(folder);
        let _lock = files.lock()?;
        if !files.signing_key.exists() {
            let pem = SigningKey::generate().map_err(|error| error.to_string())?;
            write(&files.signing_key, &pem)?;
        }
        let pem = read(&files.signing_key)?;
        let key = SigningKey::from_pem(&pem).map_err(|error| failed(&files.signing_key, &error))?;
        if files.public_keys.exists() {
            let json = read(&files.public_keys)?;
            let older = PublicKeys::from_json(&json).map_err(|error| failed(&files.public_keys, &error))?;
            let public_keys = public_keys_with_older(&key, &older, Utc::now());
            if public_keys != json {
                write(&files.public_keys, &public_keys)?;
            }
        } else {
            write(&files.public_keys, &key.public_keys())?;
        }
        Ok(files)
    }

    /// Replaces the signing key with a new one. Tokens that the earlier key signed are accepted until they expire.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the files.
    pub fn rotate(&self) -> Result<(), String> {
        let _lock = self.lock()?;
        let older = PublicKeys::from_json(&read(&self.public_keys)?);
        let older = older.map_err(|error| failed(&self.public_keys, &error))?;
        let (pem, key) = new_key().map_err(|error| error.to_string())?;
        // The public key first, so that every token can be verified from its creation on.
        write(&self.public_keys, &public_keys_with_older(&key, &older, Utc::now()))?;
        write(&self.signing_key, &pem)
    }

    fn named(folder: &Path) -> Self {
        Self { signing_key: folder.join("signing_key.pem"), public_keys: folder.join("public_keys.json") }
    }

    /// Replaces the signing key of a folder and removes all earlier public keys. Tokens that an earlier key signed are
    /// then refused. The earlier files are not read, so they may be damaged.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the files.
    pub fn replace_compromised(folder: &Path) -> Result<(), String> {
        let files = Self::named(folder);
        let _lock = files.lock()?;
        let (pem, key) = new_key().map_err(|error| error.to_string())?;
        // The signing key first. After a crash between the two writes, the next start adds the public key of the
        // signing key, which must not be the compromised one.
        write(&files.signing_key, &pem)?;
        write(&files.public_keys, &key.public_keys())
    }

    /// Prevents other processes from changing the files until the returned file is dropped.
    fn lock(&self) -> Result<fs::File, String> {
        let folder = self.signing_key.parent().unwrap_or(Path::new("."));
        let locked = fs::File::open(folder).and_then(|folder| folder.lock().map(|()| folder));
        locked.map_err(|error| failed(folder, &error))
    }
}

fn new_key() -> Result<(String, SigningKey), KeyError> {
    let pem = SigningKey::generate()?;
    let key = SigningKey::from_pem(&pem)?;
    Ok((pem, key))
}

/// Returns the public keys of a clinic on one machine after a rotation. The earlier keys do not sign any more at `now`,
/// so each one without an expiry expires when a token signed at `now` does.
fn public_keys_with_older(key: &SigningKey, older: &PublicKeys, now: DateTime<Utc>) -> String {
    key.public_keys_with_older(older, now, |until| until.unwrap_or(now + TOKEN_VALIDITY))
}

/// Returns step-by-step instructions to rotate the signing key of a deployment. They contain the new keys.
///
/// # Errors
/// A sentence that says what is wrong with the public keys of the deployment.
pub fn rotation(public_keys: &str, now: DateTime<Utc>) -> Result<String, String> {
    let older = PublicKeys::from_json(public_keys).map_err(|error| error.to_string())?;
    let (pem, key) = new_key().map_err(|error| error.to_string())?;
    let deadline = now + TIME_TO_ROTATE;
    let until = deadline + SECRET_CACHE_TIME + TOKEN_VALIDITY;
    // Until step 3 is done, any of the earlier keys may still sign.
    let public_keys = key.public_keys_with_older(&older, now, |_| until);
    let (deadline, until) = (time(deadline), time(until));
    Ok(format!(
        "1. Store these public keys in the secret of the public keys:

{public_keys}

2. Wait ten minutes. After that, every function uses the new public keys, and so does every client that caches
them.

3. By {deadline}, store this key in the secret of the signing key. The functions use it within five minutes:

{pem}
Tokens signed by the earlier key are accepted until they expire. The earlier key expires at {until}, even if you
have not done step 3. Nobody could sign in then. If you cannot do step 3 by {deadline}, run rotate-keys again with
the public keys that are in the secret at that time."
    ))
}

/// Returns step-by-step instructions to replace the signing key of a deployment, if others may know the key.
///
/// # Errors
/// A sentence that says what is wrong with the public keys of the deployment.
pub fn replacement(public_keys: &str) -> Result<String, String> {
    PublicKeys::from_json(public_keys).map_err(|error| error.to_string())?;
    let (pem, key) = new_key().map_err(|error| error.to_string())?;
    let public_keys = key.public_keys();
    Ok(format!(
        "1. Store these public keys in the secret of the public keys. They do not include the earlier keys, so all
earlier tokens become invalid:

{public_keys}

2. Immediately after that, store this key in the secret of the signing key:

{pem}
3. Wait five minutes, or one hour if Secrets Manager cannot be reached. After that, every function uses both new
secrets and refuses all earlier tokens. Until then, a function may still accept an earlier token or refuse a new
one. Everybody has to sign in again."
    ))
}

fn time(time: DateTime<Utc>) -> String {
    time.format("%H:%M UTC on %Y-%m-%d").to_string()
}

fn failed(path: &Path, error: &dyn std::fmt::Display) -> String {
    format!("cannot use the keys in {}: {error}", path.display())
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| failed(path, &error))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    write_private(path, text).map_err(|error| failed(path, &error))
}
