//! Files and folders that only their owner can read.

use std::{
    ffi::OsStr,
    fs::{self, DirBuilder, OpenOptions, Permissions},
    io::{self, ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

use rustix::process::geteuid;

/// Creates the folder of a clinic's files if it is missing. Removes the access of other users to the folder and to the
/// clinic's files in it, because an earlier version created them readable for everybody.
///
/// # Errors
/// If the folder belongs to another user, holds only other files, or cannot be created, or if a mode cannot be changed.
pub fn private_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    let (clinic_files, other_files): (Vec<_>, Vec<_>) =
        entries.iter().partition(|entry| is_clinic_file(&entry.file_name()));
    let metadata = fs::metadata(folder)?;
    let open_to_others = metadata.mode() & 0o077 != 0;
    // A mistyped ROUNDS_HOME, such as /tmp or a home folder, must not become inaccessible to other users.
    let is_shared_folder = open_to_others && clinic_files.is_empty() && !other_files.is_empty();
    if metadata.uid() != geteuid().as_raw() || is_shared_folder {
        return Err(io::Error::other("it holds files of other programs, or belongs to another user"));
    }
    make_private(folder)?;
    clinic_files.iter().try_for_each(|entry| make_all_private(&entry.path()))
}

/// Returns whether Rounds creates files of this name in the clinic's folder.
fn is_clinic_file(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    ["server", "backups", "logs", "mail"].contains(&&*name)
        || ["clinic.db", "signing_key.", "public_keys."].iter().any(|start| name.starts_with(start))
}

/// Removes the access of other users to a file, or to a folder and everything in it. Follows no symbolic links.
fn make_all_private(path: &Path) -> io::Result<()> {
    let kind = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata.file_type(),
        // The file was removed meanwhile, such as the journal of a running clinic.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if kind.is_dir() {
        for entry in fs::read_dir(path)? {
            make_all_private(&entry?.path())?;
        }
    }
    if kind.is_dir() || kind.is_file() { make_private(path) } else { Ok(()) }
}

fn make_private(path: &Path) -> io::Result<()> {
    let changed = fs::metadata(path).and_then(|metadata| match metadata.permissions().mode() & 0o7777 {
        mode if mode & 0o077 == 0 => Ok(()),
        mode => fs::set_permissions(path, Permissions::from_mode(mode & 0o7700)),
    });
    match changed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        changed => changed,
    }
}

/// Writes a file that only its owner can read. The write is atomic: a reader sees either the old or the new contents.
///
/// # Errors
/// If the file cannot be written.
pub fn write_private(path: &Path, text: &str) -> io::Result<()> {
    // The name has the process id, since other processes may write to the same folder.
    let new = path.with_extension(format!("{}.new", std::process::id()));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)
}
