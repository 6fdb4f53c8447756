//! Files that only their owner may read.

use std::{
    fs::{self, DirBuilder, OpenOptions, Permissions},
    io::{self, ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

/// What a clinic's folder holds, by the beginnings of the names.
const OURS: [&str; 4] = ["clinic.db", "signing_key.pem", "public_keys.json", "server"];

/// Makes a clinic's folder where it is missing; and takes from others what they may do in it and with
/// the clinic's files there, which an earlier version let them read.
///
/// # Errors
/// Where the folder cannot be made, or a mode not be changed.
pub fn private_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    close(folder)?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if OURS.iter().any(|name| entry.file_name().to_string_lossy().starts_with(name)) {
            close_all(&entry.path())?;
        }
    }
    Ok(())
}

/// Takes a file, or a folder with all that is in it, from others. Follows no symbolic link.
fn close_all(path: &Path) -> io::Result<()> {
    let kind = match fs::symlink_metadata(path) {
        Ok(found) => found.file_type(),
        // A journal, say, of a clinic that is running.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if kind.is_dir() {
        for entry in fs::read_dir(path)? {
            close_all(&entry?.path())?;
        }
    }
    if kind.is_dir() || kind.is_file() { close(path) } else { Ok(()) }
}

fn close(path: &Path) -> io::Result<()> {
    let changed = fs::metadata(path).and_then(|found| match found.permissions().mode() & 0o7777 {
        mode if mode & 0o077 == 0 => Ok(()),
        mode => fs::set_permissions(path, Permissions::from_mode(mode & 0o7700)),
    });
    match changed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        changed => changed,
    }
}

/// Puts a file in place as a whole: a reader finds the old one, or the new one.
///
/// # Errors
/// Where it cannot be written.
pub fn write_private(path: &Path, text: &str) -> io::Result<()> {
    // By a name of its own: others may start on the same folder.
    let new = path.with_extension(format!("{}.new", std::process::id()));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)
}
