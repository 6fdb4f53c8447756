//! A function with several instances, for asynchronous callers. Faults can be injected while an instance handles an
//! event.

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use rustix::process::Signal;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::spawn_blocking,
    time::{sleep, timeout},
};

use crate::{
    gateway::{Answer, Request},
    instance::{Instance, Process, Program, TIMEOUT},
};

/// The timeout of a client whose instance is frozen.
const CLIENT_TIMEOUT: Duration = Duration::from_secs(4);

/// A function with a fixed number of instances. An instance is started when it is needed, and restarted after it has
/// ended.
#[derive(Debug)]
pub struct Function {
    idle: Mutex<VecDeque<Worker>>,
    free: Arc<Semaphore>,
}

/// The program of one instance, and its running process, if any.
#[derive(Debug)]
struct Worker {
    program: Program,
    instance: Option<Instance>,
}

/// A fault injected while an instance handles an event. The first duration is the delay after the instance has received
/// the event.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// Sends SIGKILL.
    Kill(Duration),
    /// Sends SIGSTOP, and SIGCONT after the second duration.
    Freeze(Duration, Duration),
}

/// The reason why there is no response. The instance may or may not have handled the request.
#[derive(Debug)]
pub struct Unanswered(pub String);

/// Exclusive use of one instance. Returns the instance to the function when dropped.
#[derive(Debug)]
pub struct Lease {
    function: Arc<Function>,
    worker: Option<Worker>,
    _permit: OwnedSemaphorePermit,
}

impl Function {
    /// Creates a function with one instance for each program. Usually all are the same program, possibly with different
    /// environments.
    pub fn new(programs: impl IntoIterator<Item = Program>) -> Arc<Self> {
        let idle: VecDeque<_> = programs.into_iter().map(|program| Worker { program, instance: None }).collect();
        let free = Arc::new(Semaphore::new(idle.len()));
        Arc::new(Self { idle: Mutex::new(idle), free })
    }

    /// Leases the instance that has been idle the longest. Waits if all are busy.
    #[allow(clippy::expect_used)]
    pub async fn lease(self: &Arc<Self>) -> Lease {
        let permit = self.free.clone().acquire_owned().await.expect("the semaphore is never closed");
        let worker = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        Lease { function: self.clone(), worker, _permit: permit }
    }

    /// Sends a request to an idle instance. Returns the response.
    ///
    /// # Errors
    /// [`Unanswered`]
    pub async fn invoke(self: &Arc<Self>, request: &Request) -> Result<Answer, Unanswered> {
        self.lease().await.invoke(request, None).await.0
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(worker) = self.worker.take() {
            self.function.idle.lock().unwrap_or_else(PoisonError::into_inner).push_back(worker);
        }
    }
}

impl Lease {
    /// The process of the instance, if it is running.
    pub fn process(&self) -> Option<&Process> {
        self.worker.as_ref()?.instance.as_ref().map(Instance::process)
    }

    /// Stops the instance. The next request starts a new one.
    pub fn end(&mut self) {
        if let Some(worker) = &mut self.worker {
            worker.instance = None;
        }
    }

    /// Sends a request to the instance and injects the fault, if one is given. Returns the response, and whether the
    /// fault was injected before the response.
    ///
    /// # Errors
    /// [`Unanswered`]
    pub async fn invoke(mut self, request: &Request, fault: Option<Fault>) -> (Result<Answer, Unanswered>, bool) {
        let mut instance = match self.send_event(request.event()).await {
            Ok(instance) => instance,
            Err(error) => return (Err(Unanswered(error)), false),
        };
        let process = instance.process().clone();
        let limit = match fault {
            Some(Fault::Freeze(after, lasting)) => after + lasting + TIMEOUT,
            _ => TIMEOUT,
        };
        let mut response = spawn_blocking(move || {
            let answer = instance.response(Instant::now() + limit);
            (answer, instance)
        });
        let Some(fault) = fault else {
            return (self.complete(response.await), false);
        };
        let (Fault::Kill(after) | Fault::Freeze(after, _)) = fault;
        if let Ok(answer) = timeout(after, &mut response).await {
            return (self.complete(answer), false);
        }
        match fault {
            Fault::Kill(_) => {
                process.signal(Signal::KILL);
                // The instance may have responded just before the signal.
                let answer = response.await.map_err(io::Error::other).and_then(|(answer, _)| answer);
                let hit = answer.is_err();
                (read(answer), hit)
            }
            Fault::Freeze(_, lasting) => {
                process.signal(Signal::STOP);
                // The instance continues in the background. It is used again after its response.
                tokio::spawn(async move {
                    sleep(lasting).await;
                    process.signal(Signal::CONT);
                    // The client has already timed out, so the response is not needed.
                    let _ = self.complete(response.await);
                });
                sleep(CLIENT_TIMEOUT.min(lasting)).await;
                (Err(Unanswered("the instance was frozen".into())), true)
            }
        }
    }

    /// Sends an event to the instance. Starts the instance if it is not running. If the instance ended while it was
    /// idle, it has not received the event, so the event is sent to a new instance.
    async fn send_event(&mut self, event: Vec<u8>) -> Result<Instance, String> {
        let Some(Worker { program, instance }) = &mut self.worker else { return Err("there is no instance".into()) };
        let (program, mut idle) = (program.clone(), instance.take());
        let sent = spawn_blocking(move || {
            let mut error = String::new();
            for _ in 0..3 {
                let instance = idle.take().map_or_else(|| Instance::start(&program), Ok);
                let sent = |mut instance: Instance| instance.send_event(&event).map(|()| instance);
                match instance.and_then(|instance| sent(instance).map_err(|error| error.to_string())) {
                    Ok(instance) => return Ok(instance),
                    Err(failed) => error = failed,
                }
            }
            Err(error)
        });
        sent.await.map_err(|error| error.to_string())?
    }

    /// Parses the response of an instance. Keeps the instance for the next request if it has responded.
    fn complete(
        &mut self,
        answer: Result<(io::Result<Vec<u8>>, Instance), tokio::task::JoinError>,
    ) -> Result<Answer, Unanswered> {
        let (answer, instance) = answer.map_err(|error| Unanswered(error.to_string()))?;
        if let (Ok(_), Some(worker)) = (&answer, &mut self.worker) {
            worker.instance = Some(instance);
        }
        read(answer)
    }
}

fn read(answer: io::Result<Vec<u8>>) -> Result<Answer, Unanswered> {
    let answer = answer.map_err(|error| Unanswered(format!("the instance did not respond: {error}")))?;
    Answer::read(&answer).map_err(Unanswered)
}
