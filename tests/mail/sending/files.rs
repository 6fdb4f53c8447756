use std::{
    fs,
    os::unix::fs::PermissionsExt,
    time::{Duration, SystemTime},
};

use rounds_mail::{Envelope, Outcome, Settings, Transport};

use super::{TO, assert_deferred};
use crate::support::temporary;

#[tokio::test]
async fn mails_without_a_server_are_private_files() {
    let folder = temporary("a").join("mail");
    let transport = Transport::new(Settings::in_folder(folder.clone())).unwrap();
    assert_eq!(
        (transport.sender().to_string(), transport.folder()),
        ("rounds@localhost".to_owned(), Some(folder.as_path()))
    );
    transport.check().await.unwrap();
    let mut batch = transport.batch();
    let later = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let earlier = later - Duration::from_secs(1);
    for (message_id, at, text) in [("a1", later, "one"), ("b2", earlier, "two"), ("a1", later, "three")] {
        let envelope = Envelope { to: TO, message_id, at };
        assert_eq!(batch.send(&envelope, text.as_bytes(), &|| true).await, Outcome::Sent);
    }
    let mut names: Vec<_> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["20270115T075959Z-b2.eml", "20270115T080000Z-a1.eml"]);
    assert_eq!(fs::read_to_string(folder.join("20270115T080000Z-a1.eml")).unwrap(), "three");
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(folder.clone()), mode(folder.join(&names[0]))), (0o700, 0o600));

    let expired = Envelope { to: TO, message_id: "c3", at: later };
    assert_deferred(&batch.send(&expired, b"late", &|| false).await, "claim");
    let outside = Envelope { to: TO, message_id: "../c3", at: later };
    assert_deferred(&batch.send(&outside, b"out", &|| true).await, "file name");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
}

#[tokio::test]
async fn unusable_folder_is_deferred() {
    let file = temporary("mail");
    fs::write(&file, "not a folder").unwrap();
    let transport = Transport::new(Settings::in_folder(file)).unwrap();
    assert_deferred(&super::send_alone(&transport, "a").await, "cannot write");
}
