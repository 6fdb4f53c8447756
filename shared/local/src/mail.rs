//! Sends the clinic's messages while `rounds serve` runs.

use std::{
    path::Path,
    time::{Duration, SystemTime},
};

use notify::{Program, PublicUrl, Sender, log_report};
use rounds_data::Database;
use rounds_http::DEFAULT_STACK;
use rounds_mail::{Settings, Transport};
use rounds_secrets::Secret;
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};
use tracing_subscriber::fmt::MakeWriter;

use crate::{LogOutput, Variables};

/// The time between two runs of the sender.
const INTERVAL: Duration = Duration::from_secs(5);
/// How long a stop waits for the message that is being sent.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// The name in log lines.
const PROGRAM: Program<'_> = Program { function: "serve", stack: DEFAULT_STACK };

/// The settings of messages: how they are sent, and the URL for their links.
pub struct MailSettings {
    transport: Transport,
    public_url: PublicUrl,
}

impl MailSettings {
    /// Reads the settings. `home` is the folder of the clinic's files, and `url` the default of `PUBLIC_URL`.
    ///
    /// # Errors
    /// A sentence that names the invalid setting.
    pub async fn read(variables: &Variables, home: &Path, url: &str) -> Result<Self, String> {
        let text = |name| Some(variables.get(name)).filter(|value| !value.is_empty());
        let secret = |name| text(name).map(Secret::new);
        let settings = Settings {
            smtp_url: secret("SMTP_URL"),
            smtp_ca_file: variables.path("SMTP_CA_FILE"),
            mail_from: text("MAIL_FROM"),
            sms_url: text("SMS_URL"),
            sms_secret: secret("SMS_SECRET"),
            ..Settings::in_folder(home.join("mail"))
        };
        let transport = Transport::new(settings)?;
        transport.check().await?;
        let public_url = text("PUBLIC_URL").unwrap_or_else(|| url.to_owned());
        let is_url = ["http://", "https://"].iter().any(|scheme| public_url.starts_with(scheme));
        if !is_url || public_url.contains(['#', '?', ' ']) {
            return Err("PUBLIC_URL must be the URL of the web app, like https://clinic.example".into());
        }
        Ok(Self { transport, public_url: PublicUrl::new(Secret::new(public_url)) })
    }

    /// The folder that mails are written into. `None` if they are sent.
    pub fn folder(&self) -> Option<&Path> {
        self.transport.folder()
    }

    /// The URL of the web app.
    pub fn public_url(&self) -> &PublicUrl {
        &self.public_url
    }

    /// Starts to send messages.
    pub fn start(self, database: Database, log: LogOutput) -> Sending {
        let sender = Sender::new(database, self.transport, self.public_url, chrono::Utc::now);
        let (stop, mut stopped) = watch::channel(false);
        let task = tokio::spawn(async move {
            loop {
                let may_continue = || !*stopped.borrow();
                match sender.run(&may_continue).await {
                    Ok(report) if report.is_idle() => {}
                    Ok(report) => log_report(&report, PROGRAM, SystemTime::now(), log.make_writer()),
                    Err(error) => tracing::error!(%error, "messages could not be sent"),
                }
                tokio::select! {
                    () = sleep(INTERVAL) => {}
                    _ = stopped.changed() => return,
                }
            }
        });
        Sending { stop, task }
    }
}

/// The task that sends messages.
pub struct Sending {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Sending {
    /// Waits until the message that is being sent is finished, and stops.
    pub async fn stop(self) {
        // An error means that the task has ended.
        let _ = self.stop.send(true);
        if timeout(STOP_TIMEOUT, self.task).await.is_err() {
            tracing::warn!("a message was still being sent; it will be sent again");
        }
    }
}
