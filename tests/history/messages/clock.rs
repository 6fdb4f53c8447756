//! The clock of the programs: it can jump while they run, and some programs have it a little wrong (libfaketime).

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

use crate::{
    programs::faketime,
    record::{Moment, Seconds},
    world::lock,
};

/// The errors of the senders' clocks, in seconds. Their differences are within the margin that a claim has
/// (`LONGEST_ATTEMPT`).
pub(super) const SKEWS: [Seconds; 3] = [0, 15, -15];

/// From this moment on, the clock was ahead by these seconds.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Jump {
    pub(super) at: Moment,
    pub(super) ahead: Seconds,
}

/// A clock that programs read from files, one for each error.
pub(super) struct Clock {
    folder: PathBuf,
    jumps: Mutex<Vec<Jump>>,
}

/// Returns the present moment, in microseconds since 1970.
pub(super) fn moment() -> Moment {
    micros(SystemTime::now())
}

/// Returns a time as a moment.
pub(super) fn micros(at: SystemTime) -> Moment {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_micros() as Moment
}

/// Returns what the clock showed at a moment, in whole seconds.
pub(super) fn seconds_at(jumps: &[Jump], at: Moment) -> Seconds {
    let last = jumps.iter().rev().find(|jump| jump.at <= at);
    (at / 1_000_000) as Seconds + last.map_or(0, |jump| jump.ahead)
}

impl Clock {
    pub(super) fn start(folder: &Path) -> Result<Self, String> {
        let clock = Self { folder: folder.to_owned(), jumps: Mutex::default() };
        clock.jump(0)?;
        Ok(clock)
    }

    /// Moves the clock forward.
    pub(super) fn jump(&self, by: Seconds) -> Result<(), String> {
        let mut jumps = lock(&self.jumps);
        let ahead = jumps.last().map_or(0, |jump| jump.ahead) + by;
        jumps.push(Jump { at: moment(), ahead });
        for skew in SKEWS {
            let (file, new) = (self.file(skew), self.file(skew).with_extension("new"));
            let written = fs::write(&new, format!("{:+}\n", ahead + skew)).and_then(|()| fs::rename(&new, &file));
            written.map_err(|error| format!("{}: {error}", file.display()))?;
        }
        Ok(())
    }

    pub(super) fn now(&self) -> Seconds {
        seconds_at(&lock(&self.jumps), moment())
    }

    pub(super) fn jumps(&self) -> Vec<Jump> {
        lock(&self.jumps).clone()
    }

    fn file(&self, skew: Seconds) -> PathBuf {
        self.folder.join(format!("clock{skew:+}"))
    }

    /// Returns the variables that let a program read this clock.
    pub(super) fn variables(&self, skew: Seconds) -> Result<Vec<(String, String)>, String> {
        let variables = [
            ("LD_PRELOAD", faketime()?.to_string_lossy().into_owned()),
            ("FAKETIME_TIMESTAMP_FILE", self.file(skew).to_string_lossy().into_owned()),
            ("FAKETIME_NO_CACHE", "1".into()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".into()),
        ];
        Ok(variables.map(|(name, value)| (name.to_owned(), value)).into())
    }
}
