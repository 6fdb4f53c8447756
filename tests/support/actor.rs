use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Request},
};
use rounds_http::RequestContext;
use serde_json::Value;
use std::sync::Arc;
use tower::ServiceExt;

use super::{TestDatabase, document};

/// How the requests of an actor get to the clinic.
#[derive(Clone)]
pub(crate) enum Transport {
    /// Over HTTP, to a base URL.
    Http(String),
    /// To the functions' routes in this process. The database lives as long as the transport.
    InProcess(axum::Router, Arc<TestDatabase>),
}

/// A user of the clinic who sends requests.
#[derive(Clone)]
pub(crate) struct Actor {
    pub(crate) transport: Transport,
    /// The account id; 0 without an account.
    pub(crate) id: i64,
    /// The claims of the actor's tokens, if the account was written into the database directly.
    pub(crate) caller: Option<rounds_domain::Caller>,
    pub(crate) email: String,
    pub(crate) token: Option<String>,
    /// The source address that a gateway would report. Not used over HTTP.
    pub(crate) source: String,
}

/// A response of the clinic.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Actor {
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None, &[]).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, Some(&body.to_string()), &[("content-type", "application/json")]).await
    }

    /// Sends a request with any body and headers, and the actor's token.
    pub(crate) async fn send(&self, method: &str, path: &str, body: Option<&str>, headers: &[(&str, &str)]) -> Answer {
        let bearer = self.token.as_ref().map(|token| format!("Bearer {token}"));
        let headers = headers.iter().copied().chain(bearer.as_deref().map(|bearer| ("authorization", bearer)));
        let body = body.unwrap_or_default().to_owned();
        let answer = match &self.transport {
            Transport::Http(url) => {
                let mut request = reqwest::Client::new().request(method.parse().unwrap(), format!("{url}{path}"));
                for (name, value) in headers {
                    request = request.header(name, value);
                }
                let timeout = std::time::Duration::from_secs(60);
                let response = request.body(body).timeout(timeout).send().await.unwrap();
                let (status, headers) = (response.status().as_u16(), response.headers().clone());
                Answer { status, headers, body: response.text().await.unwrap() }
            }
            Transport::InProcess(routes, _) => {
                let mut request = Request::builder().method(method).uri(path);
                for (name, value) in headers {
                    request = request.header(name, value);
                }
                let source = self.source.parse().map(rounds_http::source_of_address).ok();
                let request = request.extension(RequestContext { source, ..RequestContext::default() });
                let response = routes.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
                let (parts, body) = response.into_parts();
                let body = to_bytes(body, usize::MAX).await.unwrap();
                let body = String::from_utf8(body.to_vec()).unwrap();
                Answer { status: parts.status.as_u16(), headers: parts.headers, body }
            }
        };
        document::check(method, path, &answer);
        answer
    }

    /// Returns the same actor at another source address.
    pub(crate) fn at(&self, source: &str) -> Self {
        Self { source: source.into(), ..self.clone() }
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.send("PUT", path, Some(&body.to_string()), &[("content-type", "application/json")]).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send("PATCH", path, Some(&body.to_string()), &[("content-type", "application/json")]).await
    }

    /// Returns the name of the actor's account.
    pub(crate) async fn name(&self) -> String {
        self.get("/me").await.expect(200)["name"].as_str().unwrap().to_owned()
    }

    /// Books an appointment and returns its id.
    pub(crate) async fn book(&self, doctor: &Actor, start_date: &str, duration: i64) -> i64 {
        let answer = self.try_book(doctor, start_date, duration).await;
        answer.expect(201).as_i64().unwrap()
    }

    pub(crate) async fn try_book(&self, doctor: &Actor, start_date: &str, duration: i64) -> Answer {
        let body = serde_json::json!({ "start_date": start_date, "duration": duration });
        self.post(&format!("/doctors/{}/book", doctor.id), body).await
    }

    pub(crate) async fn cancel(&self, appointment: i64) -> Answer {
        self.send("POST", &format!("/appointments/{appointment}/cancel"), None, &[]).await
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// Returns the pointer and the code of each violation, in their order.
    #[track_caller]
    pub(crate) fn violations(&self, kind: &str) -> Vec<(String, String)> {
        self.pointers(kind);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let problem = self.json();
        problem["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| (text(&error["pointer"]), text(&error["code"])))
            .collect()
    }

    /// Returns the version of the appointment in the response: the first part of its `ETag`.
    #[track_caller]
    pub(crate) fn version(&self) -> i64 {
        let tag = self.header("etag");
        tag.trim_matches('"').split('-').next().unwrap().parse().unwrap_or_else(|_| panic!("{tag}: {}", self.body))
    }

    /// Checks the status and returns the JSON body.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.json()
    }

    /// Checks that the response is a problem (RFC 9457) of this status and type, and returns it.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, kind: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["type"], format!("/problems/{kind}"));
        assert_eq!(problem["status"], status);
        for member in ["title", "detail", "request_id"] {
            assert!(problem[member].is_string(), "{member}: {problem}");
        }
        problem
    }

    /// Checks that the response is a 422 of this type, and returns the codes of its violations.
    #[track_caller]
    pub(crate) fn codes(&self, kind: &str) -> Vec<String> {
        let problem = self.problem(422, kind);
        let errors = problem["errors"].as_array().unwrap();
        errors.iter().map(|error| error["code"].as_str().unwrap().to_owned()).collect()
    }

    /// Checks that the response is a 422 of this type, and returns the pointers of its violations, sorted.
    #[track_caller]
    pub(crate) fn pointers(&self, kind: &str) -> Vec<String> {
        let problem = self.problem(422, kind);
        let errors = problem["errors"].as_array().unwrap();
        let pointer = |error: &Value| {
            assert!(!error["detail"].as_str().unwrap().is_empty());
            assert!(rounds_domain::Code::ALL.iter().any(|code| error["code"] == code.word()), "{error}");
            error["pointer"].as_str().unwrap().to_owned()
        };
        let mut pointers: Vec<_> = errors.iter().map(pointer).collect();
        pointers.sort();
        pointers
    }

    /// Returns the path of the next page of a list, if there is one.
    pub(crate) fn next(&self) -> Option<String> {
        let link = self.header("link");
        let (path, rest) = link.strip_prefix('<')?.split_once('>')?;
        assert_eq!(rest, "; rel=\"next\"");
        Some(path.to_owned())
    }
}
