//! One instance of a function. The code is synchronous, so that the benchmark measures as little of the harness
//! as possible: one thread writes an event and waits for the answer.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

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

/// How long a function may take: the limit in the template.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);
/// When to give up waiting for a process that may be slow for a reason of its own, such as valgrind.
const HUNG: Duration = Duration::from_secs(60);

/// What an instance is started with.
#[derive(Clone, Debug)]
pub struct Program {
    /// The program, and its arguments.
    pub command: Vec<String>,
    /// Its whole environment, apart from what Lambda sets.
    pub variables: Vec<(String, String)>,
}

/// The process of an instance. It can be signalled from elsewhere while the instance handles an event; the
/// process id cannot be another program's meanwhile.
#[derive(Clone, Debug)]
pub struct Process {
    /// Its process id.
    pub id: Pid,
    fd: Arc<OwnedFd>,
}

/// One running copy of a function. Killed when dropped.
#[derive(Debug)]
pub struct Instance {
    child: Child,
    process: Process,
    listener: TcpListener,
    connections: Vec<BufReader<TcpStream>>,
    /// The connection on which it waits for an event, while it does.
    polling: Option<usize>,
    invocations: u64,
    /// From the start of its process until it asked for the first event.
    pub started_in: Duration,
}

impl Process {
    /// Sends a signal. A process that has ended ignores it.
    pub fn signal(&self, signal: Signal) {
        // An error means that it has ended.
        let _ = pidfd_send_signal(&self.fd, signal);
    }
}

impl Instance {
    /// Starts one, and waits until it asks for an event. Its log is thrown away.
    ///
    /// # Errors
    /// What went wrong, in a sentence.
    pub fn start(program: &Program) -> Result<Self, String> {
        Self::with_log(program, Stdio::null())
    }

    /// Starts one whose log goes to `stdout`.
    ///
    /// # Errors
    /// What went wrong, in a sentence.
    pub fn with_log(program: &Program, stdout: Stdio) -> Result<Self, String> {
        Self::begin(program, stdout).map_err(|error| format!("{}: {error}", program.command.join(" ")))
    }

    fn begin(program: &Program, stdout: Stdio) -> io::Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.local_addr()?.to_string();
        let [path, arguments @ ..] = &program.command[..] else { return Err(io::ErrorKind::InvalidInput.into()) };
        let mut command = Command::new(path);
        command.args(arguments).env_clear().envs(program.variables.iter().cloned());
        command.env("AWS_LAMBDA_RUNTIME_API", address).env("AWS_LAMBDA_FUNCTION_NAME", "function");
        command.env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST").env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256");
        // A pipe, which closes when this process ends: `rounds_local::tied` then ends the function too.
        command.stdin(Stdio::piped()).stdout(stdout);
        let begun = Instant::now();
        let mut child = command.spawn()?;
        let process = match process(&child) {
            Ok(process) => process,
            Err(error) => {
                child.kill()?;
                return Err(error);
            }
        };
        let (connections, started_in) = (Vec::new(), Duration::ZERO);
        let mut instance = Self { child, process, listener, connections, polling: None, invocations: 0, started_in };
        instance.poll(begun + HUNG)?;
        instance.started_in = begun.elapsed();
        Ok(instance)
    }

    /// Its process.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Hands it a request; its answer, and how long that took.
    ///
    /// # Errors
    /// What went wrong, in a sentence.
    pub fn ask(&mut self, request: &Request) -> Result<(Answer, Duration), String> {
        let (answer, took) = self.invoke(&request.event()).map_err(|error| format!("{}: {error}", request.path))?;
        Ok((Answer::read(&answer)?, took))
    }

    /// Hands it an event; its answer, and how long that took. It is idle again afterwards.
    ///
    /// # Errors
    /// What went wrong.
    pub fn invoke(&mut self, event: &[u8]) -> io::Result<(Vec<u8>, Duration)> {
        let deadline = Instant::now() + HUNG;
        self.poll(deadline)?;
        let begun = Instant::now();
        self.send(event)?;
        let (from, answer) = self.next_request(deadline)?;
        let took = begun.elapsed();
        let answer = self.accept(from, answer)?;
        self.poll(deadline)?;
        Ok((answer, took))
    }

    /// Hands it an event. If this fails, the instance has not begun to handle it.
    pub(crate) fn hand(&mut self, event: &[u8]) -> io::Result<()> {
        self.poll(Instant::now() + TIMEOUT)?;
        if self.child.try_wait()?.is_some() {
            return Err(io::Error::other("it has ended"));
        }
        self.send(event)
    }

    /// Waits for its answer to the event that it was handed.
    pub(crate) fn answer(&mut self, deadline: Instant) -> io::Result<Vec<u8>> {
        let (from, answer) = self.next_request(deadline)?;
        self.accept(from, answer)
    }

    /// The id of the latest event, as Lambda would call the invocation.
    pub fn invocation(&self) -> String {
        format!("invocation-{}", self.invocations)
    }

    fn send(&mut self, event: &[u8]) -> io::Result<()> {
        let Some(polling) = self.polling.take() else { return Err(io::Error::other("it does not ask for an event")) };
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
            return Err(io::Error::other(format!("no answer, but {}", String::from_utf8_lossy(&answer.body))));
        }
        // An error means that it ended after its answer: the next event finds that out.
        let _ = http::write(self.connections[from].get_mut(), "HTTP/1.1 202 Accepted\r\n", b"");
        Ok(answer.body)
    }

    /// Waits until it asks for an event.
    fn poll(&mut self, deadline: Instant) -> io::Result<()> {
        if self.polling.is_none() {
            let (from, request) = self.next_request(deadline)?;
            if !request.first_line().contains("/invocation/next ") {
                return Err(io::Error::other(format!("it does not ask for an event, but {}", request.first_line())));
            }
            self.polling = Some(from);
        }
        Ok(())
    }

    /// Its next request, and on which connection that came.
    fn next_request(&mut self, deadline: Instant) -> io::Result<(usize, Message)> {
        loop {
            let mut waiting: Vec<_> =
                self.connections.iter().map(|connection| PollFd::new(connection.get_ref(), PollFlags::IN)).collect();
            waiting.push(PollFd::new(&self.listener, PollFlags::IN));
            // Readable once the process has ended. Last, since it may have answered before.
            waiting.push(PollFd::new(&*self.process.fd, PollFlags::IN));
            let left = deadline.saturating_duration_since(Instant::now());
            let left = Timespec::try_from(left).map_err(|_| io::ErrorKind::InvalidInput)?;
            match poll(&mut waiting, Some(&left)) {
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
                return Err(io::Error::other(format!("it has ended ({})", self.child.wait()?)));
            };
            match Message::read(connection)? {
                Some(request) => return Ok((ready, request)),
                None => drop(self.connections.remove(ready)),
            }
        }
    }

    /// Ends it by SIGTERM, and waits until it has ended.
    ///
    /// # Errors
    /// What went wrong, in a sentence.
    pub fn end(mut self) -> Result<(), String> {
        self.process.signal(Signal::TERM);
        self.child.wait().map(drop).map_err(|error| error.to_string())
    }

    /// The memory of its process that is in use: `VmRSS` of proc(5), in bytes.
    ///
    /// # Errors
    /// Where the system does not tell.
    pub fn resident_bytes(&self) -> Result<u64, String> {
        let path = format!("/proc/{}/status", self.process.id);
        let status = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")).and_then(|size| size.parse().ok());
        kibibytes.map(|size: u64| size * 1024).ok_or_else(|| format!("{path} does not tell VmRSS"))
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn process(child: &Child) -> io::Result<Process> {
    let id = i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidInput)?;
    Ok(Process { id, fd: Arc::new(pidfd_open(id, PidfdFlags::empty())?) })
}
