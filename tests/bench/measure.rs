//! Medians, and ratios of medians with their range.

use std::time::Duration;

use serde::Serialize;

pub(crate) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// Returns the median of samples; 0 without samples.
pub(crate) fn median(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        length if length % 2 == 1 => sorted[length / 2],
        length => (sorted[length / 2 - 1] + sorted[length / 2]) / 2.0,
    }
}

/// Measurements and their floors, in rounds. Both are measured in each round, so that lasting noise affects both.
#[derive(Default)]
pub(crate) struct Rounds(Vec<(f64, f64)>);

impl Rounds {
    /// Adds a round: the samples of the measurement and of the floor.
    pub(crate) fn add(&mut self, measured: &[f64], floor: &[f64]) {
        self.0.push((median(measured), median(floor)));
    }

    /// Returns the rounds as a row of a table.
    pub(crate) fn row(&self, table: Table, name: impl Into<String>, target: Target) -> Row {
        let median_of = |part: fn(&(f64, f64)) -> f64| median(&self.0.iter().map(part).collect::<Vec<_>>());
        let ratios: Vec<f64> = self.0.iter().map(|(measured, floor)| measured / floor).collect();
        Row {
            table,
            name: name.into(),
            measured: median_of(|round| round.0),
            floor: median_of(|round| round.1),
            ratio: median(&ratios),
            least: ratios.iter().copied().fold(f64::INFINITY, f64::min),
            most: ratios.iter().copied().fold(0.0, f64::max),
            target,
        }
    }
}

/// The subject of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Table {
    ColdStart,
    FirstAnswer,
    FirstAnswerTls,
    WarmFile,
    WarmServer,
    Bookings,
    BookingsServer,
    ServeReads,
    ServeBookings,
    ServeLatency,
    ServeStart,
    ServeMemory,
    Mails,
    Search,
    FirstStart,
    Scale,
    Availability,
    Zip,
    ZipLimit,
    Memory,
    Instructions,
    Alternative,
}

/// The target of a ratio.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Target {
    AtMost(f64),
    AtLeast(f64),
    /// No target: for comparison.
    None,
}

/// A row of the results.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) table: Table,
    pub(crate) name: String,
    pub(crate) measured: f64,
    pub(crate) floor: f64,
    /// The median of the rounds' ratios; the smallest and the largest ratio follow.
    pub(crate) ratio: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
    pub(crate) target: Target,
}

impl Row {
    /// Returns whether the ratio meets its target.
    pub(crate) fn is_met(&self) -> bool {
        match self.target {
            Target::AtMost(most) => self.ratio <= most,
            Target::AtLeast(least) => self.ratio >= least,
            Target::None => true,
        }
    }
}
