//! A function as Lambda runs it, with a clock beside it: one thread that does nothing but hand over
//! an event and wait for the answer.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::{
    io::{self, BufReader},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rounds_local::{Answer, Request};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    process::{Pid, Signal, kill_process},
};

use crate::http::{self, Message};

/// How long a function may take: what the template says.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often to look whether it has ended meanwhile.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };

/// What an instance is started with: a program, its arguments and its environment.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    /// The program, and its arguments.
    pub(crate) command: Vec<String>,
    /// Its environment, and nothing but it.
    pub(crate) variables: Vec<(String, String)>,
}

/// One running copy of a function, which waits for an event. Killed when dropped.
#[derive(Debug)]
pub(crate) struct Instance {
    child: Child,
    listener: TcpListener,
    connections: Vec<BufReader<TcpStream>>,
    /// The connection on which it has asked for an event.
    polling: usize,
    /// From the start of its process until it asked for the first event.
    pub(crate) started_in: Duration,
}

impl Instance {
    /// Starts one, and waits until it asks for an event.
    ///
    /// # Errors
    /// What went wrong, in a sentence.
    pub(crate) fn start(program: &Program) -> Result<Self, String> {
        Self::begin(program).map_err(|error| format!("{}: {error}", program.command.join(" ")))
    }

    fn begin(program: &Program) -> io::Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.local_addr()?.to_string();
        let [path, arguments @ ..] = &program.command[..] else { return Err(io::ErrorKind::InvalidInput.into()) };
        let mut command = Command::new(path);
        command.args(arguments).env_clear().envs(program.variables.iter().cloned());
        command.env("AWS_LAMBDA_RUNTIME_API", address).env("AWS_LAMBDA_FUNCTION_NAME", "function");
        command.env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST").env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256");
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let begun = Instant::now();
        let child = command.spawn()?;
        let mut instance = Self { child, listener, connections: Vec::new(), polling: 0, started_in: Duration::ZERO };
        instance.polled()?;
        instance.started_in = begun.elapsed();
        Ok(instance)
    }

    /// Hands it a request; its answer, and how long that took.
    ///
    /// # Errors
    /// What went wrong, in a sentence.
    pub(crate) fn ask(&mut self, request: &Request) -> Result<(Answer, Duration), String> {
        let event = request.event();
        let (answer, took) = self.invoke(&event).map_err(|error| format!("{}: {error}", request.path))?;
        Ok((Answer::read(&answer)?, took))
    }

    /// Hands it an event; its answer, and how long that took.
    pub(crate) fn invoke(&mut self, event: &[u8]) -> io::Result<(Vec<u8>, Duration)> {
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nlambda-runtime-aws-request-id: invocation\r\n\
             lambda-runtime-deadline-ms: {}\r\nlambda-runtime-invoked-function-arn: \
             arn:aws:lambda:eu-central-1:123456789012:function:function\r\n",
            chrono::Utc::now().timestamp_millis() + 10_000
        );
        let begun = Instant::now();
        http::write(self.connections[self.polling].get_mut(), &head, event)?;
        let (from, answer) = self.next_request()?;
        let took = begun.elapsed();
        http::write(self.connections[from].get_mut(), "HTTP/1.1 202 Accepted\r\n", b"")?;
        if !answer.first_line().contains("/response ") {
            return Err(io::Error::other(format!("no answer, but {}", String::from_utf8_lossy(&answer.body))));
        }
        self.polled()?;
        Ok((answer.body, took))
    }

    /// Waits until it asks for an event.
    fn polled(&mut self) -> io::Result<()> {
        let (from, request) = self.next_request()?;
        self.polling = from;
        match request.first_line().contains("/invocation/next ") {
            true => Ok(()),
            false => Err(io::Error::other(format!("it does not ask for an event, but {}", request.first_line()))),
        }
    }

    /// Its next request, and on which connection that came.
    fn next_request(&mut self) -> io::Result<(usize, Message)> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut waiting: Vec<_> =
                self.connections.iter().map(|connection| PollFd::new(connection.get_ref(), PollFlags::IN)).collect();
            waiting.push(PollFd::new(&self.listener, PollFlags::IN));
            match poll(&mut waiting, Some(&LOOK)) {
                Ok(0) => match self.child.try_wait()? {
                    Some(status) => return Err(io::Error::other(format!("it has ended ({status})"))),
                    None if Instant::now() > deadline => return Err(io::ErrorKind::TimedOut.into()),
                    None => continue,
                },
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
            match Message::read(&mut self.connections[ready])? {
                Some(request) => return Ok((ready, request)),
                None if self.connections.len() == 1 => return Err(io::Error::other("it has ended")),
                None => drop(self.connections.remove(ready)),
            }
        }
    }

    /// Ends it by SIGTERM, and waits until it has ended.
    ///
    /// # Errors
    /// What went wrong, in a sentence.
    pub(crate) fn end(mut self) -> Result<(), String> {
        let process = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).ok_or("it has no process")?;
        kill_process(process, Signal::TERM).map_err(|error| error.to_string())?;
        self.child.wait().map(drop).map_err(|error| error.to_string())
    }

    /// The memory of its process that is in use: `VmRSS` of proc(5), in bytes.
    ///
    /// # Errors
    /// Where the system does not tell.
    pub(crate) fn resident_bytes(&self) -> Result<u64, String> {
        let path = format!("/proc/{}/status", self.child.id());
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
