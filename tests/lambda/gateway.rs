use std::collections::HashMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};

/// A request, as API Gateway hands it to a function: an event of an HTTP API, payload format 2.0
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>).
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `GET`
    pub method: &'static str,
    /// `/doctors/7/slots`
    pub path: String,
    /// `date=2026-11-24`; empty for none.
    pub query: String,
    /// Names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// In JSON.
    pub body: Option<Value>,
}

impl Request {
    /// The event.
    pub fn event(&self) -> Vec<u8> {
        let mut headers: HashMap<&str, &str> =
            self.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        if self.body.is_some() {
            headers.insert("content-type", "application/json");
        }
        let event = json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": self.path,
            "rawQueryString": self.query,
            "headers": headers,
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "local",
                "domainName": "local",
                "domainPrefix": "local",
                "http": {
                    "method": self.method,
                    "path": self.path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": "127.0.0.1",
                    "userAgent": "rounds",
                },
                "requestId": "request",
                "routeKey": "$default",
                "stage": "$default",
                "time": "28/Oct/2026:09:12:44 +0000",
                "timeEpoch": 1_793_178_764_000_i64,
            },
            "body": self.body.as_ref().map(Value::to_string),
            "isBase64Encoded": false,
        });
        event.to_string().into_bytes()
    }
}

/// What a function answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Names in lower case; of several with the same name, one.
    pub headers: HashMap<String, String>,
    /// As text.
    pub body: String,
}

impl Answer {
    /// Reads a function's answer.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence.
    pub fn read(answer: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Raw {
            status_code: u16,
            #[serde(default)]
            headers: HashMap<String, String>,
            #[serde(default)]
            body: Option<String>,
            #[serde(default)]
            is_base64_encoded: bool,
        }
        let strange = |error: &dyn std::fmt::Display| format!("not an answer ({error})");
        let raw: Raw = serde_json::from_slice(answer).map_err(|error| strange(&error))?;
        let body = raw.body.unwrap_or_default();
        let body = match raw.is_base64_encoded {
            true => String::from_utf8(STANDARD.decode(body).map_err(|error| strange(&error))?)
                .map_err(|error| strange(&error))?,
            false => body,
        };
        Ok(Self { status: raw.status_code, headers: raw.headers, body })
    }

    /// Its document; null where there is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}
