use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};

use super::{Envelope, Outcome, smtp::EXPIRED};

/// A folder of mails, for a clinic without an SMTP server. Only its owner can read it: mails have secret links.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a mail into a file. The names of the files are in the order of time. Another attempt replaces the file.
    pub(super) fn write(&self, envelope: &Envelope<'_>, mail: &[u8], may_send: &impl Fn() -> bool) -> Outcome {
        if !may_send() {
            return Outcome::Deferred(EXPIRED.to_owned());
        }
        match self.try_write(envelope, mail) {
            Ok(()) => Outcome::Sent,
            Err(error) => Outcome::Deferred(format!("cannot write into the folder of mails: {error}")),
        }
    }

    fn try_write(&self, envelope: &Envelope<'_>, mail: &[u8]) -> io::Result<()> {
        if !envelope.message_id.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-') {
            return Err(io::Error::other("the message's id cannot be a part of a file name"));
        }
        DirBuilder::new().recursive(true).mode(0o700).create(&self.0)?;
        let time = DateTime::<Utc>::from(envelope.at).format("%Y%m%dT%H%M%SZ");
        let file = self.0.join(format!("{time}-{}.eml", envelope.message_id));
        let temporary = self.0.join(format!(".{}-{}", envelope.message_id, std::process::id()));
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        options.open(&temporary)?.write_all(mail)?;
        // A mail program that watches the folder never reads a part of a mail.
        fs::rename(&temporary, file)
    }
}
