//! Functions as Lambda runs them: one request at a time, frozen in between if need be, killed
//! without a word, and started again by the next request.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::Stdio,
    sync::Arc,
};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    net::TcpListener,
    process::{Child, ChildStdin},
    sync::{Mutex, mpsc, oneshot},
    task::AbortHandle,
};

use crate::tied::tied;

/// A built function, and what it is started with.
#[derive(Clone, Debug)]
pub struct Program {
    /// Where it is.
    pub path: PathBuf,
    /// Its environment.
    pub variables: Vec<(String, String)>,
}

/// An event on its way through an instance.
struct Invocation {
    event: Bytes,
    received: oneshot::Sender<()>,
    answer: oneshot::Sender<Bytes>,
}

/// Lambda's side of the conversation with one instance.
struct Runtime {
    events: Mutex<mpsc::Receiver<Invocation>>,
    /// To whom the answer goes. One at a time, as on Lambda.
    running: Mutex<Option<oneshot::Sender<Bytes>>>,
}

/// One running copy of a function. Ends when dropped.
#[derive(Debug)]
pub struct Instance {
    child: Child,
    /// It ends when this is closed.
    _tie: Option<ChildStdin>,
    events: mpsc::Sender<Invocation>,
    runtime: AbortHandle,
}

/// An event that an instance has taken, and will answer, unless something happens to it.
#[derive(Debug)]
pub struct Taken {
    answer: oneshot::Receiver<Bytes>,
}

/// The instance ended, and with it what it was at.
#[derive(Debug)]
pub struct Gone;

impl Instance {
    /// Starts one; its output goes to `output`.
    ///
    /// # Errors
    /// What is missing, in a sentence.
    pub async fn start(program: &Program, output: impl Fn() -> Stdio) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("cannot start {}: {error}", program.path.display());
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (events, received) = mpsc::channel(1);
        let runtime = Runtime { events: Mutex::new(received), running: Mutex::default() };
        let routes = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(answered))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(failed_to_answer))
            .with_state(Arc::new(runtime));
        let runtime = tokio::spawn(async move { axum::serve(listener, routes).await }).abort_handle();
        let mut command = tied(&program.path.to_string_lossy());
        command.envs(program.variables.iter().map(|(name, value)| (name, value)));
        command.env("AWS_LAMBDA_RUNTIME_API", address.to_string()).env("AWS_LAMBDA_FUNCTION_NAME", "function");
        command.env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST").env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256");
        command.stdout(output()).stderr(output());
        let mut child = tokio::process::Command::from(command).kill_on_drop(true).spawn().map_err(failed)?;
        let tie = child.stdin.take();
        Ok(Self { child, _tie: tie, events, runtime })
    }

    /// Its process, while it has not ended.
    pub fn process(&self) -> Option<Pid> {
        Pid::from_raw(i32::try_from(self.child.id()?).ok()?)
    }

    /// Sends its process a signal; one that has ended gets none.
    pub fn signal(&self, signal: Signal) {
        if let Some(process) = self.process() {
            // An error means that it has just ended.
            let _ = kill_process(process, signal);
        }
    }

    /// Hands it an event, and waits until it has taken it.
    ///
    /// # Errors
    /// [`Gone`]
    pub async fn hand(&mut self, event: Bytes) -> Result<Taken, Gone> {
        let (received, taken) = oneshot::channel();
        let (answer, answered) = oneshot::channel();
        self.events.send(Invocation { event, received, answer }).await.map_err(|_| Gone)?;
        tokio::select! {
            taken = taken => taken.map_err(|_| Gone)?,
            _ = self.child.wait() => return Err(Gone),
        }
        Ok(Taken { answer: answered })
    }

    /// Waits for its answer to what it has taken.
    ///
    /// # Errors
    /// [`Gone`]
    pub async fn answer(&mut self, taken: &mut Taken) -> Result<Bytes, Gone> {
        tokio::select! {
            biased;
            answer = &mut taken.answer => answer.map_err(|_| Gone),
            _ = self.child.wait() => Err(Gone),
        }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.runtime.abort();
    }
}

async fn next(State(runtime): State<Arc<Runtime>>) -> Response {
    let Some(invocation) = runtime.events.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    *runtime.running.lock().await = Some(invocation.answer);
    // An error means that nobody waits for it any more.
    let _ = invocation.received.send(());
    let deadline = chrono::Utc::now().timestamp_millis() + 10_000;
    let headers = [
        ("lambda-runtime-aws-request-id", "invocation".to_owned()),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:eu-central-1:123456789012:function:function".to_owned(),
        ),
    ];
    (headers, invocation.event).into_response()
}

async fn answered(State(runtime): State<Arc<Runtime>>, Path(_): Path<String>, answer: Bytes) -> StatusCode {
    if let Some(waiting) = runtime.running.lock().await.take() {
        // An error means that nobody waits for it any more.
        let _ = waiting.send(answer);
    }
    StatusCode::ACCEPTED
}

/// What an invocation failed with: there is no answer.
async fn failed_to_answer(State(runtime): State<Arc<Runtime>>, Path(_): Path<String>) -> StatusCode {
    drop(runtime.running.lock().await.take());
    StatusCode::ACCEPTED
}
