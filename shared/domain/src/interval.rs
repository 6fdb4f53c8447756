use chrono::serde::ts_seconds;
use serde::Deserialize;

use crate::Timestamp;

/// A stretch of time, without its end: back-to-back intervals do not overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Interval {
    /// Its first instant.
    #[serde(with = "ts_seconds", rename = "start_at")]
    pub start: Timestamp,
    /// The first instant after it.
    #[serde(with = "ts_seconds", rename = "end_at")]
    pub end: Timestamp,
}

impl Interval {
    /// Whether the two have an instant in common.
    pub fn overlaps(&self, other: &Interval) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// How long it is, in whole minutes.
    pub(crate) fn minutes(&self) -> i64 {
        (self.end - self.start).num_minutes()
    }
}
