//! The backups that `rounds serve` makes: every night, and before an upgrade.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use chrono::{TimeDelta, Utc};
use rounds_data::Database;
use rounds_local::{Backups, before_migration};

use crate::{
    run::private::is_private,
    support::{TestDatabase, built, temporary},
};

async fn migrated() -> (Database, PathBuf) {
    let path = temporary("clinic.db");
    let database = Database::create_at(path.to_str().unwrap()).unwrap();
    database.migrate().await.unwrap();
    (database, temporary("home"))
}

/// Returns the folder of the backups, which is named by the clinic's id.
async fn folder(home: &Path, database: &Database) -> PathBuf {
    home.join("backups").join(database.clinic_id().await.unwrap().unwrap().to_string())
}

fn names(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test]
async fn one_backup_is_made_every_night() {
    let (database, home) = migrated().await;
    let backups = Backups::open(&built("rounds"), &home, &database).await.unwrap().unwrap();
    assert_eq!((backups.last_backup(), backups.is_overdue()), (None, false));
    let now = Utc::now();
    let made = backups.make_if_due(now).await.unwrap().unwrap();
    let folder = folder(&home, &database).await;
    assert_eq!(made.parent(), Some(&*folder));
    is_private(&home.join("backups"));
    Database::at(made.to_str().unwrap()).unwrap().check().await.unwrap();
    assert!(backups.last_backup().unwrap() >= now && !backups.is_overdue());

    assert_eq!(backups.make_if_due(Utc::now()).await, Ok(None));
    let tomorrow = backups.make_if_due(now + TimeDelta::days(1)).await.unwrap().unwrap();
    assert_eq!(names(&folder).len(), 2);
    assert!(tomorrow > made);
    // Another start finds it.
    let again = Backups::open(&built("rounds"), &home, &database).await.unwrap().unwrap();
    assert_eq!(again.last_backup(), backups.last_backup());
}

#[tokio::test]
async fn old_backups_are_deleted_and_other_files_stay() {
    let (database, home) = migrated().await;
    let folder = folder(&home, &database).await;
    fs::create_dir_all(&folder).unwrap();
    let others = ["2020-01-01.db.copy", "2020-1-1.db", "notes", "before-upgrade-2020-01-01T000000Z.db", "clinic.db"];
    // From the past, although the files are new.
    let nights = (1..=60).map(|day| format!("2020-{:02}-{:02}.db", 1 + day / 29, 1 + day % 28));
    let nights: BTreeSet<_> = nights.collect();
    for name in nights.iter().map(String::as_str).chain(others) {
        fs::write(folder.join(name), "a backup").unwrap();
    }
    let backups = Backups::open(&built("rounds"), &home, &database).await.unwrap().unwrap();
    let made = backups.make_if_due(Utc::now() + TimeDelta::days(1)).await.unwrap().unwrap();
    let left = names(&folder);
    assert!(others.iter().all(|name| left.contains(*name)), "{left:?}");
    let kept: Vec<_> = nights.iter().filter(|name| left.contains(*name)).collect();
    // The new one, 6 days, and 4 weeks.
    assert!(made.exists() && kept.len() == 10, "{left:?}");
    assert!(nights.iter().rev().take(6).all(|name| kept.contains(&name)), "{left:?}");
}

#[tokio::test]
async fn failed_backup_is_reported_and_leaves_no_file() {
    let (database, home) = migrated().await;
    let backups = Backups::open(Path::new("/bin/false"), &home, &database).await.unwrap().unwrap();
    assert!(backups.make_if_due(Utc::now()).await.unwrap_err().contains("exit status: 1"));
    let backups = Backups::open(&built("rounds"), &home, &database).await.unwrap().unwrap();
    let folder = folder(&home, &database).await;
    // Another backup is writing.
    let draft = fs::File::create(folder.join("unfinished.db.new")).unwrap();
    draft.lock().unwrap();
    assert!(backups.make_if_due(Utc::now()).await.unwrap_err().starts_with("another backup or restore is writing"));
    assert_eq!((backups.last_backup(), names(&folder).len()), (None, 1));
    drop(draft);
    assert!(backups.make_if_due(Utc::now()).await.unwrap().is_some());
    assert_eq!(names(&folder).len(), 1);
}

#[tokio::test]
async fn upgrade_is_preceded_by_a_backup() {
    let (rounds, home) = (built("rounds"), temporary("home"));
    // Nothing is backed up if there is nothing yet, or nothing to upgrade.
    let new = Database::create_at(temporary("clinic.db").to_str().unwrap()).unwrap();
    assert_eq!(before_migration(&rounds, &home, &new).await, Ok(None));
    new.migrate().await.unwrap();
    assert_eq!(before_migration(&rounds, &home, &new).await, Ok(None));
    assert!(!home.exists());

    let connection = TestDatabase::File(new.path().unwrap()).connect().await;
    connection
        .execute_batch("DELETE FROM migrations WHERE version = (SELECT max(version) FROM migrations)")
        .await
        .unwrap();
    let folder = folder(&home, &new).await;
    fs::create_dir_all(&folder).unwrap();
    for name in (1..=4).map(|day| format!("before-upgrade-2020-01-0{day}T000000Z.db")).chain(["2020-01-01.db".into()]) {
        fs::write(folder.join(name), "a backup").unwrap();
    }
    let made = before_migration(&rounds, &home, &new).await.unwrap().unwrap();
    assert!(Database::at(made.to_str().unwrap()).unwrap().is_outdated().await.unwrap());
    let name = made.file_name().unwrap().to_str().unwrap();
    let expected =
        ["2020-01-01.db", "before-upgrade-2020-01-03T000000Z.db", "before-upgrade-2020-01-04T000000Z.db", name];
    assert_eq!(names(&folder), expected.map(str::to_owned).into());
}

#[tokio::test]
async fn server_has_no_backups_of_this_program() {
    let server = Database::at("http://127.0.0.1:1").unwrap();
    let home = temporary("home");
    assert!(Backups::open(&built("rounds"), &home, &server).await.unwrap().is_none());
    assert_eq!(before_migration(&built("rounds"), &home, &server).await, Ok(None));
}
