//! Secret settings: in the environment, in a file, or in AWS Secrets Manager. Files and secrets are read when they are
//! needed.

use std::{
    env, fs, io,
    os::unix::fs::MetadataExt,
    path::PathBuf,
    sync::{Arc, PoisonError},
    time::{Duration, SystemTime},
};

use http::{Request, StatusCode};
use http_body_util::BodyExt;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use lambda_runtime_api_client::body::Body;
use serde::Deserialize;
use tokio::{
    sync::Mutex,
    time::{sleep, timeout},
};

/// Two changes of a file within this time can have the same time of change.
const SETTLES_AFTER: Duration = Duration::from_secs(2);

/// A cached value is read again after this time.
const REFRESH_AFTER: Duration = Duration::from_secs(5 * 60);
/// If the value cannot be read again, the cached value is used until this time.
const EXPIRES_AFTER: Duration = Duration::from_secs(60 * 60);
/// The time until the next attempt after a failed refresh. It is not shorter, because a request waits for the attempt.
const RETRY_REFRESH_AFTER: Duration = Duration::from_secs(10);
/// The timeout of reading a secret, including retries. The timeout of a statement is not much longer.
const TIMEOUT: Duration = Duration::from_secs(1);
/// The time between attempts while the extension is still starting.
const STARTUP_RETRY_INTERVAL: Duration = Duration::from_millis(25);
/// The default port of the extension.
const DEFAULT_PORT: &str = "2773";

/// A secret setting. Clones share the cached value.
#[derive(Clone)]
pub struct Secret(Source);

#[derive(Clone)]
enum Source {
    Value(String),
    File(Arc<SecretFile>),
    Cached(Arc<CachedSecret>),
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

/// A secret in Secrets Manager, read through the AWS Parameters and Secrets Lambda Extension
/// (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/retrieving-secrets_lambda.html>).
struct CachedSecret {
    setting: String,
    url: String,
    cached: Mutex<Option<CachedValue>>,
}

/// Its times are of the system clock, because a monotonic clock can stop while Lambda freezes the instance.
struct CachedValue {
    value: String,
    read_at: SystemTime,
    refresh_at: SystemTime,
}

/// Why a secret cannot be read. The message has the name of the setting, never the value.
#[derive(Debug, thiserror::Error)]
#[error("{setting} cannot be read: {reason}")]
pub struct Unreadable {
    setting: String,
    reason: String,
}

/// The response of the extension.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SecretResponse {
    secret_string: String,
}

impl Secret {
    /// Returns a secret with this value.
    pub fn new(value: String) -> Self {
        Self(Source::Value(value))
    }

    /// Returns the setting `name`, if it is set: its value from the environment variable `<name>`, or the secret in AWS
    /// Secrets Manager that `<name>_SECRET` names. A secret in Secrets Manager is not read yet.
    pub fn from_env(name: &str) -> Option<Self> {
        let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        if let Some(value) = variable(name) {
            return Some(Self::new(value));
        }
        let port = variable("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT").unwrap_or_else(|| DEFAULT_PORT.to_owned());
        variable(&format!("{name}_SECRET")).map(|secret| Self::in_secrets_manager(name, &secret, &port))
    }

    /// Returns the setting `name` in a file, which is read again when it has changed.
    pub fn in_file(name: &str, path: PathBuf) -> Self {
        Self(Source::File(Arc::new(SecretFile { setting: name.to_owned(), path, cached: Default::default() })))
    }

    fn in_secrets_manager(setting: &str, secret: &str, port: &str) -> Self {
        let query = serde_urlencoded::to_string([("secretId", secret)]).unwrap_or_default();
        // Not "localhost": that needs a look-up, and can be tried over IPv6 first.
        let url = format!("http://127.0.0.1:{port}/secretsmanager/get?{query}");
        Self(Source::Cached(Arc::new(CachedSecret { setting: setting.to_owned(), url, cached: Mutex::default() })))
    }

    /// Returns the setting `name`, like [`Secret::from_env`]. A value that begins with `/` is the path of a file, which
    /// is read again when it has changed.
    pub fn or_file_from_env(name: &str) -> Option<Self> {
        match Self::from_env(name)? {
            Self(Source::Value(path)) if path.starts_with('/') => Some(Self::in_file(name, path.into())),
            secret => Some(secret),
        }
    }

    /// Returns the value. A value from Secrets Manager is read again after five minutes, so that a rotated secret needs
    /// no deployment. If that fails, the old value is used for up to an hour.
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
            Source::Cached(secret) => secret.get(SystemTime::now()).await,
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

impl CachedSecret {
    async fn get(&self, now: SystemTime) -> Result<String, Unreadable> {
        // Concurrent callers wait for the lock, and then use the value that the first one has read.
        let mut cached = self.cached.lock().await;
        if let Some(cached) = cached.as_ref()
            && now < cached.refresh_at
        {
            return Ok(cached.value.clone());
        }
        let fetched = timeout(TIMEOUT, self.fetch()).await;
        let reason = match fetched.unwrap_or_else(|_| Err(format!("no answer within {} ms", TIMEOUT.as_millis()))) {
            Ok(value) => {
                *cached = Some(CachedValue { value: value.clone(), read_at: now, refresh_at: now + REFRESH_AFTER });
                return Ok(value);
            }
            Err(reason) => reason,
        };
        match cached.as_mut() {
            Some(cached) if now < cached.read_at + EXPIRES_AFTER => {
                cached.refresh_at = now + RETRY_REFRESH_AFTER;
                Ok(cached.value.clone())
            }
            _ => Err(Unreadable { setting: format!("{}_SECRET", self.setting), reason }),
        }
    }

    /// Reads the secret from the extension. Retries while the extension is still starting.
    async fn fetch(&self) -> Result<String, String> {
        let token = env::var("AWS_SESSION_TOKEN").unwrap_or_default();
        let client = Client::builder(TokioExecutor::new()).build_http();
        loop {
            let request = Request::get(&self.url).header("X-Aws-Parameters-Secrets-Token", &token).body(Body::empty());
            let response = client.request(request.map_err(|error| error.to_string())?).await;
            let response = match response {
                // The extension does not listen yet.
                Err(error) if error.is_connect() => {
                    sleep(STARTUP_RETRY_INTERVAL).await;
                    continue;
                }
                response => response.map_err(|error| error.to_string())?,
            };
            let status = response.status();
            let body = response.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes();
            if status == StatusCode::OK {
                // The error of serde_json is not used, because it can contain a part of the secret.
                let secret: Result<SecretResponse, _> = serde_json::from_slice(&body);
                let value = secret.map_err(|_| "the secret has no text value")?.secret_string;
                // A secret that was stored from a file can end with a line break.
                return Ok(value.trim_end_matches(['\r', '\n']).to_owned());
            }
            let message = String::from_utf8_lossy(&body);
            if !message.contains("not ready to serve traffic") {
                let message: String = message.trim().chars().take(500).collect();
                return Err(format!("the extension answered {status}: {message}"));
            }
            sleep(STARTUP_RETRY_INTERVAL).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
        sync::mpsc::{UnboundedReceiver, unbounded_channel},
    };

    use super::*;

    const NOT_READY: (u16, &str) = (400, "not ready to serve traffic, please wait");
    const UNREACHABLE: (u16, &str) = (500, "Secrets Manager is unreachable");

    /// Starts an extension that sends these responses, in order, and then none. Returns a secret that reads from it,
    /// and the requests that it gets.
    async fn extension(responses: &[(u16, &'static str)]) -> (Secret, UnboundedReceiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port().to_string();
        let (sender, requests) = unbounded_channel();
        let mut responses: VecDeque<_> = responses.iter().copied().collect();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = vec![0; 4096];
                let length = stream.read(&mut request).await.unwrap();
                sender.send(String::from_utf8_lossy(&request[..length]).into_owned()).unwrap();
                let Some((status, body)) = responses.pop_front() else { std::future::pending().await };
                let head =
                    format!("HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
                stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
            }
        });
        (Secret::in_secrets_manager("TOKEN", "rounds/a token", &port), requests)
    }

    /// Returns the result of `get` some seconds from now: the value or the error message.
    async fn after(secret: &Secret, seconds: u64) -> Result<String, String> {
        let Source::Cached(secret) = &secret.0 else { panic!("not in Secrets Manager") };
        secret.get(SystemTime::now() + Duration::from_secs(seconds)).await.map_err(|error| error.to_string())
    }

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

    #[tokio::test]
    async fn reads_secret_once_in_five_minutes() {
        let (secret, mut requests) =
            extension(&[(200, r#"{"SecretString":"one\n"}"#), (200, r#"{"SecretString":"two"}"#)]).await;
        let clone = secret.clone();
        let (first, second) = tokio::join!(secret.get(), clone.get());
        assert_eq!((first.unwrap(), second.unwrap()), ("one".to_owned(), "one".to_owned()));
        let request = requests.recv().await.unwrap().to_lowercase();
        assert!(request.starts_with("get /secretsmanager/get?secretid=rounds%2fa+token http/1.1\r\n"), "{request}");
        assert!(request.contains("\r\nx-aws-parameters-secrets-token: "), "{request}");
        assert_eq!(after(&secret, 299).await.unwrap(), "one");
        assert!(requests.try_recv().is_err());
        assert_eq!(after(&secret, 301).await.unwrap(), "two");
    }

    #[tokio::test]
    async fn retries_while_extension_is_starting() {
        let (secret, _requests) = extension(&[NOT_READY, NOT_READY, (200, r#"{"SecretString":"one"}"#)]).await;
        assert_eq!(secret.get().await.unwrap(), "one");
    }

    #[tokio::test]
    async fn uses_old_value_for_an_hour_if_refresh_fails() {
        let one = (200, r#"{"SecretString":"one"}"#);
        let (secret, mut requests) =
            extension(&[one, UNREACHABLE, UNREACHABLE, (200, r#"{"SecretString":"two"}"#)]).await;
        secret.get().await.unwrap();
        assert_eq!(after(&secret, 400).await.unwrap(), "one");
        assert_eq!(after(&secret, 405).await.unwrap(), "one");
        let count = std::iter::from_fn(|| requests.try_recv().ok()).count();
        assert_eq!(count, 2, "a failed refresh is not repeated at once");
        let error = after(&secret, 3601).await.unwrap_err();
        assert_eq!(
            error,
            "TOKEN_SECRET cannot be read: the extension answered 500 Internal Server Error: Secrets Manager is unreachable"
        );
        assert_eq!(after(&secret, 3602).await.unwrap(), "two");
    }

    #[tokio::test]
    async fn error_names_setting_but_not_value() {
        let (secret, _requests) = extension(&[(200, r#"{"SecretBinary":"hush"}"#), (200, "hush")]).await;
        for _ in 0..2 {
            let error = after(&secret, 0).await.unwrap_err();
            assert_eq!(error, "TOKEN_SECRET cannot be read: the secret has no text value");
        }
    }

    #[tokio::test]
    async fn reading_times_out_after_a_second() {
        let (stuck, _requests) = extension(&[]).await;
        let absent = Secret::in_secrets_manager("TOKEN", "rounds", "1");
        let started = std::time::Instant::now();
        let (stuck, absent) = tokio::join!(after(&stuck, 0), after(&absent, 0));
        for error in [stuck.unwrap_err(), absent.unwrap_err()] {
            assert_eq!(error, "TOKEN_SECRET cannot be read: no answer within 1000 ms");
        }
        assert!(started.elapsed() < Duration::from_millis(1500));
    }
}
