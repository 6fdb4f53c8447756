use std::{cell::Cell, time::Duration};

tokio::task_local! {
    static CURRENT: Cell<Usage>;
}

/// The database usage of a request. It is counted in a task-local variable, so concurrent requests in one process do
/// not mix.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// The number of requests to the database, each with a statement or a transaction.
    pub requests: u64,
    /// The total time until their answers.
    pub time: Duration,
    /// Whether a statement has confirmed that the caller's token is still valid.
    pub caller_confirmed: bool,
    /// The number of statements that the primary answered because the replica failed.
    pub replica_failures: u64,
    /// The replication lag, if a statement measured it.
    pub replica_lag: Option<Duration>,
    /// The rule of the schema that rejected the last rejected write.
    pub refused_by: Option<&'static str>,
}

impl Usage {
    /// Runs a future and returns its output and its usage. The usage includes that of nested calls.
    pub async fn measure<T>(future: impl Future<Output = T>) -> (T, Self) {
        let counted = async { (future.await, Self::so_far()) };
        let (output, usage) = CURRENT.scope(Cell::default(), counted).await;
        Self::record(|outer| outer.add(usage));
        (output, usage)
    }

    /// Returns the usage so far inside the current [`Usage::measure`]. Outside of it the usage is empty.
    pub fn so_far() -> Self {
        CURRENT.try_with(Cell::get).unwrap_or_default()
    }

    /// Changes the usage of the current [`Usage::measure`]. Outside of it this does nothing.
    pub fn record(change: impl FnOnce(&mut Self)) {
        // An error means that this is called outside of `Usage::measure`.
        let _ = CURRENT.try_with(|current| {
            let mut usage = current.get();
            change(&mut usage);
            current.set(usage);
        });
    }

    /// Adds a later usage.
    pub fn add(&mut self, later: Self) {
        self.requests += later.requests;
        self.time += later.time;
        self.caller_confirmed |= later.caller_confirmed;
        self.replica_failures += later.replica_failures;
        self.replica_lag = later.replica_lag.or(self.replica_lag);
        self.refused_by = later.refused_by.or(self.refused_by);
    }
}
