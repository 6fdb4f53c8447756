use std::{
    fmt::Display,
    fs,
    io::{self, Stdout},
    path::Path,
    sync::Arc,
};

use tracing_appender::rolling::{RollingFileAppender, RollingWriter, Rotation};
use tracing_subscriber::fmt::{MakeWriter, writer::EitherWriter};

/// How many log files are kept. There is one for each day, in UTC.
const MAX_FILES: usize = 365;

/// Where the log is written: one line of JSON for each request and each error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Log {
    /// The standard output.
    Stdout,
    /// A file for each day, in the folder `logs` of the clinic's files.
    File,
}

impl Log {
    /// Parses the setting `LOG`. The default is the standard output.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "" | "stdout" => Ok(Self::Stdout),
            "file" => Ok(Self::File),
            _ => Err("LOG must be stdout or file".into()),
        }
    }

    /// Opens the log. `home` is the folder of the clinic's files.
    ///
    /// # Errors
    /// If the log file cannot be created.
    pub fn open(self, home: &Path) -> Result<LogOutput, String> {
        if self == Self::Stdout {
            return Ok(LogOutput::Stdout);
        }
        let folder = home.join("logs");
        let builder = RollingFileAppender::builder().rotation(Rotation::DAILY).max_log_files(MAX_FILES);
        // Not the non-blocking writer: it discards lines if they come fast, or if the process is killed.
        let builder = builder.filename_prefix("rounds").filename_suffix("log");
        let failed =
            |error: &dyn Display| format!("cannot write the log in {} ({error}): set LOG to stdout", folder.display());
        fs::create_dir_all(&folder).map_err(|error| failed(&error))?;
        Ok(LogOutput::File(Arc::new(builder.build(&folder).map_err(|error| failed(&error))?)))
    }
}

/// The open log.
#[derive(Clone, Debug)]
pub enum LogOutput {
    /// The standard output.
    Stdout,
    /// The file of the day.
    File(Arc<RollingFileAppender>),
}

impl<'a> MakeWriter<'a> for LogOutput {
    type Writer = EitherWriter<Stdout, RollingWriter<'a>>;

    fn make_writer(&'a self) -> Self::Writer {
        match self {
            Self::Stdout => EitherWriter::A(io::stdout()),
            Self::File(file) => EitherWriter::B(file.make_writer()),
        }
    }
}
