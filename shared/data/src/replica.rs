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

/// How long a replica is left out after its first failure. Each further failure doubles that.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest that it is left out before one request tries it again.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A replica of the server, which answers statements that may lag. After a failure it is left out for
/// a while, so that a replica that stalls delays one request in a while, and not each.
pub(crate) struct Replica {
    server: Server,
    breaker: Mutex<Breaker>,
    /// The oldest change that the primary is known to have, and the replica not to have.
    missing: Mutex<Option<Change>>,
}

/// A line of the audit trail. Its ids only grow, so they say how far a copy has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Change {
    id: i64,
    /// In seconds since 1970, by the clock of the function that made it.
    at: u64,
}

impl Replica {
    pub(crate) fn new(server: Server) -> Self {
        Self { server, breaker: Mutex::default(), missing: Mutex::default() }
    }

    /// Whether to ask it now. A caller that gets `true` must send the request.
    pub(crate) fn admits(&self) -> bool {
        lock(&self.breaker).admits(SystemTime::now())
    }

    /// The document that it answers, if any; `None` where it fails.
    pub(crate) async fn answer<T: DeserializeOwned>(
        &self,
        statement: &Statement,
        values: &Values,
    ) -> Option<Option<T>> {
        let asked = SystemTime::now();
        let answered = measure(self.server.run(statement, values, REPLICA_TIMEOUT)).await;
        match answered.and_then(|document| statement.parse(document)) {
            Ok(document) => {
                lock(&self.breaker).answered();
                Some(document)
            }
            Err(failure) => {
                let pause = lock(&self.breaker).failed(asked, SystemTime::now());
                tracing::warn!("the replica does not answer, and is left out for {} s: {failure:?}", pause.as_secs());
                Usage::record(|usage| usage.replica_failures += 1);
                None
            }
        }
    }

    /// How far the replica is behind, at least: how old the oldest change is that it is known not to
    /// have. `has` is the id of its newest change, `newest` the primary's newest change.
    pub(crate) fn lag(&self, has: Option<i64>, newest: Option<Change>) -> Duration {
        let mut missing = lock(&self.missing);
        *missing = oldest_missing(*missing, has.unwrap_or(0), newest);
        let made = missing.map(|change| SystemTime::UNIX_EPOCH + Duration::from_secs(change.at));
        // A clock that is ahead of ours makes changes of the future.
        made.and_then(|made| SystemTime::now().duration_since(made).ok()).unwrap_or_default()
    }
}

/// One that was missing before is the oldest until the replica has it, or the primary does not have it
/// any more (a backup was restored).
fn oldest_missing(before: Option<Change>, has: i64, newest: Option<Change>) -> Option<Change> {
    let newest = newest?;
    before.filter(|change| change.id <= newest.id).into_iter().chain([newest]).find(|change| change.id > has)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Decides whether the replica is asked.
///
/// It takes the time of day, and not a monotonic clock: that may stand still while Lambda freezes the
/// function, and a pause of seconds would last for hours. Where the time of day is set back, the replica
/// is tried again.
#[derive(Default)]
struct Breaker {
    left_out: Option<LeftOut>,
}

#[derive(Clone, Copy)]
struct LeftOut {
    since: SystemTime,
    pause: Duration,
}

impl Breaker {
    /// Whether to ask. After a pause the first who is admitted tries the replica; to all others the
    /// pause begins again, so that they do not wait with it.
    fn admits(&mut self, now: SystemTime) -> bool {
        match &mut self.left_out {
            Some(left_out) if now.duration_since(left_out.since).is_ok_and(|left| left < left_out.pause) => false,
            Some(left_out) => {
                left_out.since = now;
                true
            }
            None => true,
        }
    }

    fn answered(&mut self) {
        self.left_out = None;
    }

    /// Notes a failure, of a request that was sent at a time; how long the replica is left out.
    fn failed(&mut self, asked: SystemTime, now: SystemTime) -> Duration {
        let pause = match self.left_out {
            None => FIRST_PAUSE,
            // It was sent before this pause began: the failure that began the pause was the same one.
            Some(left_out) if asked < left_out.since => return left_out.pause,
            Some(left_out) => (left_out.pause * 2).min(LONGEST_PAUSE),
        };
        self.left_out = Some(LeftOut { since: now, pause });
        pause
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
    fn a_replica_that_failed_is_tried_by_one_request_after_each_pause() {
        let mut breaker = Breaker::default();
        assert!(breaker.admits(at(0)) && breaker.admits(at(1)));
        assert_eq!(breaker.failed(at(0), at(800)), Duration::from_secs(1));
        assert!(!breaker.admits(at(801)) && !breaker.admits(at(1_799)));
        // One tries; to the others the pause goes on.
        assert!(breaker.admits(at(1_800)));
        assert!(!breaker.admits(at(1_801)));
        let mut now = 2_600;
        for seconds in [2, 4, 8, 16, 30, 30] {
            assert_eq!(breaker.failed(at(now - 800), at(now)), Duration::from_secs(seconds));
            now += seconds * 1000;
            assert!(!breaker.admits(at(now - 1)) && breaker.admits(at(now)));
            now += 800;
        }
        breaker.answered();
        assert!(breaker.admits(at(now)) && breaker.admits(at(now)));
        assert_eq!(breaker.failed(at(now), at(now)), Duration::from_secs(1));
    }

    #[test]
    fn requests_that_failed_together_count_as_one_failure() {
        let mut breaker = Breaker::default();
        for _ in 0..10 {
            assert_eq!(breaker.failed(at(0), at(800)), Duration::from_secs(1));
        }
    }

    #[test]
    fn a_clock_that_was_set_back_leaves_no_replica_out() {
        let mut breaker = Breaker::default();
        breaker.failed(at(5_000), at(5_000));
        assert!(!breaker.admits(at(5_001)) && breaker.admits(at(4_999)));
    }

    #[test]
    fn the_lag_is_counted_from_the_oldest_change_that_is_known_to_be_missing() {
        let change = |id| Some(Change { id, at: 1000 + id as u64 });
        assert_eq!(oldest_missing(None, 7, change(7)), None);
        assert_eq!(oldest_missing(None, 7, change(9)), change(9));
        assert_eq!(oldest_missing(change(9), 8, change(20)), change(9));
        assert_eq!(oldest_missing(change(9), 9, change(20)), change(20));
        assert_eq!(oldest_missing(change(9), 20, change(20)), None);
        // The primary went back to a backup.
        assert_eq!(oldest_missing(change(9), 5, change(5)), None);
        assert_eq!(oldest_missing(None, 0, None), None);
    }
}
