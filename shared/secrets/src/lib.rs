//! Secrets of the settings: at hand in the environment, or kept in a file or in AWS Secrets Manager and
//! read where they are needed.

use std::{
    env, fs,
    path::PathBuf,
    sync::Arc,
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

/// How long a value is used without a look whether it was changed.
const FRESH: Duration = Duration::from_secs(5 * 60);
/// How long it is used at most, where it cannot be read again.
const STALE: Duration = Duration::from_secs(60 * 60);
/// Where it could not be read again, how long until the next try: a request waits for it.
const PAUSE: Duration = Duration::from_secs(10);
/// How long one reading may take, with every try: a statement's own patience is not much longer.
const TIMEOUT: Duration = Duration::from_secs(1);
/// How long to wait for an extension that is still starting.
const RETRY: Duration = Duration::from_millis(25);
/// Where the extension listens, unless it is told otherwise.
const PORT: &str = "2773";

/// A secret setting. A clone shares what has been read.
#[derive(Clone)]
pub struct Secret(Source);

#[derive(Clone)]
enum Source {
    Value(String),
    File(String, PathBuf),
    Cached(Arc<CachedSecret>),
}

/// A secret in Secrets Manager, as AWS's Parameters and Secrets Lambda Extension hands it out
/// (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/retrieving-secrets_lambda.html>).
struct CachedSecret {
    setting: String,
    url: String,
    read: Mutex<Option<Read>>,
}

/// By the clock that goes on while a function is frozen.
struct Read {
    value: String,
    at: SystemTime,
    next: SystemTime,
}

/// Why a secret cannot be had. Names the setting and never the value.
#[derive(Debug, thiserror::Error)]
#[error("{setting} cannot be read: {reason}")]
pub struct Unreadable {
    setting: String,
    reason: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    secret_string: String,
}

impl Secret {
    /// A secret that is at hand.
    pub fn of(value: String) -> Self {
        Self(Source::Value(value))
    }

    /// The setting `name`, if it is set: its value, or else, in `<name>_SECRET`, the name of the
    /// secret in AWS Secrets Manager that holds it. Nothing is read yet.
    pub fn from_env(name: &str) -> Option<Self> {
        let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        if let Some(value) = variable(name) {
            return Some(Self::of(value));
        }
        let port = variable("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT").unwrap_or_else(|| PORT.to_owned());
        variable(&format!("{name}_SECRET")).map(|secret| Self::kept(name, &secret, &port))
    }

    fn kept(setting: &str, secret: &str, port: &str) -> Self {
        let query = serde_urlencoded::to_string([("secretId", secret)]).unwrap_or_default();
        // By its address: "localhost" would be looked up, and may be tried over IPv6 first.
        let url = format!("http://127.0.0.1:{port}/secretsmanager/get?{query}");
        Self(Source::Cached(Arc::new(CachedSecret { setting: setting.to_owned(), url, read: Mutex::default() })))
    }

    /// The setting `name`, like [`Secret::from_env`]; but where its value begins with `/`, that is the
    /// path of a file that holds it, and is read each time.
    pub fn or_file_from_env(name: &str) -> Option<Self> {
        match Self::from_env(name)? {
            Self(Source::Value(path)) if path.starts_with('/') => {
                Some(Self(Source::File(name.to_owned(), path.into())))
            }
            secret => Some(secret),
        }
    }

    /// Its value. One from Secrets Manager is read again after five minutes, so that a rotated
    /// secret needs no deployment; where that fails, the old value is used for an hour.
    ///
    /// On Lambda, to be called while a request is answered: the extension serves nothing before.
    ///
    /// # Errors
    /// Why it cannot be had.
    pub async fn get(&self) -> Result<String, Unreadable> {
        match &self.0 {
            Source::Value(value) => Ok(value.clone()),
            Source::File(setting, path) => fs::read_to_string(path)
                .map_err(|error| Unreadable { setting: setting.clone(), reason: error.to_string() }),
            Source::Cached(secret) => secret.get(SystemTime::now()).await,
        }
    }
}

impl CachedSecret {
    async fn get(&self, now: SystemTime) -> Result<String, Unreadable> {
        // Whoever comes meanwhile waits here, and finds the value.
        let mut read = self.read.lock().await;
        if let Some(read) = read.as_ref()
            && now < read.next
        {
            return Ok(read.value.clone());
        }
        let answer = timeout(TIMEOUT, self.fetch()).await;
        let reason = match answer.unwrap_or_else(|_| Err(format!("no answer within {} ms", TIMEOUT.as_millis()))) {
            Ok(value) => {
                *read = Some(Read { value: value.clone(), at: now, next: now + FRESH });
                return Ok(value);
            }
            Err(reason) => reason,
        };
        match read.as_mut() {
            Some(read) if now < read.at + STALE => {
                read.next = now + PAUSE;
                Ok(read.value.clone())
            }
            _ => Err(Unreadable { setting: format!("{}_SECRET", self.setting), reason }),
        }
    }

    /// Asks the extension, again while it is still starting.
    async fn fetch(&self) -> Result<String, String> {
        let token = env::var("AWS_SESSION_TOKEN").unwrap_or_default();
        let client = Client::builder(TokioExecutor::new()).build_http();
        loop {
            let request = Request::get(&self.url).header("X-Aws-Parameters-Secrets-Token", &token).body(Body::empty());
            let answer = client.request(request.map_err(|error| error.to_string())?).await;
            let answer = match answer {
                // Not listening yet.
                Err(error) if error.is_connect() => {
                    sleep(RETRY).await;
                    continue;
                }
                answer => answer.map_err(|error| error.to_string())?,
            };
            let status = answer.status();
            let body = answer.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes();
            if status == StatusCode::OK {
                // What serde_json would say of the text could quote it.
                let answer: Result<Answer, _> = serde_json::from_slice(&body);
                let value = answer.map_err(|_| "the secret holds no text")?.secret_string;
                // A secret that was stored from a file ends in a line break.
                return Ok(value.trim_end_matches(['\r', '\n']).to_owned());
            }
            let said = String::from_utf8_lossy(&body);
            if !said.contains("not ready to serve traffic") {
                let said: String = said.trim().chars().take(500).collect();
                return Err(format!("the extension answered {status}: {said}"));
            }
            sleep(RETRY).await;
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
    const GONE: (u16, &str) = (500, "Secrets Manager is out of reach");

    /// An extension that gives these answers, in order, and then none; and the requests it got.
    async fn extension(answers: &[(u16, &'static str)]) -> (Secret, UnboundedReceiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port().to_string();
        let (sender, requests) = unbounded_channel();
        let mut answers: VecDeque<_> = answers.iter().copied().collect();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = vec![0; 4096];
                let length = stream.read(&mut request).await.unwrap();
                sender.send(String::from_utf8_lossy(&request[..length]).into_owned()).unwrap();
                let Some((status, body)) = answers.pop_front() else { std::future::pending().await };
                let head =
                    format!("HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
                stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
            }
        });
        (Secret::kept("TOKEN", "rounds/a token", &port), requests)
    }

    /// What `get` answers some seconds from now, as the secret's value or the error's sentence.
    async fn after(secret: &Secret, seconds: u64) -> Result<String, String> {
        let Source::Cached(secret) = &secret.0 else { panic!("at hand") };
        secret.get(SystemTime::now() + Duration::from_secs(seconds)).await.map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn a_secret_at_hand_is_its_value() {
        assert_eq!(Secret::of("here".to_owned()).get().await.unwrap(), "here");
        assert!(Secret::from_env("NO_SUCH_SETTING").is_none());
    }

    #[tokio::test]
    async fn a_kept_secret_is_asked_for_by_name_once_in_five_minutes() {
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
    async fn an_extension_that_is_starting_is_asked_again() {
        let (secret, _requests) = extension(&[NOT_READY, NOT_READY, (200, r#"{"SecretString":"one"}"#)]).await;
        assert_eq!(secret.get().await.unwrap(), "one");
    }

    #[tokio::test]
    async fn an_old_value_is_used_for_an_hour() {
        let one = (200, r#"{"SecretString":"one"}"#);
        let (secret, mut requests) = extension(&[one, GONE, GONE, (200, r#"{"SecretString":"two"}"#)]).await;
        secret.get().await.unwrap();
        assert_eq!(after(&secret, 400).await.unwrap(), "one");
        assert_eq!(after(&secret, 405).await.unwrap(), "one");
        let asked = std::iter::from_fn(|| requests.try_recv().ok()).count();
        assert_eq!(asked, 2, "not asked again at once");
        let error = after(&secret, 3601).await.unwrap_err();
        assert_eq!(
            error,
            "TOKEN_SECRET cannot be read: the extension answered 500 Internal Server Error: Secrets Manager is out of reach"
        );
        assert_eq!(after(&secret, 3602).await.unwrap(), "two");
    }

    #[tokio::test]
    async fn an_error_names_the_setting_and_never_the_value() {
        let (secret, _requests) = extension(&[(200, r#"{"SecretBinary":"hush"}"#), (200, "hush")]).await;
        for _ in 0..2 {
            let error = after(&secret, 0).await.unwrap_err();
            assert_eq!(error, "TOKEN_SECRET cannot be read: the secret holds no text");
        }
    }

    #[tokio::test]
    async fn nobody_waits_longer_than_a_second() {
        let (stuck, _requests) = extension(&[]).await;
        let absent = Secret::kept("TOKEN", "rounds", "1");
        let started = std::time::Instant::now();
        let (stuck, absent) = tokio::join!(after(&stuck, 0), after(&absent, 0));
        for error in [stuck.unwrap_err(), absent.unwrap_err()] {
            assert_eq!(error, "TOKEN_SECRET cannot be read: no answer within 1000 ms");
        }
        assert!(started.elapsed() < Duration::from_millis(1500));
    }
}
