//! One instance of a function, and the runtime API of Lambda for it
//! (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>). The code is synchronous: one thread writes an event
//! and waits for the response. This adds little of the harness to the times that the benchmark measures.

use std::{
    io::{self, BufReader},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    os::fd::OwnedFd,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal},
};

use crate::{
    Answer, Request,
    http::{self, Message},
};

/// The timeout of a function. It is the same as `Timeout` in `template.yaml`.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);
/// The timeout for a process that may be slower than a function, for example because it runs under valgrind.
const SLOW_TIMEOUT: Duration = Duration::from_secs(60);

/// The program of an instance.
#[derive(Clone, Debug)]
pub struct Program {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// The complete environment, except for the variables of Lambda.
    pub variables: Vec<(String, String)>,
}

/// The process of an instance. Other threads can send signals to it while the instance handles an event. It has a file
/// descriptor of the process (pidfd), so a reused process id cannot receive the signal.
#[derive(Clone, Debug)]
pub struct Process {
    /// The process id.
    pub id: Pid,
    fd: Arc<OwnedFd>,
}

/// One running instance of a function. Killed when dropped.
#[derive(Debug)]
pub struct Instance {
    child: Child,
    process: Process,
    listener: TcpListener,
    connections: Vec<BufReader<TcpStream>>,
    /// The index of the connection on which the instance waits for an event. `None` if it does not wait.
    polling: Option<usize>,
    invocations: u64,
    /// The time from the start of the process to its first request for an event.
    pub started_in: Duration,
}

impl Process {
    /// Returns the process with an id. It must be a child of this process that was not waited for.
    ///
    /// # Errors
    /// If there is no such process.
    pub fn of(id: u32) -> io::Result<Self> {
        let id = i32::try_from(id).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidInput)?;
        Ok(Self { id, fd: Arc::new(pidfd_open(id, PidfdFlags::empty())?) })
    }

    /// Sends a signal. Does nothing if the process has ended.
    pub fn signal(&self, signal: Signal) {
        // An error means that it has ended.
        let _ = pidfd_send_signal(&self.fd, signal);
    }
}

impl Instance {
    /// Starts an instance and waits until it requests an event. Its log is discarded.
    ///
    /// # Errors
    /// A sentence that says what went wrong.
    pub fn start(program: &Program) -> Result<Self, String> {
        Self::with_log(program, Stdio::null())
    }

    /// Like [`Instance::start`], but the log goes to `stdout`.
    ///
    /// # Errors
    /// A sentence that says what went wrong.
    pub fn with_log(program: &Program, stdout: Stdio) -> Result<Self, String> {
        Self::try_start(program, stdout).map_err(|error| format!("{}: {error}", program.command.join(" ")))
    }

    fn try_start(program: &Program, stdout: Stdio) -> io::Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.local_addr()?.to_string();
        let [path, arguments @ ..] = &program.command[..] else { return Err(io::ErrorKind::InvalidInput.into()) };
        let mut command = Command::new(path);
        command.args(arguments).env_clear().envs(program.variables.iter().cloned());
        command.env("AWS_LAMBDA_RUNTIME_API", address).env("AWS_LAMBDA_FUNCTION_NAME", "function");
        command.env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST").env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256");
        // The pipe closes when this process ends. A program that was started by `rounds_local::tied` then ends too.
        command.stdin(Stdio::piped()).stdout(stdout);
        let started = Instant::now();
        let mut child = command.spawn()?;
        let process = match Process::of(child.id()) {
            Ok(process) => process,
            Err(error) => {
                child.kill()?;
                return Err(error);
            }
        };
        let (connections, started_in) = (Vec::new(), Duration::ZERO);
        let mut instance = Self { child, process, listener, connections, polling: None, invocations: 0, started_in };
        instance.poll(started + SLOW_TIMEOUT)?;
        instance.started_in = started.elapsed();
        Ok(instance)
    }

    /// Its process.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Sends a request to the instance. Returns the response and the time that it took.
    ///
    /// # Errors
    /// A sentence that says what went wrong.
    pub fn send_request(&mut self, request: &Request) -> Result<(Answer, Duration), String> {
        let (answer, elapsed) = self.invoke(&request.event()).map_err(|error| format!("{}: {error}", request.path))?;
        Ok((Answer::read(&answer)?, elapsed))
    }

    /// Sends an event to the instance and waits until the instance is idle again. Returns the response and the time that
    /// it took.
    ///
    /// # Errors
    /// If the instance does not respond, or reports an error.
    pub fn invoke(&mut self, event: &[u8]) -> io::Result<(Vec<u8>, Duration)> {
        let deadline = Instant::now() + SLOW_TIMEOUT;
        self.poll(deadline)?;
        let started = Instant::now();
        self.send(event)?;
        let (from, answer) = self.next_request(deadline)?;
        let elapsed = started.elapsed();
        let answer = self.accept(from, answer)?;
        self.poll(deadline)?;
        Ok((answer, elapsed))
    }

    /// Sends an event to the instance, without waiting for the response. If this fails, the instance has not begun to
    /// handle the event.
    pub(crate) fn send_event(&mut self, event: &[u8]) -> io::Result<()> {
        self.poll(Instant::now() + TIMEOUT)?;
        if self.child.try_wait()?.is_some() {
            return Err(io::Error::other("the instance has ended"));
        }
        self.send(event)
    }

    /// Waits for the response to the last event.
    pub(crate) fn response(&mut self, deadline: Instant) -> io::Result<Vec<u8>> {
        let (from, answer) = self.next_request(deadline)?;
        self.accept(from, answer)
    }

    /// The invocation id of the last event. No other instance has the same.
    pub fn invocation(&self) -> String {
        format!("invocation-{}-{}", self.child.id(), self.invocations)
    }

    fn send(&mut self, event: &[u8]) -> io::Result<()> {
        let Some(polling) = self.polling.take() else {
            return Err(io::Error::other("the instance does not wait for an event"));
        };
        self.invocations += 1;
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nlambda-runtime-aws-request-id: {}\r\n\
             lambda-runtime-deadline-ms: {}\r\nlambda-runtime-invoked-function-arn: \
             arn:aws:lambda:eu-central-1:123456789012:function:function\r\n",
            self.invocation(),
            chrono::Utc::now().timestamp_millis() + TIMEOUT.as_millis() as i64
        );
        http::write(self.connections[polling].get_mut(), &head, event)
    }

    fn accept(&mut self, from: usize, answer: Message) -> io::Result<Vec<u8>> {
        if !answer.first_line().contains("/response ") {
            return Err(io::Error::other(format!("the function failed: {}", String::from_utf8_lossy(&answer.body))));
        }
        // An error means that the instance ended after its response. The next event will fail then.
        let _ = http::write(self.connections[from].get_mut(), "HTTP/1.1 202 Accepted\r\n", b"");
        Ok(answer.body)
    }

    /// Waits until the instance requests an event.
    fn poll(&mut self, deadline: Instant) -> io::Result<()> {
        if self.polling.is_none() {
            let (from, request) = self.next_request(deadline)?;
            if !request.first_line().contains("/invocation/next ") {
                let message = format!("the instance requested {} instead of an event", request.first_line());
                return Err(io::Error::other(message));
            }
            self.polling = Some(from);
        }
        Ok(())
    }

    /// Reads the next request of the instance. Returns the index of its connection and the request.
    fn next_request(&mut self, deadline: Instant) -> io::Result<(usize, Message)> {
        loop {
            let mut waiting: Vec<_> =
                self.connections.iter().map(|connection| PollFd::new(connection.get_ref(), PollFlags::IN)).collect();
            waiting.push(PollFd::new(&self.listener, PollFlags::IN));
            // Readable once the process has ended. It comes last, because a response on a connection has priority.
            waiting.push(PollFd::new(&*self.process.fd, PollFlags::IN));
            let remaining = deadline.saturating_duration_since(Instant::now());
            let remaining = Timespec::try_from(remaining).map_err(|_| io::ErrorKind::InvalidInput)?;
            match poll(&mut waiting, Some(&remaining)) {
                Ok(0) => return Err(io::ErrorKind::TimedOut.into()),
                Ok(_) => {}
                Err(Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            }
            let ready = waiting.iter().position(|waiting| !waiting.revents().is_empty()).unwrap_or_default();
            if ready == self.connections.len() {
                let (connection, _) = self.listener.accept()?;
                connection.set_nodelay(true)?;
                self.connections.push(BufReader::new(connection));
                continue;
            }
            let Some(connection) = self.connections.get_mut(ready) else {
                return Err(io::Error::other(format!("the instance has ended ({})", self.child.wait()?)));
            };
            match Message::read(connection)? {
                Some(request) => return Ok((ready, request)),
                None => drop(self.connections.remove(ready)),
            }
        }
    }

    /// Sends SIGTERM and waits until the process has ended.
    ///
    /// # Errors
    /// A sentence that says what went wrong.
    pub fn end(mut self) -> Result<(), String> {
        self.process.signal(Signal::TERM);
        self.child.wait().map(drop).map_err(|error| error.to_string())
    }

    /// The resident memory of the process in bytes.
    ///
    /// # Errors
    /// If the system does not report it.
    pub fn resident_bytes(&self) -> Result<u64, String> {
        resident_bytes(self.child.id())
    }
}

/// Returns the resident memory of a process in bytes (`VmRSS` in proc(5)).
///
/// # Errors
/// If the system does not report it.
pub fn resident_bytes(process: u32) -> Result<u64, String> {
    let path = format!("/proc/{process}/status");
    let status = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")).and_then(|size| size.parse().ok());
    kibibytes.map(|size: u64| size * 1024).ok_or_else(|| format!("{path} contains no VmRSS"))
}

impl Drop for Instance {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
