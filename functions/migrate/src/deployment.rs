use std::time::Duration;

use http::Request;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use lambda_runtime_api_client::body::Body;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::timeout;

/// How long CloudFormation's bucket may take to take an answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// An answer of more than 4096 bytes is refused, and a character may take six of them.
const REASON_CHARS: usize = 500;

/// A deployment that wants the database migrated, and waits for the answer: CloudFormation's event
/// to the function behind a custom resource
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html>).
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Deployment {
    request_type: String,
    #[serde(rename = "ResponseURL")]
    response_url: String,
    stack_id: String,
    request_id: String,
    logical_resource_id: String,
    /// None yet when the resource is created.
    physical_resource_id: Option<String>,
}

impl Deployment {
    /// The deployment that sent an event, if one did.
    pub fn of(event: &Value) -> Option<Self> {
        Self::deserialize(event).ok()
    }

    /// Whether the database is to be migrated: always, except where the stack is deleted. Where a deployment is
    /// rolled back, this is an older version of the function, on a database that a newer one may have migrated:
    /// that succeeds where this version can use it, and ends the rollback where it cannot, before the code of the
    /// other functions is put back.
    pub fn migrates(&self) -> bool {
        self.request_type != "Delete"
    }

    /// Answers how it went: a failure is a sentence, and ends the deployment.
    ///
    /// # Errors
    /// Where the answer did not get through. Lambda sends the event again then.
    pub async fn answer(&self, outcome: &Result<Vec<String>, String>) -> Result<(), String> {
        let (status, reason) = match outcome {
            Ok(_) => ("SUCCESS", String::new()),
            Err(error) => ("FAILED", error.chars().take(REASON_CHARS).collect()),
        };
        let answer = json!({
            "Status": status,
            "Reason": reason,
            // Another one than before would mean that the resource was replaced.
            "PhysicalResourceId": self.physical_resource_id.as_ref().unwrap_or(&self.logical_resource_id),
            "StackId": self.stack_id,
            "RequestId": self.request_id,
            "LogicalResourceId": self.logical_resource_id,
        });
        // No content type: the URL was signed without one.
        let request = Request::put(&self.response_url).body(Body::from(answer.to_string()));
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        let https =
            HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1().wrap_connector(http);
        let client = Client::builder(TokioExecutor::new()).build(https);
        let answered = timeout(TIMEOUT, client.request(request.map_err(|error| error.to_string())?)).await;
        // Without the URL in them: whoever has it can answer.
        match answered {
            Ok(Ok(response)) if response.status().is_success() => Ok(()),
            Ok(Ok(response)) => Err(format!("CloudFormation refused the answer: {}", response.status())),
            Ok(Err(error)) => Err(format!("CloudFormation did not get the answer: {error}")),
            Err(_) => Err(format!("CloudFormation did not take the answer within {} s", TIMEOUT.as_secs())),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
        task::JoinHandle,
    };

    use super::*;

    /// Where CloudFormation waits: its URL, and the one request that it gets.
    async fn waiting(status: u16) -> (String, JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/bucket/answer?Signature=a%2Fb", listener.local_addr().unwrap());
        let request = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (mut request, mut part) = (String::new(), vec![0; 8192]);
            while !request.ends_with('}') {
                let length = stream.read(&mut part).await.unwrap();
                request += std::str::from_utf8(&part[..length]).unwrap();
            }
            let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
            request
        });
        (url, request)
    }

    fn event(request_type: &str, url: &str) -> Value {
        json!({
            "RequestType": request_type,
            "ResponseURL": url,
            "StackId": "arn:aws:cloudformation:eu-central-1:123456789012:stack/rounds/1",
            "RequestId": "one",
            "ResourceType": "Custom::Migration",
            "LogicalResourceId": "Migration",
            "ResourceProperties": { "ServiceToken": "arn", "Version": "10" },
        })
    }

    #[test]
    fn another_event_is_no_deployment() {
        assert!(Deployment::of(&json!({})).is_none());
        assert!(Deployment::of(&json!({ "RequestType": "Create" })).is_none());
    }

    #[test]
    fn nothing_is_migrated_where_the_stack_is_deleted() {
        let migrates = |request_type| Deployment::of(&event(request_type, "http://127.0.0.1")).unwrap().migrates();
        assert!(migrates("Create") && migrates("Update") && !migrates("Delete"));
    }

    #[tokio::test]
    async fn a_success_is_put_where_cloudformation_waits() {
        let (url, request) = waiting(200).await;
        let mut event = event("Update", &url);
        event["PhysicalResourceId"] = json!("as it was");
        Deployment::of(&event).unwrap().answer(&Ok(vec!["done".to_owned()])).await.unwrap();
        let request = request.await.unwrap();
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("PUT /bucket/answer?Signature=a%2Fb HTTP/1.1\r\n"), "{head}");
        assert!(!head.to_lowercase().contains("content-type"), "{head}");
        let expected = json!({
            "Status": "SUCCESS",
            "Reason": "",
            "PhysicalResourceId": "as it was",
            "StackId": "arn:aws:cloudformation:eu-central-1:123456789012:stack/rounds/1",
            "RequestId": "one",
            "LogicalResourceId": "Migration",
        });
        assert_eq!(serde_json::from_str::<Value>(body).unwrap(), expected);
    }

    #[tokio::test]
    async fn a_failure_says_why_within_4096_bytes() {
        let (url, request) = waiting(200).await;
        let error = format!("DATABASE_URL {}", "\u{1}".repeat(5000));
        Deployment::of(&event("Create", &url)).unwrap().answer(&Err(error)).await.unwrap();
        let request = request.await.unwrap();
        let body = request.split_once("\r\n\r\n").unwrap().1;
        assert!(body.len() < 4096, "{}", body.len());
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["Status"], "FAILED");
        assert_eq!(body["PhysicalResourceId"], "Migration");
        assert!(body["Reason"].as_str().unwrap().starts_with("DATABASE_URL "));
    }

    #[tokio::test]
    async fn an_answer_that_does_not_get_through_is_an_error() {
        let (url, _request) = waiting(403).await;
        for url in [url.as_str(), "http://127.0.0.1:1/?Signature=secret"] {
            let error = Deployment::of(&event("Create", url)).unwrap().answer(&Ok(vec![])).await.unwrap_err();
            assert!(error.starts_with("CloudFormation") && !error.contains("Signature"), "{error}");
        }
    }
}
