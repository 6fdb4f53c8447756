use std::{cell::RefCell, time::Duration, time::Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::network::Size;

/// The number of steps per appointment: its row, its audit entries, the entries of the three indexes on appointments,
/// and those of the five indexes on the two audit entries.
const STEPS_PER_APPOINTMENT: u64 = 1 + 1 + 3 + 2 * 5;

/// A progress bar with the present phase; without a terminal, a line for each phase.
pub(super) struct Progress {
    bar: ProgressBar,
    phase: RefCell<Option<(String, Instant)>>,
}

impl Progress {
    pub(super) fn new(size: &Size) -> Result<Self, String> {
        let bar = ProgressBar::new(size.appointments * STEPS_PER_APPOINTMENT + size.accounts());
        let style = "{msg:34} {wide_bar} {percent} %, {elapsed}, {eta} left";
        bar.set_style(ProgressStyle::with_template(style).map_err(|error| error.to_string())?);
        bar.enable_steady_tick(Duration::from_millis(200));
        Ok(Self { bar, phase: RefCell::default() })
    }

    /// No output, for tests.
    #[cfg(test)]
    pub(super) fn none() -> Self {
        Self { bar: ProgressBar::hidden(), phase: RefCell::default() }
    }

    /// Begins a phase.
    pub(super) fn phase(&self, name: &str) {
        self.end_phase();
        self.bar.set_message(name.to_owned());
        *self.phase.borrow_mut() = Some((name.to_owned(), Instant::now()));
    }

    /// Adds this number of written rows or index entries.
    pub(super) fn advance(&self, rows: u64) {
        self.bar.inc(rows);
    }

    fn end_phase(&self) {
        // Without a terminal there is no progress bar.
        if let Some((name, started)) = self.phase.take()
            && self.bar.is_hidden()
            && started.elapsed() > Duration::from_secs(1)
        {
            println!("  {name}: {:.1} s", started.elapsed().as_secs_f64());
        }
    }

    /// Ends the last phase.
    pub(super) fn end(&self) {
        self.end_phase();
        self.bar.finish_and_clear();
    }
}
