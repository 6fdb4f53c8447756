//! Files that only their owner may read.

use std::{
    ffi::OsStr,
    fs::{self, DirBuilder, OpenOptions, Permissions},
    io::{self, ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

use rustix::process::geteuid;

/// Makes a clinic's folder where it is missing, and removes the access of other users to it and to the
/// clinic's files in it, which an earlier version let them read.
///
/// # Errors
/// Where the folder is not a clinic's, cannot be made, or a mode cannot be changed.
pub fn private_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    let (ours, others): (Vec<_>, Vec<_>) = entries.iter().partition(|entry| is_ours(&entry.file_name()));
    let found = fs::metadata(folder)?;
    let open_to_others = found.mode() & 0o077 != 0;
    // As root, a wrong name would otherwise close /tmp or a home folder to everybody else.
    if found.uid() != geteuid().as_raw() || open_to_others && ours.is_empty() && !others.is_empty() {
        return Err(io::Error::other("it holds other files, or belongs to another user"));
    }
    close(folder)?;
    ours.iter().try_for_each(|entry| close_all(&entry.path()))
}

/// Whether something in a clinic's folder is the clinic's, by its name.
fn is_ours(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name == "server" || ["clinic.db", "signing_key.", "public_keys."].iter().any(|start| name.starts_with(start))
}

/// Removes the access of other users to a file, or to a folder and all that is in it. Follows no symbolic
/// link.
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
