use std::{io::Write, time::SystemTime};

use metrique_writer::{
    Entry,
    format::Format,
    unit::{AsCount, AsSeconds},
};
use metrique_writer_format_emf::Emf;

use crate::Report;

/// The log line of a run of the sender, from which CloudWatch extracts metrics (the embedded metric format).
#[derive(Entry)]
struct Line {
    #[entry(timestamp)]
    at: SystemTime,
    function: String,
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

/// Writes the log line of a run. `function` is the dimension of the metrics: the name of the function or the program.
pub fn log_report(report: &Report, function: &str, at: SystemTime, mut output: impl Write) {
    let line = Line {
        at,
        function: function.to_owned(),
        sent: report.sent.into(),
        failed: report.failed.into(),
        due: report.due.into(),
        oldest: report.oldest.into(),
    };
    let mut text = Vec::new();
    let mut emf = Emf::builder("Rounds".into(), vec![vec!["function".into()]]).build();
    if emf.format(&line, &mut text).is_err() || output.write_all(&text).is_err() {
        tracing::error!("the log line of the messages could not be written");
    }
}
