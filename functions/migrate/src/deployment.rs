use std::time::Duration;

use http::Request;
use lambda_runtime_api_client::body::Body;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::https;

/// The timeout for sending the response to CloudFormation's bucket.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The maximum length of the reason. CloudFormation accepts responses of up to 4096 bytes, and one character can need six
/// bytes in JSON.
const REASON_CHARS: usize = 500;

/// A deployment that requests a migration and waits for the result. It is the event that CloudFormation sends to the
/// function of a custom resource
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
    /// `None` when the resource is created.
    physical_resource_id: Option<String>,
}

impl Deployment {
    /// Parses the event of a deployment. Returns `None` for other events.
    pub fn from_event(event: &Value) -> Option<Self> {
        Self::deserialize(event).ok()
    }

    /// Returns whether this deployment needs a migration. It does, unless the stack is deleted.
    ///
    /// In a rollback, this code is the old version of the function, and the new version may have migrated the database.
    /// The migration then succeeds if the old version can use the schema. Otherwise it fails, which ends the rollback
    /// before CloudFormation restores the old code of the other functions.
    pub fn migrates(&self) -> bool {
        self.request_type != "Delete"
    }

    /// The id of this deployment's request. An event that Lambda sends again has the same id.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// Reports the result of the migration to CloudFormation. An error ends the deployment, and its text is the reason
    /// that the operator sees.
    ///
    /// # Errors
    /// If CloudFormation did not receive the response. Lambda then sends the event again.
    pub async fn respond(&self, outcome: &Result<Vec<String>, String>) -> Result<(), String> {
        let (status, reason) = match outcome {
            Ok(_) => ("SUCCESS", String::new()),
            Err(error) => ("FAILED", error.chars().take(REASON_CHARS).collect()),
        };
        let response = json!({
            "Status": status,
            "Reason": reason,
            // A different id would mean that the resource was replaced.
            "PhysicalResourceId": self.physical_resource_id.as_ref().unwrap_or(&self.logical_resource_id),
            "StackId": self.stack_id,
            "RequestId": self.request_id,
            "LogicalResourceId": self.logical_resource_id,
        });
        // No content type, because the URL was signed without one.
        let request = Request::put(&self.response_url).body(Body::from(response.to_string()));
        let sent = timeout(TIMEOUT, https::client().request(request.map_err(|error| error.to_string())?)).await;
        // The messages must not contain the URL: anyone who knows it can send a response.
        match sent {
            Ok(Ok(response)) if response.status().is_success() => Ok(()),
            Ok(Ok(response)) => Err(format!("CloudFormation rejected the response: {}", response.status())),
            Ok(Err(error)) => Err(format!("cannot send the response to CloudFormation: {error}")),
            Err(_) => Err(format!("CloudFormation did not accept the response within {} s", TIMEOUT.as_secs())),
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

    /// Starts a server in place of CloudFormation's bucket, for one request. Returns its URL, and the request once it has
    /// arrived.
    async fn start_bucket(status: u16) -> (String, JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/bucket/answer?Signature=a%2Fb", listener.local_addr().unwrap());
        let request = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (mut request, mut part) = (String::new(), vec![0; 8192]);
            while !request.ends_with('}') {
                let length = stream.read(&mut part).await.unwrap();
                request += std::str::from_utf8(&part[..length]).unwrap();
            }
            let response = format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(response.as_bytes()).await.unwrap();
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
    fn returns_none_for_other_events() {
        assert!(Deployment::from_event(&json!({})).is_none());
        assert!(Deployment::from_event(&json!({ "RequestType": "Create" })).is_none());
    }

    #[test]
    fn does_not_migrate_when_stack_is_deleted() {
        let migrates =
            |request_type| Deployment::from_event(&event(request_type, "http://127.0.0.1")).unwrap().migrates();
        assert!(migrates("Create") && migrates("Update") && !migrates("Delete"));
    }

    #[tokio::test]
    async fn reports_success_to_cloudformation() {
        let (url, request) = start_bucket(200).await;
        let mut event = event("Update", &url);
        event["PhysicalResourceId"] = json!("existing-id");
        Deployment::from_event(&event).unwrap().respond(&Ok(vec!["done".to_owned()])).await.unwrap();
        let request = request.await.unwrap();
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("PUT /bucket/answer?Signature=a%2Fb HTTP/1.1\r\n"), "{head}");
        assert!(!head.to_lowercase().contains("content-type"), "{head}");
        let expected = json!({
            "Status": "SUCCESS",
            "Reason": "",
            "PhysicalResourceId": "existing-id",
            "StackId": "arn:aws:cloudformation:eu-central-1:123456789012:stack/rounds/1",
            "RequestId": "one",
            "LogicalResourceId": "Migration",
        });
        assert_eq!(serde_json::from_str::<Value>(body).unwrap(), expected);
    }

    #[tokio::test]
    async fn reports_reason_of_failure_within_4096_bytes() {
        let (url, request) = start_bucket(200).await;
        let error = format!("DATABASE_URL {}", "\u{1}".repeat(5000));
        Deployment::from_event(&event("Create", &url)).unwrap().respond(&Err(error)).await.unwrap();
        let request = request.await.unwrap();
        let body = request.split_once("\r\n\r\n").unwrap().1;
        assert!(body.len() < 4096, "{}", body.len());
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["Status"], "FAILED");
        assert_eq!(body["PhysicalResourceId"], "Migration");
        assert!(body["Reason"].as_str().unwrap().starts_with("DATABASE_URL "));
    }

    #[tokio::test]
    async fn returns_error_if_cloudformation_rejects_or_is_unreachable() {
        let (url, _request) = start_bucket(403).await;
        for url in [url.as_str(), "http://127.0.0.1:1/?Signature=secret"] {
            let error = Deployment::from_event(&event("Create", url)).unwrap().respond(&Ok(vec![])).await.unwrap_err();
            assert!(error.contains("CloudFormation") && !error.contains("Signature"), "{error}");
        }
    }
}
