use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{self, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
    http::{HeaderMap, HeaderValue, Request, Response, header::CONNECTION},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use rounds_http::{MAX_BODY_BYTES, Problem, RequestContext, source_of_address};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep, timeout_at},
};
use tokio_io_timeout::TimeoutStream;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::{Signals, TrustedProxies, print_line};

/// The maximum number of connections. Further ones wait in the queue of the operating system.
const MAX_CONNECTIONS: usize = 1000;
/// The maximum size of the names and values of a request's headers.
const MAX_HEADER_BYTES: usize = 16 * 1024;
/// The size of the buffer for the request line and the headers. hyper answers 431 without a body if they are larger.
const HEADER_BUFFER_BYTES: usize = 64 * 1024;
/// How long a connection may wait for the headers of the next request.
const HEADER_TIMEOUT: Duration = Duration::from_secs(60);
/// How long the body of a request may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a client may read nothing of a response.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// How long requests in flight may take after a signal to stop.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
/// The time until the next attempt to accept a connection, if the process has no file descriptor left.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// Serves an app over HTTP/1.1, for production: with limits for slow and for large requests, and with a graceful stop.
#[derive(Clone)]
pub struct Server {
    app: Router,
    proxies: Arc<TrustedProxies>,
    /// The requests that are being answered.
    requests: TaskTracker,
}

impl Server {
    /// Returns a server of an [`app`](rounds_http::app).
    pub fn new(app: Router, proxies: TrustedProxies) -> Self {
        Self { app, proxies: Arc::new(proxies), requests: TaskTracker::new() }
    }

    /// Serves until a signal to stop. Then finishes the requests in flight.
    ///
    /// # Errors
    /// If requests had to be cancelled: they took too long, or there was a second signal.
    pub async fn run(self, listener: TcpListener, mut signals: Signals) -> Result<(), String> {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT).max_buf_size(HEADER_BUFFER_BYTES);
        let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let connections = GracefulShutdown::new();
        loop {
            let (stream, address, slot) = tokio::select! {
                () = signals.stop() => break,
                accepted = accept(&listener, &slots) => accepted,
            };
            let server = self.clone();
            let service = service_fn(move |request| server.clone().respond(request, address.ip()));
            let mut stream = TimeoutStream::new(stream);
            stream.set_write_timeout(Some(WRITE_TIMEOUT));
            let connection = connections.watch(http.serve_connection(TokioIo::new(Box::pin(stream)), service));
            tokio::spawn(async move {
                // The client sent something else than HTTP, was too slow, or is gone. There is nobody to answer.
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "a connection ended with an error");
                }
                drop(slot);
            });
        }
        self.requests.close();
        print_line(&format!("stopping; requests in flight: {}", self.requests.len()));
        drop(listener);
        let finished = async {
            connections.shutdown().await;
            self.requests.wait().await;
        };
        tokio::select! {
            () = finished => return Ok(()),
            () = sleep(STOP_TIMEOUT) => {}
            () = signals.stop() => {}
        }
        match self.requests.len() {
            0 => Ok(()),
            count => Err(format!("stopped before all requests were answered; their number: {count}")),
        }
    }

    /// Responds to a request. A client that disconnects does not cancel the request, so a change is not interrupted
    /// between its steps.
    async fn respond(self, request: Request<Incoming>, peer: IpAddr) -> Result<Response<Body>, Infallible> {
        let in_flight = self.requests.token();
        let (request, is_complete) = self.receive(request, peer).await;
        let answer = self.app.oneshot(request);
        let Ok(mut response) = Uninterrupted::new(async move {
            let response = answer.await;
            drop(in_flight);
            response
        })
        .await;
        if !is_complete {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        Ok(response)
    }

    /// Reads a whole request, and adds what the app needs. Returns whether the request could be read.
    async fn receive(&self, request: Request<Incoming>, peer: IpAddr) -> (Request<Body>, bool) {
        let (mut parts, body) = request.into_parts();
        let body = read_body(body).await;
        let body = if header_bytes(&parts.headers) > MAX_HEADER_BYTES {
            Err(Problem::headers_too_large(MAX_HEADER_BYTES))
        } else {
            body
        };
        let source = Some(source_of_address(self.proxies.client(peer, &parts.headers)));
        let request_id = request_id().unwrap_or_else(|problem| {
            parts.extensions.insert(problem);
            String::new()
        });
        parts.extensions.insert(RequestContext { request_id, function: "serve".into(), source });
        match body {
            Ok(bytes) => (Request::from_parts(parts, Body::from(bytes)), true),
            Err(problem) => {
                parts.extensions.insert(problem);
                (Request::from_parts(parts, Body::empty()), false)
            }
        }
    }
}

/// Waits for a slot, and accepts a connection.
async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, Option<OwnedSemaphorePermit>) {
    // The semaphore is never closed, so there is always a slot.
    let slot = slots.clone().acquire_owned().await.ok();
    loop {
        match listener.accept().await.and_then(|(stream, address)| stream.set_nodelay(true).map(|()| (stream, address)))
        {
            Ok((stream, address)) => return (stream, address, slot),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(ACCEPT_RETRY).await;
            }
        }
    }
}

/// A future that is completed even if it is dropped before its end: the rest of it runs in a task of its own then.
struct Uninterrupted<F: Future<Output: Send> + Send + 'static>(Option<Pin<Box<F>>>);

impl<F: Future<Output: Send> + Send> Uninterrupted<F> {
    fn new(future: F) -> Self {
        Self(Some(Box::pin(future)))
    }
}

impl<F: Future<Output: Send> + Send> Future for Uninterrupted<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<F::Output> {
        let Some(future) = &mut self.0 else { return Poll::Pending };
        let polled = future.as_mut().poll(context);
        if polled.is_ready() {
            self.0 = None;
        }
        polled
    }
}

impl<F: Future<Output: Send> + Send> Drop for Uninterrupted<F> {
    fn drop(&mut self) {
        if let Some(rest) = self.0.take()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(rest);
        }
    }
}

/// Reads a body. If it is too large, reads the rest too: a client that is still sending would not see the response.
async fn read_body(mut body: Incoming) -> Result<Bytes, Problem> {
    // Most requests have none. A timer would cost more than all the rest of this function.
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let deadline = Instant::now() + BODY_TIMEOUT;
    match timeout_at(deadline, Limited::new(&mut body, MAX_BODY_BYTES).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let rest = async { while let Some(Ok(_)) = body.frame().await {} };
            // The response is the same if the rest does not arrive in time.
            let _ = timeout_at(deadline, rest).await;
            Err(Problem::content_too_large(MAX_BODY_BYTES))
        }
        Ok(Err(_)) => Err(Problem::malformed("The body cannot be read.")),
        Err(_) => Err(Problem::request_timeout(BODY_TIMEOUT)),
    }
}

fn header_bytes(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum()
}

/// Returns 128 random bits in hexadecimal.
fn request_id() -> Result<String, Problem> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(Problem::internal)?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}
