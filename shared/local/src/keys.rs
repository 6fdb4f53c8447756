use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use rounds_auth::{PublicKeys, SigningKey};

/// The files of a clinic's keys, in one folder. The functions look at them whenever they need them.
#[derive(Clone, Debug)]
pub struct KeyFiles {
    /// The private key that `auth` signs with, in PEM; readable to its owner only.
    pub signing_key: PathBuf,
    /// The keys that tokens are verified with, a JSON Web Key Set.
    pub public_keys: PathBuf,
}

impl KeyFiles {
    /// Those in a folder; made where they are not there.
    ///
    /// # Errors
    /// What is wrong with them, in a sentence.
    pub fn in_folder(folder: &Path) -> Result<Self, String> {
        let files = Self { signing_key: folder.join("signing_key.pem"), public_keys: folder.join("public_keys.json") };
        if !files.signing_key.exists() {
            let pem = SigningKey::generate().map_err(|error| error.to_string())?;
            write(&files.signing_key, &pem)?;
        }
        let pem = read(&files.signing_key)?;
        let key = SigningKey::from_pem(&pem).map_err(|error| failed(&files.signing_key, &error))?;
        if !files.public_keys.exists() {
            write(&files.public_keys, &key.public_keys())?;
        }
        // Whoever replaced the one by hand, or lost it, has the other still.
        let json = read(&files.public_keys)?;
        let public_keys = PublicKeys::from_json(&json).map_err(|error| failed(&files.public_keys, &error))?;
        if !key.is_in(&public_keys) {
            let json = key.public_keys_after(&json).map_err(|error| failed(&files.public_keys, &error))?;
            write(&files.public_keys, &json)?;
        }
        Ok(files)
    }

    /// Puts a new key in the signing key's place. Tokens signed by the one before are still accepted:
    /// two are in force, and older ones no longer.
    ///
    /// # Errors
    /// What is wrong with the files, in a sentence.
    pub fn rotate(&self) -> Result<(), String> {
        let (pem, public_keys) = rotated(&read(&self.public_keys)?)?;
        // Nothing is signed by a key before everybody can find it.
        write(&self.public_keys, &public_keys)?;
        write(&self.signing_key, &pem)
    }
}

/// A new signing key, in PEM, and the public keys that are in force with it: its own, and the newest of
/// those before.
///
/// # Errors
/// Where those before are none, in a sentence.
pub fn rotated(public_keys: &str) -> Result<(String, String), String> {
    let pem = SigningKey::generate().map_err(|error| error.to_string())?;
    let key = SigningKey::from_pem(&pem).map_err(|error| error.to_string())?;
    let public_keys = key.public_keys_after(public_keys).map_err(|error| error.to_string())?;
    Ok((pem, public_keys))
}

fn failed(path: &Path, error: &dyn std::fmt::Display) -> String {
    format!("the keys in {}: {error}", path.display())
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| failed(path, &error))
}

/// Puts a file in place as a whole: who reads it meanwhile finds the old one, or the new one.
fn write(path: &Path, text: &str) -> Result<(), String> {
    // By a name of its own: others may start on the same folder.
    let new = path.with_extension(format!("{}.new", std::process::id()));
    let written = (|| {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)
    })();
    written.map_err(|error| failed(path, &error))
}
