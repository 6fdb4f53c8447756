use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use rounds_auth::SigningKey;

/// The signing key in a file; made on the first start, and readable to its owner only.
///
/// # Errors
/// What is wrong with the file, in a sentence.
pub fn signing_key(path: &Path) -> Result<SigningKey, String> {
    let failed = |error: &dyn std::fmt::Display| format!("the signing key {}: {error}", path.display());
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(mut file) => {
            let pem = SigningKey::generate().map_err(|error| failed(&error))?;
            file.write_all(pem.as_bytes()).map_err(|error| failed(&error))?;
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(failed(&error)),
    }
    let pem = fs::read_to_string(path).map_err(|error| failed(&error))?;
    SigningKey::from_pem(&pem).map_err(|error| failed(&error))
}
