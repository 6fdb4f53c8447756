use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use rounds_request::Usage;
use serde::{Deserialize, de::DeserializeOwned};

use crate::{
    Statement,
    meter::measure,
    server::{REPLICA_TIMEOUT, Server},
    statement::Values,
};

/// How long a replica is paused after its first failure. Each further failure doubles the pause.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause, after which one request tries the replica again.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A replica of the server, for queries whose results may lag. After a failure it is paused for some time: so a
/// replica that hangs delays only one request for each pause.
pub(crate) struct Replica {
    server: Server,
    breaker: Mutex<Breaker>,
    /// The oldest change that the primary has and the replica, as far as is known, does not have yet.
    missing: Mutex<Option<Change>>,
}

/// A change, as its audit entry. The ids of entries only increase, so a copy of the database has all changes up to its
/// newest id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Change {
    id: i64,
    /// In seconds since 1970, by the clock of the instance that made the change.
    at: u64,
}

impl Replica {
    pub(crate) fn new(server: Server) -> Self {
        Self { server, breaker: Mutex::default(), missing: Mutex::default() }
    }

    /// Whether a request may use the replica now. If `true`, the caller must send the request.
    pub(crate) fn admits(&self) -> bool {
        lock(&self.breaker).admits(SystemTime::now())
    }

    /// Runs a statement on the replica and returns its document, if any. `None` if the replica fails.
    pub(crate) async fn run<T: DeserializeOwned>(&self, statement: &Statement, values: &Values) -> Option<Option<T>> {
        let sent = SystemTime::now();
        let result = measure(self.server.run(statement, values, REPLICA_TIMEOUT)).await;
        match result.and_then(|document| statement.parse(document)) {
            Ok(document) => {
                lock(&self.breaker).succeeded();
                Some(document)
            }
            Err(failure) => {
                let pause = lock(&self.breaker).failed(sent, SystemTime::now());
                tracing::warn!("the replica failed and is paused for {} s: {failure:?}", pause.as_secs());
                Usage::record(|usage| usage.replica_failures += 1);
                None
            }
        }
    }

    /// Returns the replication lag, or a lower bound of it: the age of the oldest change that the replica is known to
    /// miss. `replica_id` is the id of its newest change, and `newest` is the newest change of the primary.
    pub(crate) fn lag(&self, replica_id: Option<i64>, newest: Option<Change>) -> Duration {
        let mut missing = lock(&self.missing);
        *missing = oldest_missing(*missing, replica_id.unwrap_or(0), newest);
        let changed_at = missing.map(|change| SystemTime::UNIX_EPOCH + Duration::from_secs(change.at));
        // If the other clock is ahead of this one, the change seems to be in the future: no lag.
        changed_at.and_then(|changed_at| SystemTime::now().duration_since(changed_at).ok()).unwrap_or_default()
    }
}

/// Returns the oldest change that the replica is known to miss. The previous one still counts until the replica
/// has it, or until the primary no longer has it, because a backup was restored.
fn oldest_missing(previous: Option<Change>, replica_id: i64, newest: Option<Change>) -> Option<Change> {
    let newest = newest?;
    let previous = previous.filter(|change| change.id <= newest.id);
    previous.into_iter().chain([newest]).find(|change| change.id > replica_id)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Decides whether requests use the replica: a circuit breaker.
///
/// It uses the time of day. A monotonic clock may stop while Lambda freezes the instance, and a pause of seconds
/// would then last for hours. If the time of day is set back, the replica is tried again.
#[derive(Default)]
struct Breaker {
    pause: Option<Pause>,
}

#[derive(Clone, Copy)]
struct Pause {
    since: SystemTime,
    length: Duration,
}

impl Breaker {
    /// Whether a request may use the replica now. After a pause, one request tries it. For the other requests a new
    /// pause starts, so that they do not wait for the result.
    fn admits(&mut self, now: SystemTime) -> bool {
        match &mut self.pause {
            Some(pause) if now.duration_since(pause.since).is_ok_and(|passed| passed < pause.length) => false,
            Some(pause) => {
                pause.since = now;
                true
            }
            None => true,
        }
    }

    /// Ends the pause.
    fn succeeded(&mut self) {
        self.pause = None;
    }

    /// Records the failure of a request that was sent at `sent`. Returns the length of the pause.
    fn failed(&mut self, sent: SystemTime, now: SystemTime) -> Duration {
        let length = match self.pause {
            None => FIRST_PAUSE,
            // The request was sent before this pause started: it is part of the failure that started the pause.
            Some(pause) if sent < pause.since => return pause.length,
            Some(pause) => (pause.length * 2).min(LONGEST_PAUSE),
        };
        self.pause = Some(Pause { since: now, length });
        length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: SystemTime = SystemTime::UNIX_EPOCH;

    fn at(milliseconds: u64) -> SystemTime {
        START + Duration::from_secs(1_000_000) + Duration::from_millis(milliseconds)
    }

    #[test]
    fn one_request_tries_a_failed_replica_after_each_pause() {
        let mut breaker = Breaker::default();
        assert!(breaker.admits(at(0)) && breaker.admits(at(1)));
        assert_eq!(breaker.failed(at(0), at(800)), Duration::from_secs(1));
        assert!(!breaker.admits(at(801)) && !breaker.admits(at(1_799)));
        // One request tries the replica. For the others the pause goes on.
        assert!(breaker.admits(at(1_800)));
        assert!(!breaker.admits(at(1_801)));
        let mut now = 2_600;
        for seconds in [2, 4, 8, 16, 30, 30] {
            assert_eq!(breaker.failed(at(now - 800), at(now)), Duration::from_secs(seconds));
            now += seconds * 1000;
            assert!(!breaker.admits(at(now - 1)) && breaker.admits(at(now)));
            now += 800;
        }
        breaker.succeeded();
        assert!(breaker.admits(at(now)) && breaker.admits(at(now)));
        assert_eq!(breaker.failed(at(now), at(now)), Duration::from_secs(1));
    }

    #[test]
    fn concurrent_failures_count_as_one() {
        let mut breaker = Breaker::default();
        for _ in 0..10 {
            assert_eq!(breaker.failed(at(0), at(800)), Duration::from_secs(1));
        }
    }

    #[test]
    fn clock_set_back_ends_the_pause() {
        let mut breaker = Breaker::default();
        breaker.failed(at(5_000), at(5_000));
        assert!(!breaker.admits(at(5_001)) && breaker.admits(at(4_999)));
    }

    #[test]
    fn lag_is_the_age_of_the_oldest_missing_change() {
        let change = |id| Some(Change { id, at: 1000 + id as u64 });
        assert_eq!(oldest_missing(None, 7, change(7)), None);
        assert_eq!(oldest_missing(None, 7, change(9)), change(9));
        assert_eq!(oldest_missing(change(9), 8, change(20)), change(9));
        assert_eq!(oldest_missing(change(9), 9, change(20)), change(20));
        assert_eq!(oldest_missing(change(9), 20, change(20)), None);
        // A backup was restored on the primary.
        assert_eq!(oldest_missing(change(9), 5, change(5)), None);
        assert_eq!(oldest_missing(None, 0, None), None);
    }
}
