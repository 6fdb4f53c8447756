//! What an import has done.

use std::{fmt::Write, fs::File, path::Path};

use rounds_http::spreadsheet_text;

use super::{ImportKind, Outcome};

/// The result of an import: the number of rows with each outcome, and every row that was refused.
#[derive(Debug)]
pub struct Report {
    kind: ImportKind,
    is_dry_run: bool,
    total: usize,
    created: usize,
    already_there: usize,
    valid: usize,
    in_the_past: usize,
    not_booked: usize,
    refused: Vec<Refused>,
    /// Why the import stopped before its end, if it did.
    pub(super) stopped: Option<String>,
}

#[derive(Debug)]
struct Refused {
    line: u64,
    name: String,
    detail: String,
}

impl Report {
    pub(super) fn new(kind: ImportKind, is_dry_run: bool, total: usize) -> Self {
        Self {
            kind,
            is_dry_run,
            total,
            created: 0,
            already_there: 0,
            valid: 0,
            in_the_past: 0,
            not_booked: 0,
            refused: Vec::new(),
            stopped: None,
        }
    }

    pub(super) fn add(&mut self, line: u64, name: String, outcome: Outcome) {
        match outcome {
            Outcome::Created => self.created += 1,
            Outcome::AlreadyThere => self.already_there += 1,
            Outcome::Valid => self.valid += 1,
            Outcome::InThePast => self.in_the_past += 1,
            Outcome::NotBooked => self.not_booked += 1,
            Outcome::Refused(detail) => {
                let position = self.refused.partition_point(|refused| refused.line < line);
                self.refused.insert(position, Refused { line, name, detail });
            }
        }
    }

    fn done(&self) -> usize {
        self.created + self.already_there + self.valid + self.in_the_past + self.not_booked + self.refused.len()
    }

    /// Returns how far the import is.
    pub(super) fn progress(&self) -> String {
        let (done, total, refused) = (grouped(self.done()), grouped(self.total), grouped(self.refused.len()));
        format!("{done} of {total} rows, {refused} refused")
    }

    /// Whether every row is in the clinic now, or was skipped.
    pub fn is_complete(&self) -> bool {
        self.refused.is_empty() && self.stopped.is_none()
    }

    /// Why the import stopped before its end, if it did.
    pub fn stopped(&self) -> Option<&str> {
        self.stopped.as_deref()
    }

    /// Returns the report as lines: the refused rows, and the numbers.
    pub fn lines(&self) -> String {
        let mut lines = String::new();
        for Refused { line, name, detail } in &self.refused {
            let name = if name.is_empty() { String::new() } else { format!(", {name}") };
            // Writing to a String cannot fail.
            let _ = writeln!(lines, "line {line}{name}: {detail}");
        }
        let kind = self.kind.as_str();
        let mut counts = match self.is_dry_run {
            true => vec![format!("{} can be imported or are already there", grouped(self.valid))],
            false => {
                vec![
                    format!("{} created", grouped(self.created)),
                    format!("{} already there", grouped(self.already_there)),
                ]
            }
        };
        if self.kind == ImportKind::Appointments {
            counts.push(format!("{} in the past: skipped", grouped(self.in_the_past)));
            counts.push(format!("{} cancelled or ended: skipped", grouped(self.not_booked)));
        }
        counts.push(format!("{} refused", grouped(self.refused.len())));
        let dry_run = if self.is_dry_run { "dry run: " } else { "" };
        lines + &format!("{dry_run}{} of {} {kind}: {}", grouped(self.done()), grouped(self.total), counts.join(", "))
    }

    /// Writes the refused rows to a CSV file.
    ///
    /// # Errors
    /// A sentence that names the file.
    pub fn write(&self, path: &Path) -> Result<(), String> {
        let failed = |error: csv::Error| format!("cannot write {}: {error}", path.display());
        let mut writer = csv::Writer::from_writer(File::create(path).map_err(|error| failed(error.into()))?);
        writer.write_record(["line", "name", "detail"]).map_err(failed)?;
        for Refused { line, name, detail } in &self.refused {
            let cells = [line.to_string(), spreadsheet_text(name), spreadsheet_text(detail)];
            writer.write_record(cells).map_err(failed)?;
        }
        writer.flush().map_err(|error| failed(error.into()))
    }
}

/// Formats a number with a comma before every three digits.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn report_has_the_numbers_and_each_refused_row_by_line() {
        let mut report = Report::new(ImportKind::Appointments, false, 10_000);
        let refused = |detail: &str| Outcome::Refused(detail.to_owned());
        report.add(9, String::new(), refused("=1"));
        for outcome in
            [Outcome::Created, Outcome::Created, Outcome::AlreadyThere, Outcome::InThePast, Outcome::NotBooked]
        {
            report.add(2, String::new(), outcome);
        }
        report.add(5, "Ada".to_owned(), refused("two"));
        assert_eq!(report.progress(), "7 of 10,000 rows, 2 refused");
        let expected = "line 5, Ada: two\nline 9: =1\n7 of 10,000 appointments: 2 created, 1 already there, \
                        1 in the past: skipped, 1 cancelled or ended: skipped, 2 refused";
        assert_eq!(report.lines(), expected);
        let path = std::env::temp_dir().join(format!("rounds-report-{}.csv", std::process::id()));
        report.write(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "line,name,detail\n5,Ada,two\n9,,'=1\n");
        std::fs::remove_file(path).unwrap();
        assert!(!report.is_complete());
    }

    #[test]
    fn numbers_are_grouped_by_three_digits() {
        let numbers = [0, 7, 999, 1_000, 123_456, 1_234_567].map(grouped);
        assert_eq!(numbers, ["0", "7", "999", "1,000", "123,456", "1,234,567"]);
    }
}
