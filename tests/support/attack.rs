//! Hostile requests, the events that gateways make of them, and the checks of every response. The fuzzer (another
//! crate) includes this file.

use std::fmt;

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use lambda_http::{Context, LambdaEvent, request::LambdaRequest};
use percent_encoding::percent_decode_str;
use rounds_data::{Database, Origin, SecretToken, feeds};
use rounds_domain::AccountType;
use rounds_http::{Actor, Route, Sample};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::in_process::InProcess;

pub(crate) const NOW: &str = "2030-01-07T08:00:00Z";
/// Words that would expose internals in a response.
const INTERNALS: [&str; 9] =
    ["SQL", "sqlite", "libsql", "panicked", "unwrap", "Err(", ".rs:", "no such column", "constraint"];

/// A request as an attacker sends it. No part of it has to be valid.
#[derive(Clone, Default)]
pub(crate) struct Sent {
    pub(crate) method: String,
    /// The path and the query.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// A mutation of a valid request. An index is taken modulo the number of parts.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Method(String),
    Part(usize, String),
    Parameter(usize, String),
    Query(String),
    Header(String, String),
    Without(usize),
    Member(usize, String),
    Body(Vec<u8>),
}

/// The gateways that turn a request into an event. Each does it differently.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Gateway {
    /// Decodes the path.
    HttpApi,
    /// Leaves the path as it was sent.
    Emulator,
    /// Decodes the query, and repeats headers.
    RestApi,
}

impl fmt::Debug for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2000}", String::from_utf8_lossy(&self.to_bytes()))
    }
}

impl Sent {
    /// Reads a request in the syntax of HTTP/1.1 from any bytes.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let end = bytes.windows(2).position(|two| two == b"\n\n");
        let (head, body) = end.map_or((bytes, &[][..]), |end| (&bytes[..end], &bytes[end + 2..]));
        let head = String::from_utf8_lossy(head);
        let mut lines = head.lines();
        let (method, target) = lines.next().unwrap_or_default().split_once(' ').unwrap_or_default();
        let headers = lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.into(), value.into()));
        Self { method: method.into(), target: target.into(), headers: headers.collect(), body: body.into() }
    }

    /// Writes the request in the syntax of HTTP/1.1: the opposite of [`Sent::read`].
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let headers = self.headers.iter().map(|(name, value)| format!("{name}: {value}\n"));
        let head = format!("{} {}\n{}\n", self.method, self.target, headers.collect::<String>());
        [head.into_bytes(), self.body.clone()].concat()
    }

    /// Applies a mutation.
    pub(crate) fn change(&mut self, change: Change) {
        let (path, query) = self.target.split_once('?').unwrap_or((&self.target, ""));
        match change {
            Change::Method(method) => self.method = method,
            Change::Part(place, part) => {
                let mut parts: Vec<&str> = path.split('/').collect();
                let place = place % parts.len();
                parts[place] = &part;
                self.target = format!("{}?{query}", parts.join("/"));
            }
            Change::Parameter(place, value) => {
                let mut pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
                let count = pairs.len().max(1);
                if let Some(pair) = pairs.get_mut(place % count) {
                    pair.1 = value;
                }
                self.target = format!("{path}?{}", serde_urlencoded::to_string(pairs).unwrap());
            }
            Change::Query(query) => self.target = format!("{path}?{query}"),
            // One time in seven the header is repeated instead of replaced.
            Change::Header(name, value) => {
                self.headers.retain(|(other, _)| *other != name || value.len() % 7 == 0);
                self.headers.push((name, value));
            }
            Change::Without(place) => {
                let count = self.headers.len().max(1);
                self.headers.truncate(place % count);
            }
            Change::Member(place, value) => {
                let Ok(Value::Object(members)) = serde_json::from_slice(&self.body) else { return };
                let place = place % members.len().max(1);
                let member = |(index, (name, old)): (usize, (&String, &Value))| {
                    format!("{}:{}", json!(name), if index == place { value.clone() } else { old.to_string() })
                };
                let members: Vec<_> = members.iter().enumerate().map(member).collect();
                self.body = format!("{{{}}}", members.join(",")).into_bytes();
            }
            Change::Body(body) => self.body = body,
        }
    }

    /// Returns the request for the router; `None` if HTTP does not allow it.
    pub(crate) fn request(&self) -> Option<Request<Body>> {
        let mut request = Request::builder().method(self.method.as_str()).uri(&self.target);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request.body(Body::from(self.body.clone())).ok()
    }

    /// Returns the event that a gateway makes of the request: a recorded event with the parts replaced.
    pub(crate) fn event(&self, gateway: Gateway) -> Value {
        let recorded = match gateway {
            Gateway::RestApi => include_str!("../events/doctors.rest_v1.json"),
            _ => include_str!("../events/doctors.http_api_v2.json"),
        };
        let mut event: Value = serde_json::from_str(recorded).unwrap();
        let (path, query) = self.target.split_once('?').unwrap_or((&self.target, ""));
        let decoded = percent_decode_str(path).decode_utf8_lossy();
        let text = str::from_utf8(&self.body).ok();
        event["isBase64Encoded"] = json!(text.is_none());
        event["body"] = json!(text.map_or_else(|| BASE64_STANDARD.encode(&self.body), str::to_owned));
        if let Gateway::RestApi = gateway {
            event["httpMethod"] = json!(self.method);
            event["path"] = json!(path);
            let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
            for (name, value) in pairs {
                push(&mut event["multiValueQueryStringParameters"], &name, value);
            }
            for (name, value) in &self.headers {
                event["headers"][name] = json!(value);
                push(&mut event["multiValueHeaders"], name, value.clone());
            }
            return event;
        }
        event["rawPath"] = if let Gateway::HttpApi = gateway { json!(decoded) } else { json!(path) };
        event["rawQueryString"] = json!(query);
        event["requestContext"]["http"]["method"] = json!(self.method);
        for (name, value) in &self.headers {
            let earlier = event["headers"][name.to_lowercase()].as_str().map(|earlier| format!("{earlier},{value}"));
            event["headers"][name.to_lowercase()] = json!(earlier.unwrap_or_else(|| value.clone()));
        }
        event
    }
}

fn push(map: &mut Value, name: &str, value: String) {
    match map[name].as_array_mut() {
        Some(values) => values.push(json!(value)),
        None => map[name] = json!([value]),
    }
}

/// A response.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

/// The file of the Doctor's calendar feed.
const FEED: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.ics";

/// A clinic to attack: one Admin (account 1), one Doctor (2), one Patient (3), an appointment and time off. It is
/// the same before each request.
pub(crate) struct AttackTarget {
    functions: InProcess,
    /// The tokens of the Admin, the Doctor and the Patient in requests. They are from the first clinic, and are
    /// replaced by those of the present clinic when a request is sent.
    pub(crate) tokens: [String; 3],
    current: [String; 3],
    /// The contents of the clinic, as the routes return them.
    contents: Vec<String>,
}

impl AttackTarget {
    pub(crate) async fn new() -> Self {
        let database = Database::create_at(":memory:").unwrap();
        database.migrate().await.unwrap();
        // A constant key (PKCS #8), so that the tokens are the same in each run.
        let key = [&b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20"[..], &[7; 32]].concat();
        let begin = "-----BEGIN PRIVATE KEY-----";
        let pem = format!("{begin}\n{}\n{}", BASE64_STANDARD.encode(key), begin.replace("BEGIN", "END"));
        let functions = InProcess::new(database, pem, NOW);
        let admin = functions.account(AccountType::Admin, "Grace", "grace@example.org").await;
        let doctor = functions.account(AccountType::Doctor, "Ada", "ada@example.org").await;
        let patient = functions.account(AccountType::Patient, "Alan", "alan@example.org").await;
        let tokens = [admin, doctor, patient].map(|caller| functions.token(&caller));
        let origin = Origin::program(functions.now());
        let key = SecretToken::parse(FEED.trim_end_matches(".ics")).unwrap();
        feeds::set(&functions.database.writer(&doctor, &origin), &key, true).await.unwrap();
        let mut target = Self { functions, current: tokens.clone(), tokens, contents: Vec::new() };
        for request in [
            "POST /doctors/2/book\nauthorization: Bearer <Patient>\ncontent-type: application/json\n\n{\"start_date\":\"2030-01-08T10:00:00Z\",\"duration\":30}",
            "POST /doctors/2/time_off\nauthorization: Bearer <Admin>\ncontent-type: application/json\n\n{\"start_date\":\"2030-02-01T00:00:00Z\",\"end_date\":\"2030-02-02T00:00:00Z\"}",
        ] {
            assert_eq!(target.send(request).await.status, 201);
        }
        // Adds message 1, which is about the booking.
        rounds_data::messages::add_from_audit(&target.functions.database, target.functions.now()).await.unwrap();
        target.contents = target.read(true).await;
        target
    }

    /// Replaces `<Admin>`, `<Doctor>` and `<Patient>` by their tokens.
    pub(crate) fn with_tokens(&self, text: &[u8]) -> Vec<u8> {
        let mut text = text.to_vec();
        for (name, token) in ["<Admin>", "<Doctor>", "<Patient>"].iter().zip(&self.tokens) {
            while let Some(at) = text.windows(name.len()).position(|window| window == name.as_bytes()) {
                text.splice(at..at + name.len(), token.bytes());
            }
        }
        text
    }

    /// Replaces the tokens of the first clinic by those of the present one.
    fn renewed(&self, text: &str) -> String {
        let tokens = self.tokens.iter().zip(&self.current);
        tokens.fold(text.to_owned(), |text, (token, current)| text.replace(token, current))
    }

    /// Returns a request with the tokens of the present clinic.
    fn renewed_request(&self, sent: &Sent) -> Option<Request<Body>> {
        let headers = sent.headers.iter().map(|(name, value)| (name.clone(), self.renewed(value))).collect();
        Sent { headers, ..sent.clone() }.request()
    }

    /// Returns valid requests: the samples of every route, and more. The fuzzer starts from them too.
    pub(crate) fn valid_requests(&self) -> Vec<Sent> {
        let text = String::from_utf8(self.with_tokens(include_bytes!("../fuzz/requests.txt"))).unwrap();
        // The first letter of each request is the fuzzer's choice of a gateway.
        let more = text.split("###\n").map(|request| Sent::read(&request.as_bytes()[1..]));
        let api = rounds_local::api();
        // Pages take no input but the path.
        let samples = api.routes().iter().filter(|route| !route.is_page).flat_map(|route| {
            let of_route = move |sample| self.sample(route, sample);
            route.samples.iter().map(of_route)
        });
        samples.chain(more).collect()
    }

    /// Returns a sample as a request of an account with access.
    fn sample(&self, route: &Route, sample: &Sample) -> Sent {
        let mut value = |name: &str| {
            let value = match name {
                "doctor_id" => "2",
                "patient_id" | "account_id" | "deactivated" | "without_login" => "3",
                "day" => "2030-01-09",
                "email" | "new_email" => "somebody@example.org",
                "password" => "a long password",
                "file" => FEED,
                _ => "1",
            };
            value.to_owned()
        };
        let (target, body) = (sample.target(route.path, &mut value), sample.json(&mut value));
        let [admin, doctor, patient] = &self.tokens;
        let token = match sample.access.unwrap_or(route.access).any_allowed() {
            Actor::Anonymous => None,
            Actor::Patient | Actor::OtherPatient => Some(patient),
            Actor::Doctor | Actor::OtherDoctor => Some(doctor),
            Actor::Receptionist | Actor::Admin => Some(admin),
        };
        let mut headers: Vec<_> =
            token.map(|token| ("authorization".to_owned(), format!("Bearer {token}"))).into_iter().collect();
        if body.is_some() {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        Sent { method: route.verb.as_str().to_owned(), target, headers, body }
    }

    /// Sends a request without a gateway, and checks the response.
    pub(crate) async fn request(&mut self, sent: &Sent) {
        let Some(request) = self.renewed_request(sent) else { return };
        let method = request.method().clone();
        let answer = self.answer(request).await;
        self.judge(&sent.to_bytes(), &method, answer).await;
    }

    /// Sends a request without checking the response. Returns its status.
    pub(crate) async fn status(&self, sent: &Sent) -> u16 {
        self.answer(self.renewed_request(sent).unwrap()).await.status.as_u16()
    }

    /// Invokes the functions with an event, and checks the response. Ignores JSON that is not an event of a gateway,
    /// because the runtime rejects it before the function runs.
    pub(crate) async fn event(&mut self, event: &str) {
        let renewed = self.renewed(event);
        let Ok(payload) = serde_json::from_str::<LambdaRequest>(&renewed) else { return };
        let method = match &payload {
            LambdaRequest::ApiGatewayV1(event) => event.http_method.clone(),
            LambdaRequest::ApiGatewayV2(event) => event.request_context.http.method.clone(),
            _ => return,
        };
        let service = rounds_http::lambda_service(self.functions.routes.clone());
        let response = service.oneshot(LambdaEvent::new(payload, Context::default())).await.unwrap();
        let response = serde_json::to_value(response).unwrap();
        let mut headers = HeaderMap::new();
        for (name, value) in response["headers"].as_object().into_iter().flatten() {
            headers.insert(name.parse::<header::HeaderName>().unwrap(), value.as_str().unwrap().parse().unwrap());
        }
        for (name, values) in response["multiValueHeaders"].as_object().into_iter().flatten() {
            let value = values[0].as_str().unwrap().parse().unwrap();
            headers.insert(name.parse::<header::HeaderName>().unwrap(), value);
        }
        let status = StatusCode::from_u16(response["statusCode"].as_u64().unwrap() as u16).unwrap();
        let body = response["body"].as_str().unwrap_or_default().to_owned();
        // lambda_http does not treat application/jwt as text: it encodes it in Base64, and the gateway decodes it.
        let body = if response["isBase64Encoded"] == true {
            assert_eq!(headers["content-type"], "application/jwt");
            String::from_utf8(BASE64_STANDARD.decode(body).unwrap()).unwrap()
        } else {
            body
        };
        self.judge(event.as_bytes(), &method, Answer { status, headers, body }).await;
    }

    async fn send(&self, request: &str) -> Answer {
        let sent = Sent::read(&self.with_tokens(request.as_bytes()));
        self.answer(self.renewed_request(&sent).unwrap()).await
    }

    async fn answer(&self, request: Request<Body>) -> Answer {
        let response = self.functions.routes.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// Reads the contents of the clinic by its routes; without `all`, only the appointments.
    async fn read(&self, all: bool) -> Vec<String> {
        let others = ["/doctors", "/doctors/2", "/clinic", "/doctors/2/working_hours", "/doctors/2/time_off"];
        let mut contents = Vec::new();
        for path in ["/appointments"].iter().chain(others.iter().filter(|_| all)) {
            let answer = self.send(&format!("GET {path}\nauthorization: Bearer <Admin>")).await;
            // A request may have deactivated the doctor.
            let found = answer.status == 200 || answer.status == 404 && *path == "/doctors/2";
            assert!(found, "a valid request after a hostile one: {}", answer.body);
            contents.push(answer.body);
        }
        contents
    }

    /// Checks the response, and the clinic after it.
    async fn judge(&mut self, sent: &[u8], method: &Method, answer: Answer) {
        let reads = [Method::GET, Method::HEAD, Method::OPTIONS].contains(method);
        let wrote = answer.status.is_success() && !reads;
        let contents = self.read(!reads).await;
        let unchanged = contents == self.contents[..contents.len()];
        if wrote || !unchanged {
            *self = Self { tokens: self.tokens.clone(), ..Box::pin(Self::new()).await };
        }
        judge(sent, method, &answer);
        let signed = self.tokens.iter().any(|token| contains(sent, token));
        let is_public = ["/login", "/register", "/forgot_password"].iter().any(|path| contains(sent, path));
        assert!(!wrote || signed || is_public, "a write without a token");
        assert!(wrote || unchanged, "{} changed the clinic: {contents:?}", answer.status);
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// Checks that a response follows the API contract and exposes no internals.
fn judge(sent: &[u8], method: &Method, answer: &Answer) {
    let Answer { status, headers, body } = answer;
    let header = |name| headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default();
    let documented = [200, 201, 202, 204, 304, 400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 429];
    assert!(documented.contains(&status.as_u16()), "{status}: {body}");
    assert_eq!(header("www-authenticate"), if *status == 401 { "Bearer" } else { "" });
    let allows = *status == 405 || (*status == 204 && method == Method::OPTIONS);
    assert!(!allows || header("allow").contains("OPTIONS"), "{status} without an Allow");
    if method == Method::HEAD || [202, 204, 304].contains(&status.as_u16()) {
        assert_eq!(body, "");
        return;
    }
    if status.is_success() {
        let others = ["application/jwt", "text/html", "text/calendar", "text/plain"];
        let is_other = others.contains(&header("content-type").trim_end_matches("; charset=utf-8"));
        assert!(is_other || serde_json::from_str::<Value>(body).is_ok(), "{status} is not JSON: {body}");
        return;
    }
    assert_eq!(header("content-type"), "application/problem+json", "{status}");
    let problem: Value = serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}"));
    assert!(problem["type"].as_str().is_some_and(|kind| kind.starts_with("/problems/")), "{problem}");
    assert_eq!(problem["status"], status.as_u16());
    for member in ["title", "detail"] {
        assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {problem}");
    }
    assert!(problem["request_id"].is_string(), "{problem}");
    let errors = problem["errors"].as_array();
    let named = problem["type"] == "/problems/invalid-input" || problem["type"] == "/problems/invalid-booking";
    assert_eq!(errors.is_some_and(|errors| !errors.is_empty()), named, "{problem}");
    for error in errors.into_iter().flatten() {
        assert!(error["pointer"].as_str().is_some_and(is_pointer), "{error}");
        assert!(error["detail"].as_str().is_some_and(|text| !text.is_empty()), "{error}");
    }
    for word in INTERNALS {
        assert!(!body.contains(word) || contains(sent, word), "{word}: {body}");
    }
}

/// A JSON Pointer (RFC 6901).
fn is_pointer(text: &str) -> bool {
    let escaped = |part: &str| part.starts_with('0') || part.starts_with('1');
    (text.is_empty() || text.starts_with('/')) && text.split('~').skip(1).all(escaped)
}
