use chrono::serde::ts_seconds;
use serde::Deserialize;

use crate::Timestamp;

/// A half-open interval of time: the start is in it, the end is not. Back-to-back intervals do not overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Interval {
    /// The first point in time of the interval.
    #[serde(with = "ts_seconds", rename = "start_at")]
    pub start: Timestamp,
    /// The first point in time after the interval.
    #[serde(with = "ts_seconds", rename = "end_at")]
    pub end: Timestamp,
}

impl Interval {
    /// Whether the two intervals have a point in time in common.
    pub fn overlaps(&self, other: &Interval) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// The length, in whole minutes.
    pub(crate) fn minutes(&self) -> i64 {
        (self.end - self.start).num_minutes()
    }
}
