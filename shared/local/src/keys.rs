use std::{
    fs,
    path::{Path, PathBuf},
};

use chrono::{DateTime, TimeDelta, Utc};
use rounds_auth::{CLOCK_SKEW_SECONDS, KeyError, LIFETIME_SECONDS, PublicKeys, SigningKey};

use crate::write_private;

/// How long after its last signature a key verifies a token: until that token has expired.
const LAST_TOKEN: TimeDelta = TimeDelta::seconds(LIFETIME_SECONDS + CLOCK_SKEW_SECONDS);
/// How long an operator has to take the last step of a rotation.
const STEPS: TimeDelta = TimeDelta::hours(1);
/// How long the functions of a deployment may sign with a key that has been replaced. They read their
/// secrets again after five minutes.
const TAKEN_UP: TimeDelta = TimeDelta::minutes(10);

/// The files of a clinic's keys, in one folder. The functions look at them whenever they need them.
#[derive(Clone, Debug)]
pub struct KeyFiles {
    /// The private key that `auth` signs with, in PEM; readable to its owner only.
    pub signing_key: PathBuf,
    /// The keys that tokens are verified with, a JSON Web Key Set.
    pub public_keys: PathBuf,
}

impl KeyFiles {
    /// Those in a folder. Makes what is missing, and leaves out the public keys that have ended. A public
    /// key that is not the signing key's ends when its last token has expired.
    ///
    /// # Errors
    /// What is wrong with them, in a sentence.
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
            let public_keys = after(&key, &older, Utc::now());
            if public_keys != json {
                write(&files.public_keys, &public_keys)?;
            }
        } else {
            write(&files.public_keys, &key.public_keys())?;
        }
        Ok(files)
    }

    /// Puts a new key in the signing key's place. Tokens by the earlier one are accepted until they expire.
    ///
    /// # Errors
    /// What is wrong with the files, in a sentence.
    pub fn rotate(&self) -> Result<(), String> {
        let _lock = self.lock()?;
        let older = PublicKeys::from_json(&read(&self.public_keys)?);
        let older = older.map_err(|error| failed(&self.public_keys, &error))?;
        let (pem, key) = new_key().map_err(|error| error.to_string())?;
        // Nothing is signed by a key before everybody can find it.
        write(&self.public_keys, &after(&key, &older, Utc::now()))?;
        write(&self.signing_key, &pem)
    }

    fn named(folder: &Path) -> Self {
        Self { signing_key: folder.join("signing_key.pem"), public_keys: folder.join("public_keys.json") }
    }

    /// Puts a new key in the place of the signing key of a folder, and refuses every token by an earlier one.
    /// The earlier files need not be readable: they are replaced.
    ///
    /// # Errors
    /// What is wrong with the files, in a sentence.
    pub fn replace_compromised(folder: &Path) -> Result<(), String> {
        let files = Self::named(folder);
        let _lock = files.lock()?;
        let (pem, key) = new_key().map_err(|error| error.to_string())?;
        // In this order: after a crash in between, the next start adds the key that signs to the public
        // ones, and that must not be the compromised one.
        write(&files.signing_key, &pem)?;
        write(&files.public_keys, &key.public_keys())
    }

    /// Keeps other processes from changing the files until the answer is dropped.
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

/// The public keys of a clinic on one machine, whose earlier keys have signed their last token by now.
fn after(key: &SigningKey, older: &PublicKeys, now: DateTime<Utc>) -> String {
    key.public_keys_after(older, now, |until| until.unwrap_or(now + LAST_TOKEN))
}

/// What an operator does to give a deployment a new signing key, step by step.
///
/// # Errors
/// What is wrong with the public keys of the deployment, in a sentence.
pub fn rotation(public_keys: &str, now: DateTime<Utc>) -> Result<String, String> {
    let older = PublicKeys::from_json(public_keys).map_err(|error| error.to_string())?;
    let (pem, key) = new_key().map_err(|error| error.to_string())?;
    let deadline = now + STEPS;
    let until = deadline + TAKEN_UP + LAST_TOKEN;
    // Any of the earlier keys may sign until the last step is done.
    let public_keys = key.public_keys_after(&older, now, |_| until);
    let (deadline, until) = (time(deadline), time(until));
    Ok(format!(
        "1. Put this into the secret of the public keys:

{public_keys}

2. Wait for ten minutes. By then every function has read it, and so has every client that caches it.

3. By {deadline}, put this into the secret of the signing key. It is used within five minutes:

{pem}
Tokens by the earlier key are accepted until they expire. At {until} the earlier key ends, whether or not
step 3 was done: without it nobody could sign in. If you cannot do step 3 by {deadline}, run rotate-keys
again, with the public keys that the secret then holds."
    ))
}

/// What an operator does where the signing key of a deployment may be known to others, step by step.
///
/// # Errors
/// What is wrong with the public keys of the deployment, in a sentence.
pub fn replacement(public_keys: &str) -> Result<String, String> {
    PublicKeys::from_json(public_keys).map_err(|error| error.to_string())?;
    let (pem, key) = new_key().map_err(|error| error.to_string())?;
    let public_keys = key.public_keys();
    Ok(format!(
        "1. Put this into the secret of the public keys. It leaves the earlier keys out, which ends their tokens:

{public_keys}

2. Immediately after that, put this into the secret of the signing key:

{pem}
3. Wait for five minutes, or for an hour where Secrets Manager cannot be reached. By then every function has
read both, and no earlier token is accepted. Until then a function may still accept an earlier token, or refuse
a new one. Everybody has to sign in again."
    ))
}

fn time(time: DateTime<Utc>) -> String {
    time.format("%H:%M UTC on %Y-%m-%d").to_string()
}

fn failed(path: &Path, error: &dyn std::fmt::Display) -> String {
    format!("the keys in {}: {error}", path.display())
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| failed(path, &error))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    write_private(path, text).map_err(|error| failed(path, &error))
}
