//! The programs under test.

use std::path::{Path, PathBuf};

use lambda::{Answer, Request, Unanswered};

use crate::{
    Kind, Setup,
    engine::Engine,
    functions::Functions,
    serve::{OPENING_TIMEOUT, Serve},
};

pub(crate) const ADMIN: &str = "admin@example.org";
pub(crate) const PASSWORD: &str = "a long password";
/// The errors of the programs' clocks, in seconds.
pub(crate) const CLOCKS: [i64; 3] = [0, 30, -30];

/// The programs that handle the requests.
pub(crate) enum Programs {
    /// The functions, with several instances each.
    Functions(Functions),
    /// One process of `rounds serve`.
    Serve(Box<Serve>),
}

impl Programs {
    /// Starts the programs on an empty database, and migrates it.
    pub(crate) async fn start(setup: &Setup, kind: Kind, engine: &Engine, folder: &Path) -> Result<Self, String> {
        Ok(match kind {
            Kind::File | Kind::Server => Self::Functions(Functions::start(setup, engine, folder).await?),
            Kind::Serve => Self::Serve(Box::new(Serve::start(setup, engine, folder).await?)),
        })
    }

    /// Sends a request without a fault, when the clinic opens. Another program can make the disk slow meanwhile.
    pub(crate) async fn send(&self, request: &Request) -> Result<Answer, Unanswered> {
        match self {
            Self::Functions(functions) => functions.of(&request.path).invoke(request).await,
            Self::Serve(serve) => serve.send(request, OPENING_TIMEOUT).await,
        }
    }

    /// Ends every process, including frozen ones.
    pub(crate) async fn end(&self) -> Result<(), String> {
        match self {
            Self::Functions(functions) => functions.end().await,
            Self::Serve(serve) => serve.stop().await?,
        }
        Ok(())
    }
}

/// Returns the variables that change the clock of a program by some seconds.
pub(crate) fn clock_variables(clock: i64) -> Result<Vec<(String, String)>, String> {
    if clock == 0 {
        return Ok(Vec::new());
    }
    let variables = [
        ("LD_PRELOAD", faketime()?.to_string_lossy().into_owned()),
        ("FAKETIME", format!("{clock:+}s")),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".into()),
    ];
    Ok(variables.map(|(name, value)| (name.to_owned(), value)).into())
}

/// Returns the path of libfaketime, which changes the clock of a program.
pub(crate) fn faketime() -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join("libfaketime.so.1")).find(|file| file.exists());
    let found = found.ok_or("there is no libfaketime.so.1 in PATH: make installs it")?;
    // The path is resolved, because LD_PRELOAD cannot contain a path with a space.
    found.canonicalize().map_err(|error| format!("{}: {error}", found.display()))
}
