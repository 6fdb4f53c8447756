//! Only their owner can read the files of a clinic on one machine.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::Path,
};

use rounds_data::Database;
use rounds_local::private_folder;

use crate::support::{TestDatabase, temporary};

pub(crate) fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).mode() & 0o7777
}

/// Asserts that only the owner can access a file, or a folder and everything in it.
pub(crate) fn is_private(path: &Path) {
    let kind = fs::symlink_metadata(path).unwrap().file_type();
    let expected = if kind.is_dir() { 0o700 } else { 0o600 };
    assert_eq!(mode(path), expected, "{}: {:o}", path.display(), mode(path));
    if kind.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| is_private(&entry.unwrap().path()));
    }
}

#[tokio::test]
async fn only_owner_can_read_database_and_journal() {
    let database = TestDatabase::file();
    let path = database.url();
    Database::create_at(&path).unwrap().migrate().await.unwrap();
    let connection = database.connect().await;
    connection.execute_batch("BEGIN IMMEDIATE; CREATE TABLE t (x); INSERT INTO t VALUES (1)").await.unwrap();
    assert_eq!(mode(Path::new(&path)), 0o600);
    assert_eq!(mode(Path::new(&format!("{path}-journal"))), 0o600);
}

#[test]
fn removes_access_of_others_to_existing_clinic_files() {
    let home = temporary("home");
    let others = temporary("others");
    fs::write(&others, "").unwrap();
    let files = ["clinic.db", "clinic.db-journal", "clinic.db.backup", "public_keys.json", "server/primary/dbs/data"];
    for file in files {
        fs::create_dir_all(home.join(file).parent().unwrap()).unwrap();
        fs::write(home.join(file), "").unwrap();
    }
    // Files that do not belong to the clinic, since a user may choose a folder with other contents.
    fs::write(home.join("notes.sh"), "").unwrap();
    fs::create_dir(home.join("server-of-others")).unwrap();
    fs::set_permissions(home.join("server-of-others"), Permissions::from_mode(0o755)).unwrap();
    symlink(&others, home.join("server/link")).unwrap();
    for path in [&others, &home, &home.join("server"), &home.join("server/primary"), &home.join("server/primary/dbs")] {
        fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
    }
    for file in files.iter().chain(&["notes.sh"]) {
        fs::set_permissions(home.join(file), Permissions::from_mode(0o644)).unwrap();
    }

    private_folder(&home).unwrap();
    assert_eq!(mode(&home), 0o700);
    for path in files.iter().chain(&["server", "server/primary", "server/primary/dbs"]) {
        let path = home.join(path);
        assert_eq!(mode(&path), if path.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
    }
    assert_eq!((mode(&home.join("notes.sh")), mode(&others)), (0o644, 0o755));
    assert_eq!(mode(&home.join("server-of-others")), 0o755);
}

#[test]
fn rejects_shared_folder_with_other_files() {
    let shared = temporary("shared");
    fs::create_dir_all(&shared).unwrap();
    fs::write(shared.join("notes.sh"), "").unwrap();
    fs::set_permissions(&shared, Permissions::from_mode(0o1777)).unwrap();
    private_folder(&shared).unwrap_err();
    assert_eq!(mode(&shared), 0o1777);
    // A folder that only its owner can enter is accepted.
    fs::set_permissions(&shared, Permissions::from_mode(0o700)).unwrap();
    private_folder(&shared).unwrap();
}
