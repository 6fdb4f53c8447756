use std::{cell::RefCell, time::Duration, time::Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::network::Size;

/// How often each appointment is touched: it is written, and so are what was done to it and the entries of
/// the three indexes on the one and the five on the other, where there are two rows to each.
const TOUCHES: u64 = 1 + 1 + 3 + 2 * 5;

/// A bar, with what is being made; a line a phase where there is no terminal.
pub(super) struct Progress {
    bar: ProgressBar,
    phase: RefCell<Option<(String, Instant)>>,
}

impl Progress {
    pub(super) fn new(size: &Size) -> Result<Self, String> {
        let bar = ProgressBar::new(size.appointments * TOUCHES + size.accounts());
        let style = "{msg:34} {wide_bar} {percent} %, {elapsed}, {eta} to go";
        bar.set_style(ProgressStyle::with_template(style).map_err(|error| error.to_string())?);
        bar.enable_steady_tick(Duration::from_millis(200));
        Ok(Self { bar, phase: RefCell::default() })
    }

    /// For tests.
    #[cfg(test)]
    pub(super) fn none() -> Self {
        Self { bar: ProgressBar::hidden(), phase: RefCell::default() }
    }

    /// Something else is made from now on.
    pub(super) fn phase(&self, name: &str) {
        self.end_phase();
        self.bar.set_message(name.to_owned());
        *self.phase.borrow_mut() = Some((name.to_owned(), Instant::now()));
    }

    /// So many more rows, or entries of an index, are there.
    pub(super) fn advance(&self, rows: u64) {
        self.bar.inc(rows);
    }

    fn end_phase(&self) {
        // Where there is no terminal, there is no bar.
        if let Some((name, started)) = self.phase.take()
            && self.bar.is_hidden()
            && started.elapsed() > Duration::from_secs(1)
        {
            println!("  {name}: {:.1} s", started.elapsed().as_secs_f64());
        }
    }

    /// Nothing is made any more.
    pub(super) fn end(&self) {
        self.end_phase();
        self.bar.finish_and_clear();
    }
}
