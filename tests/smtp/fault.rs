use std::{collections::VecDeque, time::Duration};

/// A step of a connection or of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The greeting.
    Connect,
    /// The command EHLO.
    Hello,
    /// The command STARTTLS.
    StartTls,
    /// The command AUTH.
    Login,
    /// The command MAIL.
    Sender,
    /// The command RCPT.
    Recipient,
    /// The command DATA.
    Data,
    /// The message, before any of it is read.
    Message,
    /// The end of the message.
    End,
}

impl Step {
    /// Whether the step belongs to a message, and not to the opening of a connection.
    fn is_of_message(self) -> bool {
        !matches!(self, Self::Connect | Self::Hello | Self::StartTls | Self::Login)
    }
}

/// What the server does instead of its usual reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Sends this reply.
    Reply(&'static str),
    /// Closes the connection.
    Close,
    /// Never replies.
    Stall,
    /// Replies as usual, but later.
    Wait(Duration),
    /// Springs the trap of [`crate::Server::on_message`]. If it returns true, the server continues as usual. Otherwise the
    /// connection is closed.
    Trap,
    /// Replies as usual, and springs the trap then.
    TrapAfterReply,
}

/// A fault that happens once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// Where it happens.
    pub step: Step,
    /// What happens.
    pub act: Act,
    /// Whether the message is accepted nevertheless. Only for [`Step::End`].
    pub is_accepted: bool,
}

impl Fault {
    /// A reply such as `550 5.1.1 no such user`. A positive one continues as usual.
    pub fn reply(step: Step, reply: &'static str) -> Self {
        Self { step, act: Act::Reply(reply), is_accepted: reply.starts_with('2') }
    }

    /// A closed connection. Even an accepted message gets no reply.
    pub fn close(step: Step, is_accepted: bool) -> Self {
        Self { step, act: Act::Close, is_accepted }
    }

    /// A server that stalls.
    pub fn stall(step: Step, is_accepted: bool) -> Self {
        Self { step, act: Act::Stall, is_accepted }
    }

    /// Returns a trap. `is_accepted` is for [`Step::End`].
    pub fn trap(step: Step, act: Act, is_accepted: bool) -> Self {
        Self { step, act, is_accepted }
    }

    /// Returns a late reply.
    pub fn slow(step: Step, by: Duration) -> Self {
        Self { step, act: Act::Wait(by), is_accepted: true }
    }

    /// Returns one of the faults that end without a timeout of the client.
    fn any(random: &mut fastrand::Rng) -> Self {
        let kinds = [
            Self::close(Step::Sender, false),
            Self::close(Step::Data, false),
            Self::close(Step::End, false),
            Self::close(Step::End, true),
            Self::reply(Step::Sender, "421 4.3.2 shutting down"),
            Self::reply(Step::Sender, "451 4.3.0 try again"),
            Self::reply(Step::Recipient, "450 4.2.0 greylisted"),
            Self::reply(Step::Recipient, "550 5.1.1 no such user"),
            Self::reply(Step::Data, "451 4.3.0 try again"),
            Self::reply(Step::End, "452 4.3.1 no space"),
            Self::reply(Step::End, "554 5.7.1 rejected"),
        ];
        kinds[random.usize(..kinds.len())]
    }
}

/// Returns the fault of a message of this sender.
pub(crate) type Choice = Box<dyn FnMut(&str) -> Option<Fault> + Send>;

/// The faults that are not injected yet.
#[derive(Default)]
pub(crate) struct Faults {
    pub(crate) choice: Option<Choice>,
    script: VecDeque<Option<Fault>>,
    random: Option<(fastrand::Rng, u32)>,
    injected: u64,
}

impl Faults {
    pub(crate) fn script(&mut self, faults: impl IntoIterator<Item = Option<Fault>>) {
        self.script.extend(faults);
    }

    pub(crate) fn at_random(&mut self, seed: u64, one_in: u32) {
        self.random = (one_in > 0).then(|| (fastrand::Rng::with_seed(seed), one_in));
    }

    pub(crate) fn injected(&self) -> u64 {
        self.injected
    }

    /// Returns the fault of a step that opens a connection, if it is the next in the script.
    pub(crate) fn of_connection(&mut self, step: Step) -> Option<Fault> {
        let is_next = |next: &mut Option<Fault>| next.is_some_and(|fault| fault.step == step && !step.is_of_message());
        let fault = self.script.pop_front_if(is_next).flatten();
        self.injected += u64::from(fault.is_some());
        fault
    }

    /// Returns the fault of the next message, if any.
    pub(crate) fn of_message(&mut self, from: &str) -> Option<Fault> {
        let is_of_message = |next: &mut Option<Fault>| next.is_none_or(|fault| fault.step.is_of_message());
        let fault = match (self.script.pop_front_if(is_of_message), &mut self.random) {
            (Some(fault), _) => fault,
            (None, _) if self.choice.is_some() => self.choice.as_mut().and_then(|choose| choose(from)),
            (None, Some((random, one_in))) => (random.u32(..*one_in) == 0).then(|| Fault::any(random)),
            (None, None) => None,
        };
        self.injected += u64::from(fault.is_some());
        fault
    }
}
