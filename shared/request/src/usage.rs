use std::{cell::Cell, time::Duration};

tokio::task_local! {
    static CURRENT: Cell<Usage>;
}

/// What a request used of the database. It is counted per task, so several requests at a time in one
/// process do not mix.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// How many requests were sent, each with a statement or a transaction.
    pub requests: u64,
    /// How long their answers took in total.
    pub time: Duration,
    /// Whether a query found that the caller's token is still valid.
    pub caller_confirmed: bool,
    /// How many statements the primary answered in place of the replica.
    pub replica_failures: u64,
    /// How far the replica was behind, if a statement found that out.
    pub replica_lag: Option<Duration>,
    /// The rule of the schema that refused the last refused write.
    pub refused_by: Option<&'static str>,
}

impl Usage {
    /// Runs an act and counts what it uses. What another `of` inside of it counts is included.
    pub async fn of<T>(act: impl Future<Output = T>) -> (T, Self) {
        let counted = async { (act.await, Self::so_far()) };
        let (answer, used) = CURRENT.scope(Cell::default(), counted).await;
        Self::note(|usage| usage.add(used));
        (answer, used)
    }

    /// What the current act has used so far; nothing outside of [`Usage::of`].
    pub fn so_far() -> Self {
        CURRENT.try_with(Cell::get).unwrap_or_default()
    }

    /// Changes the usage of the current act. Outside of [`Usage::of`] nothing is counted.
    pub fn note(change: impl FnOnce(&mut Self)) {
        // An error means that nobody counts.
        let _ = CURRENT.try_with(|current| {
            let mut usage = current.get();
            change(&mut usage);
            current.set(usage);
        });
    }

    /// Adds what another act used.
    pub fn add(&mut self, more: Self) {
        self.requests += more.requests;
        self.time += more.time;
        self.caller_confirmed |= more.caller_confirmed;
        self.replica_failures += more.replica_failures;
        self.replica_lag = more.replica_lag.or(self.replica_lag);
        self.refused_by = more.refused_by.or(self.refused_by);
    }
}
