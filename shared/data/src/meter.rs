use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use rounds_domain::Usage;

/// Counts what is asked of the database.
#[derive(Default)]
pub(crate) struct Meter {
    requests: AtomicU64,
    microseconds: AtomicU64,
    callers_confirmed: AtomicU64,
    replica_failures: AtomicU64,
    lag_readings: AtomicU64,
    lag_microseconds: AtomicU64,
}

impl Meter {
    /// Waits for the answer to a statement, and counts both.
    pub(crate) async fn answer<T>(&self, answer: impl Future<Output = T>) -> T {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let started = Instant::now();
        let answer = answer.await;
        self.microseconds.fetch_add(started.elapsed().as_micros() as u64, Ordering::Relaxed);
        answer
    }

    pub(crate) fn caller_confirmed(&self) {
        self.callers_confirmed.fetch_add(1, Ordering::Relaxed);
    }

    /// The primary answers what the replica should have answered.
    pub(crate) fn replica_failed(&self) {
        self.replica_failures.fetch_add(1, Ordering::Relaxed);
    }

    /// So far behind the primary was the replica.
    pub(crate) fn replica_lags(&self, lag: Duration) {
        self.lag_microseconds.store(lag.as_micros() as u64, Ordering::Relaxed);
        self.lag_readings.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn usage(&self) -> Usage {
        Usage {
            requests: self.requests.load(Ordering::Relaxed),
            time: Duration::from_micros(self.microseconds.load(Ordering::Relaxed)),
            callers_confirmed: self.callers_confirmed.load(Ordering::Relaxed),
            replica_failures: self.replica_failures.load(Ordering::Relaxed),
            lag_readings: self.lag_readings.load(Ordering::Relaxed),
            last_lag: Duration::from_micros(self.lag_microseconds.load(Ordering::Relaxed)),
        }
    }
}
