//! Starts the function. It answers requests. When a schedule invokes it, it sends the messages that are due, or checks
//! whether clients can use the clinic.

use std::{
    env, io,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use chrono::Utc;
use notify::{Program, PublicUrl, Sender, State, check, log_check, log_report};
use rounds_data::{Database, Error, Limits, accounts};
use rounds_http::{Keys, serve_with_schedule, stack_from_env};
use rounds_mail::{Settings, Transport};
use rounds_secrets::Secret;
use tokio::time::{Instant, sleep};

/// How long after its start an invocation may begin to send a message. The next invocation starts after a minute.
const LONGEST_RUN: Duration = Duration::from_secs(50);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), rounds_http::Error> {
    let public_keys = Keys::public_from_env().await?;
    let database = Database::from_env()?;
    let public_url = Secret::from_env("PUBLIC_URL").ok_or("the environment variable PUBLIC_URL must be set")?;
    let public_url = PublicUrl::new(public_url);
    let limits = Limits::read(|name| env::var(name).unwrap_or_default())?;
    let sender = sender(database.clone(), public_url.clone())?;
    let function = env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default();
    let routes =
        notify::router(State { database: database.clone(), limits, public_url: public_url.clone(), backups: None });
    let check_token = move |caller| accounts::check_token(database.clone(), caller);
    let tasks = Arc::new(Tasks { sender, public_url, function, stack: stack_from_env() });
    let run = move |name: String| {
        let tasks = tasks.clone();
        async move { tasks.run(&name).await }
    };
    serve_with_schedule(routes, public_keys, check_token, run).await
}

/// Returns the sender. `None` if it has neither a server nor a folder for mails: the files of a function are lost, so
/// messages stay in the queue.
fn sender(database: Database, public_url: PublicUrl) -> Result<Option<Sender>, String> {
    let folder = env::var_os("MAIL_FOLDER").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let settings = Settings::from_env(folder.clone().unwrap_or_default());
    if settings.smtp_url.is_none() && folder.is_none() {
        return Ok(None);
    }
    Ok(Some(Sender::new(database, Transport::new(settings)?, public_url, Utc::now)))
}

/// What the schedules run.
struct Tasks {
    sender: Option<Sender>,
    public_url: PublicUrl,
    function: String,
    stack: String,
}

impl Tasks {
    async fn run(&self, name: &str) -> Result<(), String> {
        match name {
            "send" => self.send().await,
            "check" => {
                log_check(check(&self.public_url).await, self.program(), SystemTime::now(), io::stdout());
                Ok(())
            }
            _ => Err("the schedule of an event must be send or check".to_owned()),
        }
    }

    /// Sends the messages that are due, and waits for those that become due before the next invocation. Otherwise a
    /// message about a reschedule, which is held back for a minute, could be sent later than two minutes after the change.
    async fn send(&self) -> Result<(), String> {
        let sender = self.sender.as_ref().ok_or("SMTP_URL is not set, so no message is sent")?;
        let end = Instant::now() + LONGEST_RUN;
        loop {
            let report = sender.run(&|| Instant::now() < end).await.map_err(Error::into_reason)?;
            log_report(&report, self.program(), SystemTime::now(), io::stdout());
            let wait = report.next_at.and_then(|at| (at - Utc::now()).to_std().ok());
            match wait.filter(|wait| Instant::now() + *wait < end) {
                Some(wait) => sleep(wait).await,
                None => return Ok(()),
            }
        }
    }

    fn program(&self) -> Program<'_> {
        Program { function: &self.function, stack: &self.stack }
    }
}
