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
}

impl Usage {
    /// What was asked since an earlier moment.
    pub fn since(self, earlier: Self) -> Self {
        Self {
            requests: self.requests - earlier.requests,
            time: self.time - earlier.time,
            callers_confirmed: self.callers_confirmed - earlier.callers_confirmed,
        }
    }
}
