use std::collections::HashMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};

/// A request that API Gateway sends to a function as an event. The event is that of an HTTP API, payload format 2.0
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>).
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The method, such as `GET`.
    pub method: &'static str,
    /// The path, such as `/doctors/7/slots`.
    pub path: String,
    /// The query, such as `date=2026-11-24`. Empty for none.
    pub query: String,
    /// The headers, with names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body, sent as JSON.
    pub body: Option<Value>,
}

impl Request {
    /// Returns the event as JSON.
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

/// The response of a function.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers, with names in lower case. If a name occurs several times, only one value is kept.
    pub headers: HashMap<String, String>,
    /// The body as text.
    pub body: String,
}

impl Answer {
    /// Parses a function's response.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
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
        let invalid = |error: &dyn std::fmt::Display| format!("the response is invalid ({error})");
        let raw: Raw = serde_json::from_slice(answer).map_err(|error| invalid(&error))?;
        let body = raw.body.unwrap_or_default();
        let body = match raw.is_base64_encoded {
            true => String::from_utf8(STANDARD.decode(body).map_err(|error| invalid(&error))?)
                .map_err(|error| invalid(&error))?,
            false => body,
        };
        Ok(Self { status: raw.status_code, headers: raw.headers, body })
    }

    /// The body parsed as JSON, or null if it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}
