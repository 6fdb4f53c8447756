use std::{
    env,
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

use crate::Unreadable;

/// A cached value is read again after this time.
const REFRESH_AFTER: Duration = Duration::from_secs(5 * 60);
/// If the value cannot be read again, the cached value is used until this time.
const EXPIRES_AFTER: Duration = Duration::from_secs(60 * 60);
/// The time until the next attempt after a failed refresh. It is not shorter, because a request waits for the attempt.
const RETRY_REFRESH_AFTER: Duration = Duration::from_secs(10);
/// The timeout of reading a value, including retries. The timeout of a statement is not much longer.
const TIMEOUT: Duration = Duration::from_secs(1);
/// The time between attempts while the extension is still starting.
const STARTUP_RETRY_INTERVAL: Duration = Duration::from_millis(25);

/// A value in a store of AWS, read through the AWS Parameters and Secrets Lambda Extension.
pub(crate) struct Stored {
    store: Store,
    /// The setting that has the name of the value.
    setting: String,
    url: String,
    cached: Mutex<Option<CachedValue>>,
}

/// A store of AWS that the extension reads.
#[derive(Clone, Copy)]
pub(crate) enum Store {
    /// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/retrieving-secrets_lambda.html>
    SecretsManager,
    /// <https://docs.aws.amazon.com/systems-manager/latest/userguide/ps-integration-lambda-extensions.html>
    ParameterStore,
}

/// Its times are of the system clock, because a monotonic clock can stop while Lambda freezes the instance.
struct CachedValue {
    value: String,
    read_at: SystemTime,
    refresh_at: SystemTime,
}

/// The response of the extension with a secret.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SecretResponse {
    secret_string: String,
}

/// The response of the extension with a parameter.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ParameterResponse {
    parameter: Parameter,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter {
    value: String,
}

impl Store {
    /// The setting that has the name of the value of the setting `name`.
    pub(crate) fn setting(self, name: &str) -> String {
        match self {
            Self::SecretsManager => format!("{name}_SECRET"),
            Self::ParameterStore => format!("{name}_PARAMETER"),
        }
    }

    /// The path and query of a request to the extension.
    fn target(self, id: &str) -> String {
        let (path, parameter) = match self {
            Self::SecretsManager => ("/secretsmanager/get", "secretId"),
            Self::ParameterStore => ("/systemsmanager/parameters/get", "name"),
        };
        let query = serde_urlencoded::to_string([(parameter, id)]).unwrap_or_default();
        format!("{path}?{query}")
    }

    /// Returns the value in a response of the extension. The error of serde_json is not used, because it can contain a
    /// part of a secret.
    fn value(self, response: &[u8]) -> Result<String, &'static str> {
        match self {
            Self::SecretsManager => serde_json::from_slice(response)
                .map(|response: SecretResponse| response.secret_string)
                .map_err(|_| "the secret has no text value"),
            Self::ParameterStore => serde_json::from_slice(response)
                .map(|response: ParameterResponse| response.parameter.value)
                .map_err(|_| "the parameter has no value"),
        }
    }
}

impl Stored {
    /// Creates the value with this id in a store. `setting` has the id, and `port` is that of the extension.
    pub(crate) fn new(store: Store, setting: String, id: &str, port: &str) -> Self {
        // Not "localhost": that needs a look-up, and can be tried over IPv6 first.
        let url = format!("http://127.0.0.1:{port}{}", store.target(id));
        Self { store, setting, url, cached: Mutex::default() }
    }

    /// Returns the value, from the cache if it is not too old.
    pub(crate) async fn get(&self, now: SystemTime) -> Result<String, Unreadable> {
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
            _ => Err(Unreadable { setting: self.setting.clone(), reason }),
        }
    }

    /// Reads the value from the extension. Retries while the extension is still starting.
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
                let value = self.store.value(&body)?;
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

    /// Starts an extension that sends these responses, in order, and then none. Returns a value that it reads,
    /// and the requests that it gets.
    async fn extension(responses: &[(u16, &'static str)]) -> (Stored, UnboundedReceiver<String>) {
        extension_with(Store::SecretsManager, responses).await
    }

    async fn extension_with(store: Store, responses: &[(u16, &'static str)]) -> (Stored, UnboundedReceiver<String>) {
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
        (Stored::new(store, store.setting("TOKEN"), "rounds/a token", &port), requests)
    }

    /// Returns the result of `get` some seconds from now: the value or the error message.
    async fn after(stored: &Stored, seconds: u64) -> Result<String, String> {
        stored.get(SystemTime::now() + Duration::from_secs(seconds)).await.map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn reads_secret_once_in_five_minutes() {
        let (secret, mut requests) =
            extension(&[(200, r#"{"SecretString":"one\n"}"#), (200, r#"{"SecretString":"two"}"#)]).await;
        let (first, second) = tokio::join!(after(&secret, 0), after(&secret, 0));
        assert_eq!((first.unwrap(), second.unwrap()), ("one".to_owned(), "one".to_owned()));
        let request = requests.recv().await.unwrap().to_lowercase();
        assert!(request.starts_with("get /secretsmanager/get?secretid=rounds%2fa+token http/1.1\r\n"), "{request}");
        assert!(request.contains("\r\nx-aws-parameters-secrets-token: "), "{request}");
        assert_eq!(after(&secret, 299).await.unwrap(), "one");
        assert!(requests.try_recv().is_err());
        assert_eq!(after(&secret, 301).await.unwrap(), "two");
    }

    #[tokio::test]
    async fn reads_parameter_once_in_five_minutes() {
        let one = (200, r#"{"Parameter":{"Name":"/rounds/a","Type":"String","Value":"one"},"ResultMetadata":{}}"#);
        let (parameter, mut requests) =
            extension_with(Store::ParameterStore, &[NOT_READY, one, (200, r#"{"Parameter":{}}"#)]).await;
        assert_eq!(parameter.get(SystemTime::now()).await.unwrap(), "one");
        assert_eq!(after(&parameter, 299).await.unwrap(), "one");
        for _ in 0..2 {
            let request = requests.recv().await.unwrap().to_lowercase();
            let line = "get /systemsmanager/parameters/get?name=rounds%2fa+token http/1.1\r\n";
            assert!(request.starts_with(line), "{request}");
            assert!(request.contains("\r\nx-aws-parameters-secrets-token: "), "{request}");
        }
        assert!(requests.try_recv().is_err());
        let error = after(&parameter, 3601).await.unwrap_err();
        assert_eq!(error, "TOKEN_PARAMETER cannot be read: the parameter has no value");
    }

    #[tokio::test]
    async fn retries_while_extension_is_starting() {
        let (secret, _requests) = extension(&[NOT_READY, NOT_READY, (200, r#"{"SecretString":"one"}"#)]).await;
        assert_eq!(secret.get(SystemTime::now()).await.unwrap(), "one");
    }

    #[tokio::test]
    async fn uses_old_value_for_an_hour_if_refresh_fails() {
        let one = (200, r#"{"SecretString":"one"}"#);
        let (secret, mut requests) =
            extension(&[one, UNREACHABLE, UNREACHABLE, (200, r#"{"SecretString":"two"}"#)]).await;
        secret.get(SystemTime::now()).await.unwrap();
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
        let absent = Stored::new(Store::SecretsManager, "TOKEN_SECRET".to_owned(), "rounds", "1");
        let started = std::time::Instant::now();
        let (stuck, absent) = tokio::join!(after(&stuck, 0), after(&absent, 0));
        for error in [stuck.unwrap_err(), absent.unwrap_err()] {
            assert_eq!(error, "TOKEN_SECRET cannot be read: no answer within 1000 ms");
        }
        assert!(started.elapsed() < Duration::from_millis(1500));
    }
}
