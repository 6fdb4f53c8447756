use std::time::Duration;

/// What has been asked of the database since the process started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// How many statements were sent.
    pub requests: u64,
    /// How long their answers took, together.
    pub time: Duration,
    /// How often a statement found that the token of its caller stands.
    pub callers_confirmed: u64,
    /// How often the primary answered what the replica should have answered.
    pub replica_failures: u64,
    /// How often it was found out how far behind the replica is.
    pub lag_readings: u64,
    /// What was found out last.
    pub last_lag: Duration,
}

impl Usage {
    /// What was asked since an earlier moment.
    pub fn since(self, earlier: Self) -> Self {
        Self {
            requests: self.requests - earlier.requests,
            time: self.time - earlier.time,
            callers_confirmed: self.callers_confirmed - earlier.callers_confirmed,
            replica_failures: self.replica_failures - earlier.replica_failures,
            lag_readings: self.lag_readings - earlier.lag_readings,
            last_lag: self.last_lag,
        }
    }

    /// How far behind the replica was, if that was found out.
    pub fn replica_lag(self) -> Option<Duration> {
        (self.lag_readings > 0).then_some(self.last_lag)
    }
}
