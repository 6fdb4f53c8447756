use std::{io::Write, time::SystemTime};

use metrique_writer::{
    Entry,
    format::Format,
    unit::{AsCount, AsSeconds},
};
use metrique_writer_format_emf::Emf;

use crate::Report;

/// The program that writes a log line.
#[derive(Clone, Copy, Debug, Entry)]
pub struct Program<'name> {
    /// The name of the function or the program.
    pub function: &'name str,
    /// The dimension of the metrics: see [`rounds_http::stack_from_env`].
    pub stack: &'name str,
}

/// The log line of a run of the sender, from which CloudWatch extracts metrics (the embedded metric format).
#[derive(Entry)]
struct Line<'name> {
    #[entry(timestamp)]
    at: SystemTime,
    #[entry(flatten)]
    program: Program<'name>,
    #[entry(name = "MessagesSent")]
    sent: AsCount<u64>,
    /// The number of messages that have failed. No further attempt is made.
    #[entry(name = "MessagesFailed")]
    failed: AsCount<u64>,
    /// The number of messages that are due and were not sent.
    #[entry(name = "MessagesQueued")]
    due: AsCount<u64>,
    /// For how long the oldest of them has been due.
    #[entry(name = "OldestMessage")]
    oldest: AsSeconds<std::time::Duration>,
}

/// Writes the log line of a run.
pub fn log_report(report: &Report, program: Program<'_>, at: SystemTime, output: impl Write) {
    let line = Line {
        at,
        program,
        sent: report.sent.into(),
        failed: report.failed.into(),
        due: report.due.into(),
        oldest: report.oldest.into(),
    };
    write(&line, output);
}

/// The log line of a check.
#[derive(Entry)]
struct CheckLine<'name> {
    #[entry(timestamp)]
    at: SystemTime,
    #[entry(flatten)]
    program: Program<'name>,
    /// One if the clinic is ready, else zero.
    #[entry(name = "Ready")]
    ready: AsCount<u64>,
    /// Why it is not ready.
    reason: Option<String>,
}

/// Writes the log line of a check.
pub fn log_check(checked: Result<(), String>, program: Program<'_>, at: SystemTime, output: impl Write) {
    let line = CheckLine { at, program, ready: u64::from(checked.is_ok()).into(), reason: checked.err() };
    write(&line, output);
}

fn write(line: &impl Entry, mut output: impl Write) {
    let mut text = Vec::new();
    let mut emf = Emf::builder("Rounds".into(), vec![vec!["stack".into()]]).build();
    if emf.format(line, &mut text).is_err() || output.write_all(&text).is_err() {
        tracing::error!("a log line could not be written");
    }
}
