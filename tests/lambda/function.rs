//! A function in several instances, used by asynchronous code, with faults injected while an instance handles
//! an event.

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

/// How long the client of a frozen instance waits.
const CLIENT_TIMEOUT: Duration = Duration::from_secs(4);

/// A function in a number of instances, each started when it is needed, and again when it has
/// ended.
#[derive(Debug)]
pub struct Function {
    idle: Mutex<VecDeque<Slot>>,
    free: Arc<Semaphore>,
}

#[derive(Debug)]
struct Slot {
    program: Program,
    instance: Option<Instance>,
}

/// A fault injected while an instance handles an event, so long after the instance has received it.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// SIGKILL.
    Kill(Duration),
    /// SIGSTOP, and SIGCONT the second time later.
    Freeze(Duration, Duration),
}

/// Why there is no answer: whether the request was handled is not known.
#[derive(Debug)]
pub struct Unanswered(pub String);

/// An instance that nobody else uses meanwhile.
#[derive(Debug)]
pub struct Lease {
    function: Arc<Function>,
    slot: Option<Slot>,
    _permit: OwnedSemaphorePermit,
}

impl Function {
    /// A function in as many instances as there are programs: the same one, perhaps in different
    /// environments.
    pub fn new(programs: impl IntoIterator<Item = Program>) -> Arc<Self> {
        let idle: VecDeque<_> = programs.into_iter().map(|program| Slot { program, instance: None }).collect();
        let free = Arc::new(Semaphore::new(idle.len()));
        Arc::new(Self { idle: Mutex::new(idle), free })
    }

    /// The instance that has been idle for longest; waits for one if all are busy.
    #[allow(clippy::expect_used)]
    pub async fn lease(self: &Arc<Self>) -> Lease {
        let permit = self.free.clone().acquire_owned().await.expect("nobody closes it");
        let slot = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        Lease { function: self.clone(), slot, _permit: permit }
    }

    /// Has an idle instance answer a request.
    ///
    /// # Errors
    /// [`Unanswered`]
    pub async fn invoke(self: &Arc<Self>, request: &Request) -> Result<Answer, Unanswered> {
        self.lease().await.invoke(request, None).await.0
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(slot) = self.slot.take() {
            self.function.idle.lock().unwrap_or_else(PoisonError::into_inner).push_back(slot);
        }
    }
}

impl Lease {
    /// The process of the instance, if it is running.
    pub fn process(&self) -> Option<&Process> {
        self.slot.as_ref()?.instance.as_ref().map(Instance::process)
    }

    /// Ends the instance; the next request starts another.
    pub fn end(&mut self) {
        if let Some(slot) = &mut self.slot {
            slot.instance = None;
        }
    }

    /// Has the instance answer a request, with a fault on the way if one is given; and whether
    /// the fault hit the instance before it had answered.
    ///
    /// # Errors
    /// [`Unanswered`]
    pub async fn invoke(mut self, request: &Request, fault: Option<Fault>) -> (Result<Answer, Unanswered>, bool) {
        let mut instance = match self.hand(request.event()).await {
            Ok(instance) => instance,
            Err(error) => return (Err(Unanswered(error)), false),
        };
        let process = instance.process().clone();
        let may_take = match fault {
            Some(Fault::Freeze(after, lasting)) => after + lasting + TIMEOUT,
            _ => TIMEOUT,
        };
        let mut answering = spawn_blocking(move || {
            let answer = instance.answer(Instant::now() + may_take);
            (answer, instance)
        });
        let Some(fault) = fault else {
            return (self.answered(answering.await), false);
        };
        let (Fault::Kill(after) | Fault::Freeze(after, _)) = fault;
        if let Ok(answer) = timeout(after, &mut answering).await {
            return (self.answered(answer), false);
        }
        match fault {
            Fault::Kill(_) => {
                process.signal(Signal::KILL);
                // It may have answered just before.
                let answer = answering.await.map_err(io::Error::other).and_then(|(answer, _)| answer);
                let hit = answer.is_err();
                (read(answer), hit)
            }
            Fault::Freeze(_, lasting) => {
                process.signal(Signal::STOP);
                // It continues in the background, and is used again when it has answered.
                tokio::spawn(async move {
                    sleep(lasting).await;
                    process.signal(Signal::CONT);
                    // Whoever asked has given up waiting.
                    let _ = self.answered(answering.await);
                });
                sleep(CLIENT_TIMEOUT.min(lasting)).await;
                (Err(Unanswered("the instance was frozen".into())), true)
            }
        }
    }

    /// Hands an event to the instance, which is started if it is not running. One that ended while it was idle
    /// has not received the event: another one gets it.
    async fn hand(&mut self, event: Vec<u8>) -> Result<Instance, String> {
        let Some(Slot { program, instance }) = &mut self.slot else { return Err("there is no instance".into()) };
        let (program, mut idle) = (program.clone(), instance.take());
        let handed = spawn_blocking(move || {
            let mut error = String::new();
            for _ in 0..3 {
                let instance = idle.take().map_or_else(|| Instance::start(&program), Ok);
                match instance.and_then(|mut it| it.hand(&event).map(|()| it).map_err(|error| error.to_string())) {
                    Ok(instance) => return Ok(instance),
                    Err(failed) => error = failed,
                }
            }
            Err(error)
        });
        handed.await.map_err(|error| error.to_string())?
    }

    /// Reads the answer of an instance, and keeps the instance if it has answered.
    fn answered(
        &mut self,
        answer: Result<(io::Result<Vec<u8>>, Instance), tokio::task::JoinError>,
    ) -> Result<Answer, Unanswered> {
        let (answer, instance) = answer.map_err(|error| Unanswered(error.to_string()))?;
        if let (Ok(_), Some(slot)) = (&answer, &mut self.slot) {
            slot.instance = Some(instance);
        }
        read(answer)
    }
}

fn read(answer: io::Result<Vec<u8>>) -> Result<Answer, Unanswered> {
    let answer = answer.map_err(|error| Unanswered(format!("the instance did not answer: {error}")))?;
    Answer::read(&answer).map_err(Unanswered)
}
