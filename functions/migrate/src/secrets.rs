use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use http::{Request, StatusCode, Uri};
use http_body_util::BodyExt;
use lambda_runtime_api_client::body::Body;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::https::{self, HttpsClient};

/// The timeout of one attempt.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The number of attempts of a request that may succeed when it is repeated. The AWS SDKs make as many.
const ATTEMPTS: u32 = 3;
/// The time before the second attempt. It is twice as long before the third one.
const RETRY_AFTER: Duration = Duration::from_millis(500);

const GET: &str = "GetSecretValue";
const PUT: &str = "PutSecretValue";

/// AWS Secrets Manager. The extension that functions read secrets with cannot write them, and it answers only requests
/// for secrets that have a value.
pub struct SecretsManager {
    url: Uri,
    region: String,
    credentials: Credentials,
    client: HttpsClient,
}

/// Why a request failed. Its texts never have a secret.
#[derive(Debug)]
enum Failure {
    /// There was no response. The request may still have had its effect.
    Unreachable(String),
    /// The response has this status, and this type of error, such as `AccessDeniedException`.
    Refused(StatusCode, String),
    /// The request is impossible, or the response cannot be read.
    Invalid(String),
}

impl SecretsManager {
    /// Reads the region and the credentials, which Lambda sets, and `AWS_ENDPOINT_URL_SECRETS_MANAGER`
    /// (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>). `variable` returns an empty string
    /// for a variable that is not set.
    ///
    /// # Errors
    /// A sentence that names the variable that is missing or invalid.
    pub fn read(variable: impl Fn(&str) -> String) -> Result<Self, String> {
        let required = |name| match variable(name) {
            value if value.is_empty() => Err(format!("{name} must be set")),
            value => Ok(value),
        };
        let region = required("AWS_REGION")?;
        let url = match variable("AWS_ENDPOINT_URL_SECRETS_MANAGER") {
            url if url.is_empty() => endpoint(&region),
            url => url,
        };
        let url: Option<Uri> = url.parse().ok().filter(|url: &Uri| url.scheme().is_some());
        let url = url.ok_or("AWS_ENDPOINT_URL_SECRETS_MANAGER or AWS_REGION is invalid")?;
        let session_token = Some(variable("AWS_SESSION_TOKEN")).filter(|token| !token.is_empty());
        let (key_id, key) = (required("AWS_ACCESS_KEY_ID")?, required("AWS_SECRET_ACCESS_KEY")?);
        let credentials = Credentials::new(key_id, key, session_token, None, "environment");
        Ok(Self { url, region, credentials, client: https::client() })
    }

    /// Returns the present value of a secret. `None` if the secret does not exist or has no value yet.
    ///
    /// # Errors
    /// A sentence that says what went wrong and what to do.
    pub async fn get(&self, secret: &str) -> Result<Option<String>, String> {
        let response = match self.call(GET, &json!({ "SecretId": secret })).await {
            Err(Failure::Refused(_, kind)) if kind == "ResourceNotFoundException" => return Ok(None),
            response => response.map_err(|failure| failure.sentence(GET))?,
        };
        let value = response["SecretString"].as_str().ok_or("the secret has no text value: store one as text")?;
        Ok(Some(value.to_owned()))
    }

    /// Stores a value as the present one. A repetition with the same `token` and value changes nothing. Returns `false`
    /// if another value was stored with the token: then nothing is changed.
    ///
    /// # Errors
    /// A sentence that says what went wrong and what to do.
    pub async fn put(&self, secret: &str, value: &str, token: &str) -> Result<bool, String> {
        let body = json!({ "SecretId": secret, "SecretString": value, "ClientRequestToken": token });
        match self.call(PUT, &body).await {
            Ok(_) => Ok(true),
            Err(Failure::Refused(_, kind)) if kind == "ResourceExistsException" => Ok(false),
            Err(failure) => Err(failure.sentence(PUT)),
        }
    }

    /// Sends a request until there is a response that a repetition would not change. Requests can be repeated: the token
    /// makes a repeated change harmless.
    async fn call(&self, action: &str, body: &Value) -> Result<Value, Failure> {
        let body = body.to_string();
        for attempt in 1..ATTEMPTS {
            match self.send(action, &body).await {
                Err(failure) if failure.is_transient() => sleep(RETRY_AFTER * attempt).await,
                response => return response,
            }
        }
        self.send(action, &body).await
    }

    async fn send(&self, action: &str, body: &str) -> Result<Value, Failure> {
        let request = self.request(action, body, SystemTime::now()).map_err(Failure::Invalid)?;
        let exchange = async {
            let response = self.client.request(request).await.map_err(|error| with_causes(&error))?;
            let status = response.status();
            let body = response.into_body().collect().await.map_err(|error| with_causes(&error))?;
            Ok((status, body.to_bytes()))
        };
        let late = |_| Err(format!("no response within {} s", TIMEOUT.as_secs()));
        let (status, body) = timeout(TIMEOUT, exchange).await.unwrap_or_else(late).map_err(Failure::Unreachable)?;
        // The error of serde_json is not used, because it can contain a part of a secret.
        let body = serde_json::from_slice(&body);
        match body {
            Ok(body) if status == StatusCode::OK => Ok(body),
            Err(_) if status == StatusCode::OK => Err(Failure::Invalid("its response is not JSON".to_owned())),
            body => Err(Failure::Refused(status, error_type(&body.unwrap_or_default()))),
        }
    }

    /// A request of the AWS JSON protocol 1.1, signed with Signature Version 4.
    fn request(&self, action: &str, body: &str, now: SystemTime) -> Result<Request<Body>, String> {
        let target = format!("secretsmanager.{action}");
        let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target.as_str())];
        let identity = self.credentials.clone().into();
        let parameters = v4::SigningParams::builder().identity(&identity).region(&self.region).name("secretsmanager");
        let parameters = parameters.time(now).settings(SigningSettings::default()).build();
        let parameters = parameters.map_err(|error| error.to_string())?.into();
        let body_bytes = SignableBody::Bytes(body.as_bytes());
        let signable = SignableRequest::new("POST", self.url.to_string(), headers.into_iter(), body_bytes);
        let signed = signable.and_then(|request| sign(request, &parameters)).map_err(|error| with_causes(&error))?;
        let (signature, _) = signed.into_parts();
        let headers = headers.into_iter().chain(signature.headers());
        let request = headers.fold(Request::post(&self.url), |request, (name, value)| request.header(name, value));
        request.body(Body::from(body.to_owned())).map_err(|error| error.to_string())
    }
}

/// Returns the URL of Secrets Manager in a region.
fn endpoint(region: &str) -> String {
    let china = if region.starts_with("cn-") { ".cn" } else { "" };
    format!("https://secretsmanager.{region}.amazonaws.com{china}")
}

/// Returns the type of an error response, such as `AccessDeniedException`. The message of the response is not used,
/// because it can contain what was sent.
fn error_type(body: &Value) -> String {
    // Some services put the namespace of the type before `#`.
    let name = body["__type"].as_str().unwrap_or_default().rsplit('#').next().unwrap_or_default();
    name.chars().filter(char::is_ascii_alphanumeric).take(60).collect()
}

impl Failure {
    /// Whether a repetition may succeed.
    fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            Self::Refused(status, kind) => status.is_server_error() || kind == "ThrottlingException",
            Self::Invalid(_) => false,
        }
    }

    fn sentence(&self, action: &str) -> String {
        match self {
            Self::Unreachable(reason) => format!(
                "Secrets Manager cannot be reached ({reason}): if the functions are in a VPC, give its subnets a NAT \
                 gateway or an endpoint of Secrets Manager, and deploy again"
            ),
            Self::Invalid(reason) => format!("the request {action} to Secrets Manager failed: {reason}"),
            Self::Refused(status, kind) => {
                let advice = match kind.as_str() {
                    "AccessDeniedException" => {
                        &format!("allow secretsmanager:{action} for this secret in the role of the function migrate")
                    }
                    "ResourceNotFoundException" => "check that the secret exists",
                    "InvalidRequestException" => "if the secret is scheduled for deletion, restore it",
                    "DecryptionFailure" | "EncryptionFailure" => "check the secret's KMS key and its policy",
                    _ if self.is_transient() => "wait some minutes",
                    _ => "look for the request in CloudTrail",
                };
                format!("Secrets Manager refused {action} ({status} {kind}): {advice}, and deploy again")
            }
        }
    }
}

/// Formats an error with its causes, because the outer error alone says little.
fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<SecretsManager, String> {
        let value = |name: &str| variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| *value);
        SecretsManager::read(|name| value(name).unwrap_or_default().to_owned())
    }

    const LAMBDA: [(&str, &str); 3] =
        [("AWS_REGION", "eu-central-1"), ("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "key")];

    #[test]
    fn region_decides_the_url() {
        for (region, url) in [
            ("eu-central-1", "https://secretsmanager.eu-central-1.amazonaws.com/"),
            ("us-gov-west-1", "https://secretsmanager.us-gov-west-1.amazonaws.com/"),
            ("cn-north-1", "https://secretsmanager.cn-north-1.amazonaws.com.cn/"),
        ] {
            let secrets = read(&[&[("AWS_REGION", region)], &LAMBDA[1..]].concat()).unwrap();
            assert_eq!(secrets.url.to_string(), url);
        }
    }

    #[test]
    fn error_names_missing_or_invalid_variable() {
        for missing in 0..LAMBDA.len() {
            let mut variables = LAMBDA.to_vec();
            let (name, _) = variables.remove(missing);
            assert_eq!(read(&variables).err(), Some(format!("{name} must be set")));
        }
        let invalid = [&[("AWS_ENDPOINT_URL_SECRETS_MANAGER", "127.0.0.1")], &LAMBDA[..]].concat();
        assert!(read(&invalid).err().unwrap().contains("AWS_ENDPOINT_URL_SECRETS_MANAGER"));
    }

    #[test]
    fn unusable_credentials_are_an_error() {
        let variables = [&LAMBDA[..], &[("AWS_SESSION_TOKEN", "line\nbreak")]].concat();
        assert!(read(&variables).unwrap().request(GET, "{}", SystemTime::now()).is_err());
    }

    #[test]
    fn type_of_error_has_neither_namespace_nor_message() {
        let kind = |body| error_type(&body);
        assert_eq!(kind(json!({ "__type": "AccessDeniedException", "Message": "hush" })), "AccessDeniedException");
        assert_eq!(kind(json!({ "__type": "com.amazonaws#Throttling" })), "Throttling");
        assert_eq!(kind(json!("no object")), "");
    }
}
