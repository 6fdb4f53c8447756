use std::{
    collections::VecDeque,
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rustix::process::Signal;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};

use crate::{
    gateway::{Answer, Request},
    lambda::{Instance, Program},
};

/// How long a function may take: what the template says.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the client of a frozen instance waits.
const CLIENT_PATIENCE: Duration = Duration::from_secs(4);

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

/// What befalls an instance while it is at an event, so long after it has taken it.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// SIGKILL.
    Kill(Duration),
    /// SIGSTOP, and SIGCONT the second time later.
    Freeze(Duration, Duration),
}

/// Why there is no answer: whether the request was dealt with is not known.
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
    /// The instance, if it is running.
    pub fn instance(&self) -> Option<&Instance> {
        self.slot.as_ref()?.instance.as_ref()
    }

    /// Ends the instance; the next request starts another.
    pub fn end(&mut self) {
        if let Some(slot) = &mut self.slot {
            slot.instance = None;
        }
    }

    /// Has the instance answer a request, with a fault on the way if one is given; and whether
    /// that hit it before it had answered.
    ///
    /// # Errors
    /// [`Unanswered`]
    pub async fn invoke(mut self, request: &Request, fault: Option<Fault>) -> (Result<Answer, Unanswered>, bool) {
        let unanswered = |reason: &str| Err(Unanswered(reason.to_owned()));
        let Some(slot) = &mut self.slot else { return (unanswered("there is no instance"), false) };
        let event = request.event();
        // One that ended while it was idle has not taken the event: another one gets it.
        let mut attempts = 0;
        let (mut instance, mut taken) = loop {
            let mut instance = match slot.instance.take() {
                Some(instance) => instance,
                None => match Instance::start(&slot.program, Stdio::null).await {
                    Ok(instance) => instance,
                    Err(error) => return (Err(Unanswered(error)), false),
                },
            };
            match timeout(PATIENCE, instance.hand(event.clone())).await {
                Ok(Ok(taken)) => break (instance, taken),
                _ if attempts == 2 => return (unanswered("the instance does not start"), false),
                _ => attempts += 1,
            }
        };
        let answer = match fault {
            None => timeout(PATIENCE, instance.answer(&mut taken)).await.ok(),
            Some(Fault::Kill(after) | Fault::Freeze(after, _)) => {
                timeout(after, instance.answer(&mut taken)).await.ok()
            }
        };
        let read = |answer: &[u8]| Answer::read(answer).map_err(Unanswered);
        match (answer, fault) {
            (Some(Ok(answer)), _) => {
                slot.instance = Some(instance);
                (read(&answer), false)
            }
            (Some(Err(_)), _) => (unanswered("the instance ended"), false),
            (None, None) => (unanswered("the function timed out"), false),
            (None, Some(Fault::Kill(_))) => {
                instance.signal(Signal::KILL);
                (unanswered("the instance was killed"), true)
            }
            (None, Some(Fault::Freeze(_, lasting))) => {
                instance.signal(Signal::STOP);
                // It goes on in the background, and is of use again when it has answered.
                tokio::spawn(async move {
                    sleep(lasting).await;
                    instance.signal(Signal::CONT);
                    if let (Ok(Ok(_)), Some(slot)) =
                        (timeout(PATIENCE, instance.answer(&mut taken)).await, &mut self.slot)
                    {
                        slot.instance = Some(instance);
                    }
                });
                sleep(CLIENT_PATIENCE.min(lasting)).await;
                (unanswered("the instance was frozen"), true)
            }
        }
    }
}
