//! A stand-in for Secrets Manager, with the secrets of some stacks. It has the rules of its API that matter to
//! `migrate` (<https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html>).

use std::{
    collections::BTreeMap,
    sync::{Arc, Barrier, Mutex},
};

use lambda::http::Message;

use super::aws::start_server;
use crate::support::{Value, json};

/// The only secrets that a role of `migrate` may change.
pub(super) const KEYS: [&str; 2] = ["signing-key", "public-keys"];

pub(super) struct SecretsManager {
    pub(super) url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// By name, with the token and the value of each version. The last one is the present one.
    secrets: BTreeMap<String, Vec<(String, String)>>,
    requests: Vec<Message>,
    faults: Vec<Fault>,
}

/// What happens to the next request with this action for this secret.
pub(super) struct Fault {
    pub(super) action: &'static str,
    pub(super) secret: &'static str,
    pub(super) effect: Effect,
}

pub(super) enum Effect {
    /// It is refused with this status and this error.
    Refuse(u16, &'static str),
    /// It gets no response.
    Stall,
    /// It waits until another request is at the same barrier.
    Wait(Arc<Barrier>),
}

/// Returns the id of a secret: its ARN.
pub(super) fn arn(stack: &str, secret: &str) -> String {
    format!("arn:aws:secretsmanager:eu-central-1:123456789012:secret:{stack}-{secret}-AbCdEf")
}

impl SecretsManager {
    /// Starts it with the secrets of these stacks. Those of the keys have no value.
    pub(super) fn start(stacks: &[&str]) -> Self {
        let mut secrets = BTreeMap::new();
        for stack in stacks {
            secrets.insert(arn(stack, "database-token"), vec![(String::new(), "a database token".to_owned())]);
            secrets.extend(KEYS.map(|key| (arn(stack, key), Vec::new())));
        }
        let state = Arc::new(Mutex::new(State { secrets, ..State::default() }));
        let shared = state.clone();
        let url = start_server(move |request| {
            let fault = shared.lock().unwrap().record(&request);
            match fault {
                Some(Effect::Refuse(status, error)) => (status, error_body(error)),
                Some(Effect::Stall) => loop {
                    std::thread::park();
                },
                Some(Effect::Wait(barrier)) => {
                    let response = shared.lock().unwrap().respond(&request);
                    barrier.wait();
                    response
                }
                None => shared.lock().unwrap().respond(&request),
            }
        });
        Self { url, state }
    }

    /// Adds a fault for one request.
    pub(super) fn inject(&self, fault: Fault) {
        self.state.lock().unwrap().faults.push(fault);
    }

    /// Refuses the next request with this action for this secret.
    pub(super) fn refuse(&self, action: &'static str, secret: &'static str, status: u16, error: &'static str) {
        self.inject(Fault { action, secret, effect: Effect::Refuse(status, error) });
    }

    /// Returns the present value of a secret.
    pub(super) fn value(&self, stack: &str, secret: &str) -> Option<String> {
        self.state.lock().unwrap().secrets[&arn(stack, secret)].last().map(|(_, value)| value.clone())
    }

    /// Stores a value, as an operator does.
    pub(super) fn store(&self, stack: &str, secret: &str, value: &str) {
        let mut state = self.state.lock().unwrap();
        let versions = state.secrets.get_mut(&arn(stack, secret)).unwrap();
        versions.push((format!("operator-{}", versions.len()), value.to_owned()));
    }

    /// Returns the requests until now.
    pub(super) fn requests(&self) -> Vec<Message> {
        self.state.lock().unwrap().requests.clone()
    }

    /// Returns the number of requests with an action until now.
    pub(super) fn count(&self, action: &str) -> usize {
        self.requests().iter().filter(|request| self::action(request) == action).count()
    }
}

fn action(request: &Message) -> &str {
    request.header("x-amz-target").unwrap().strip_prefix("secretsmanager.").unwrap()
}

fn body(request: &Message) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

/// The message contains what was sent, as some of AWS's do.
fn error_body(error: &str) -> Value {
    json!({ "__type": error, "Message": "PRIVATE KEY" })
}

impl State {
    /// Records a request, and returns its fault.
    fn record(&mut self, request: &Message) -> Option<Effect> {
        self.requests.push(request.clone());
        let (action, body) = (action(request), body(request));
        let id = body["SecretId"].as_str().unwrap();
        let is_for = |fault: &Fault| fault.action == action && id.contains(&format!("-{}-", fault.secret));
        let index = self.faults.iter().position(is_for)?;
        Some(self.faults.remove(index).effect)
    }

    fn respond(&mut self, request: &Message) -> (u16, Value) {
        let body = body(request);
        let (id, text) = (body["SecretId"].as_str().unwrap(), |name: &str| body[name].as_str().unwrap().to_owned());
        let refuse = |error| (400, error_body(error));
        let Some(versions) = self.secrets.get_mut(id) else { return refuse("ResourceNotFoundException") };
        if action(request) == "GetSecretValue" {
            return match versions.last() {
                Some((token, value)) => (200, json!({ "ARN": id, "VersionId": token, "SecretString": value })),
                None => refuse("ResourceNotFoundException"),
            };
        }
        if !KEYS.iter().any(|key| id.contains(&format!("-{key}-"))) {
            return refuse("AccessDeniedException");
        }
        let (token, value) = (text("ClientRequestToken"), text("SecretString"));
        if !(32..=64).contains(&token.len()) {
            return refuse("InvalidParameterException");
        }
        match versions.iter().find(|(existing, _)| *existing == token) {
            Some((_, existing)) if *existing != value => return refuse("ResourceExistsException"),
            Some(_) => {}
            None => versions.push((token.clone(), value)),
        }
        (200, json!({ "ARN": id, "VersionId": token }))
    }
}
