use std::{
    fs::File,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus},
    thread::sleep,
    time::Duration,
};

use rounds_local::{Settings, tied};

use super::{Clinic, PASSWORD, built, clinic::ADMIN, temporary};

const POLL: Duration = Duration::from_millis(20);

/// A running `rounds serve`, with its own home, database and port. It ends when dropped.
pub(crate) struct Serve {
    pub(crate) url: String,
    pub(crate) home: PathBuf,
    child: Child,
    log: PathBuf,
}

impl Serve {
    /// Returns the command: outside of a clone, without the demo accounts, and with one Admin.
    pub(crate) fn command(home: &Path) -> Command {
        Self::set(Command::new(built("rounds")), home)
    }

    fn set(mut command: Command, home: &Path) -> Command {
        for name in rounds_local::setting_names() {
            command.env_remove(name);
        }
        command.arg("serve").current_dir("/");
        // The system chooses a free port.
        command.env("ROUNDS_HOME", home).env("LISTEN", "127.0.0.1:0").env("DEMO", "off");
        command.env("ADMIN_EMAIL", ADMIN).env("ADMIN_PASSWORD", PASSWORD);
        command
    }

    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    /// Like [`Serve::start`], with more settings.
    pub(crate) fn with(settings: &[(&str, &str)]) -> Self {
        Self::at(&temporary("home"), settings)
    }

    /// Like [`Serve::with`], in a home that may exist.
    pub(crate) fn at(home: &Path, settings: &[(&str, &str)]) -> Self {
        let log = temporary("log");
        let output = File::create(&log).unwrap();
        // A program that all stories share is never dropped, so it must end with this process.
        let mut command = Self::set(tied(built("rounds").to_str().unwrap()), home);
        command.envs(settings.iter().copied()).stdout(output.try_clone().unwrap()).stderr(output);
        let mut serve = Self { url: String::new(), home: home.to_owned(), child: command.spawn().unwrap(), log };
        loop {
            let ended = serve.child.try_wait().unwrap();
            let text = serve.log();
            if let Some((_, rest)) = text.split_once("rounds: ready at ") {
                serve.url = rest.split(' ').next().unwrap().to_owned();
                return serve;
            }
            assert!(ended.is_none(), "rounds serve ended: {text}");
            sleep(POLL);
        }
    }

    /// Starts it with the settings of the functions.
    pub(crate) fn with_settings(settings: &Settings) -> Self {
        let home = settings.keys.signing_key.parent().unwrap();
        let limits = settings.limits.by_setting().map(|(name, limit)| (name, limit.to_string()));
        let mut variables = vec![("DATABASE_URL", settings.database_url.as_str())];
        variables.extend(limits.iter().map(|(name, limit)| (*name, limit.as_str())));
        Self::at(home, &variables)
    }

    /// Returns the output until now.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    pub(crate) fn clinic(&self) -> Clinic {
        Clinic::over_http(&self.url)
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
    }

    /// Waits for the end. Returns the status and the whole output.
    pub(crate) fn wait(&mut self) -> (ExitStatus, String) {
        // Not `wait`: it closes the standard input first, which is another signal to end.
        let status = loop {
            match self.child.try_wait().unwrap() {
                Some(status) => break status,
                None => sleep(POLL),
            }
        };
        (status, self.log())
    }

    /// Ends the program, and returns its output.
    pub(crate) fn end(mut self) -> String {
        self.terminate();
        let (status, log) = self.wait();
        assert!(status.success() && status.signal().is_none(), "{status}: {log}");
        log
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        if self.child.try_wait().unwrap().is_none() {
            self.terminate();
            self.wait();
        }
    }
}
