//! Settings that are read when they are needed: secrets, and values that AWS knows only after the deployment. They are in
//! the environment, in a file, in AWS Secrets Manager, or in AWS's Parameter Store.

mod store;

use std::{
    env, fs, io,
    os::unix::fs::MetadataExt,
    path::PathBuf,
    sync::{Arc, PoisonError},
    time::{Duration, SystemTime},
};

use store::{Store, Stored};

/// Two changes of a file within this time can have the same time of change.
const SETTLES_AFTER: Duration = Duration::from_secs(2);

/// The default port of the extension.
const DEFAULT_PORT: &str = "2773";

/// A setting that is read when it is needed. Clones share the cached value.
#[derive(Clone)]
pub struct Secret(Source);

#[derive(Clone)]
enum Source {
    Value(String),
    File(Arc<SecretFile>),
    Cached(Arc<Stored>),
}

/// A secret in a file. The file is read again when it has changed.
struct SecretFile {
    setting: String,
    path: PathBuf,
    cached: std::sync::Mutex<Option<(FileState, String)>>,
}

/// What is different after a change of a file: it has another number, size or time of its last change.
#[derive(PartialEq)]
struct FileState {
    number: u64,
    size: u64,
    changed_at: SystemTime,
}

/// Why a setting cannot be read. The message has the name of the setting, never the value.
#[derive(Debug, thiserror::Error)]
#[error("{setting} cannot be read: {reason}")]
pub struct Unreadable {
    setting: String,
    reason: String,
}

impl Secret {
    /// Returns a setting with this value.
    pub fn new(value: String) -> Self {
        Self(Source::Value(value))
    }

    /// Returns the setting `name`, if it is set: its value from the environment variable `<name>`, the secret in AWS
    /// Secrets Manager that `<name>_SECRET` names, or the parameter in AWS's Parameter Store that `<name>_PARAMETER` names.
    /// A value in a store is not read yet.
    pub fn from_env(name: &str) -> Option<Self> {
        let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        if let Some(value) = variable(name) {
            return Some(Self::new(value));
        }
        let port = variable("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT").unwrap_or_else(|| DEFAULT_PORT.to_owned());
        [Store::SecretsManager, Store::ParameterStore].into_iter().find_map(|store| {
            let setting = store.setting(name);
            variable(&setting).map(|id| Self(Source::Cached(Arc::new(Stored::new(store, setting, &id, &port)))))
        })
    }

    /// Returns the setting `name` in a file, which is read again when it has changed.
    pub fn in_file(name: &str, path: PathBuf) -> Self {
        Self(Source::File(Arc::new(SecretFile { setting: name.to_owned(), path, cached: Default::default() })))
    }

    /// Returns the setting `name`, like [`Secret::from_env`]. A value that begins with `/` is the path of a file, which
    /// is read again when it has changed.
    pub fn or_file_from_env(name: &str) -> Option<Self> {
        match Self::from_env(name)? {
            Self(Source::Value(path)) if path.starts_with('/') => Some(Self::in_file(name, path.into())),
            secret => Some(secret),
        }
    }

    /// Returns the value. A value in a store of AWS is read again after five minutes, so that a rotated secret needs no
    /// deployment. If that fails, the old value is used for up to an hour.
    ///
    /// On Lambda, call this only while a request is answered: the extension does not serve before the first one.
    ///
    /// # Errors
    /// [`Unreadable`]
    pub async fn get(&self) -> Result<String, Unreadable> {
        match &self.0 {
            Source::Value(value) => Ok(value.clone()),
            Source::File(file) => file
                .get(SystemTime::now())
                .map_err(|error| Unreadable { setting: file.setting.clone(), reason: error.to_string() }),
            Source::Cached(stored) => stored.get(SystemTime::now()).await,
        }
    }
}

impl SecretFile {
    /// Returns the value. It is cached only once the file is older than [`SETTLES_AFTER`]: a file that is written again at
    /// once can look the same.
    fn get(&self, now: SystemTime) -> io::Result<String> {
        let metadata = fs::metadata(&self.path)?;
        let state = FileState { number: metadata.ino(), size: metadata.len(), changed_at: metadata.modified()? };
        let mut cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, value)) = cached.as_ref()
            && *of == state
        {
            return Ok(value.clone());
        }
        let value = fs::read_to_string(&self.path)?;
        let has_settled = now.duration_since(state.changed_at).is_ok_and(|age| age > SETTLES_AFTER);
        *cached = has_settled.then(|| (state, value.clone()));
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn returns_value_of_the_environment() {
        assert_eq!(Secret::new("here".to_owned()).get().await.unwrap(), "here");
        assert!(Secret::from_env("NO_SUCH_SETTING").is_none());
    }

    #[test]
    fn reads_changed_file_again() {
        let folder = env::temp_dir().join(format!("rounds-secrets-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("secret");
        let file = SecretFile { setting: "TOKEN".to_owned(), path: path.clone(), cached: Default::default() };
        let later = SystemTime::now() + Duration::from_secs(60);
        let set_time = |seconds| {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            fs::File::options().append(true).open(&path).unwrap().set_modified(time).unwrap();
        };
        assert!(file.get(later).is_err(), "there is no file");

        fs::write(&path, "one").unwrap();
        set_time(1_000_000);
        assert_eq!(file.get(later).unwrap(), "one");
        fs::write(&path, "two").unwrap();
        assert_eq!(file.get(later).unwrap(), "two", "the same size, another time");
        set_time(1_000_000);
        assert_eq!(file.get(later).unwrap(), "two");
        fs::write(folder.join("next"), "six").unwrap();
        fs::rename(folder.join("next"), &path).unwrap();
        set_time(1_000_000);
        assert_eq!(file.get(later).unwrap(), "six", "another file of the same size and time");
        fs::write(&path, "three").unwrap();
        set_time(1_000_000);
        assert_eq!(file.get(later).unwrap(), "three", "another size");

        let just_now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_001);
        fs::write(&path, "seven").unwrap();
        set_time(1_000_000);
        let new = SecretFile { setting: "TOKEN".to_owned(), path: path.clone(), cached: Default::default() };
        assert_eq!(new.get(just_now).unwrap(), "seven");
        fs::write(&path, "eight").unwrap();
        set_time(1_000_000);
        assert_eq!(new.get(just_now).unwrap(), "eight", "changed twice within the resolution of the clock");
        fs::remove_dir_all(&folder).unwrap();
        assert!(file.get(later).is_err(), "a value of a deleted file is not used");
    }
}
