//! How many mails `notify` sends in a minute, over one connection.

use std::{path::Path, time::Duration};

use chrono::Days;
use lambda::Instance;
use libsql::Builder;
use serde_json::json;
use smtp::{Options, Server};
use tokio::task::spawn_blocking;

use crate::{
    clinic::{Clinic, with},
    measure::{Rounds, Row, Table, Target},
};

const ROUNDS: usize = 3;
/// The mails of a round.
const MAILS: usize = 100;
/// The time from a command to the reply of the server.
const DELAY: Duration = Duration::from_millis(20);
/// How many mails have to be sent in a minute.
const LIMIT: f64 = 700.0;
/// The event of the schedule.
const EVENT: &[u8] = br#"{"schedule":"send"}"#;

/// Returns one row for a server that takes several commands at once (RFC 2920), and one for a server that does not.
pub(crate) async fn measure(clinic: &Clinic, progress: impl Fn(&str)) -> Result<Vec<Row>, String> {
    begin_with_next_change(&clinic.file).await.map_err(|error| format!("{}: {error}", clinic.file.display()))?;
    let mut booking = Instance::start(&clinic.function("appointments", &clinic.url(), &[]))?;
    let (mut rows, mut bookings) = (Vec::new(), 0..);
    for (name, is_pipelining) in [("a server with PIPELINING", true), ("a server without PIPELINING", false)] {
        progress(name);
        let server = Server::start(Options { is_pipelining, delay: DELAY, ..Options::default() }).await;
        let url = format!("smtp://127.0.0.1:{}", server.port());
        let settings = [("SMTP_URL", url.as_str()), ("MAIL_FROM", "clinic@example.org")];
        let mut sender = Instance::start(&clinic.function("notify", &clinic.url(), &settings))?;
        let mut rounds = Rounds::default();
        for round in 1..=ROUNDS {
            bookings.by_ref().take(MAILS).try_for_each(|number| book(clinic, &mut booking, number))?;
            // Not on this thread, because the SMTP server runs on it.
            let sent = spawn_blocking(move || sender.invoke(EVENT).map(|(_, elapsed)| (sender, elapsed)));
            let (returned, elapsed) =
                sent.await.map_err(|error| error.to_string())?.map_err(|error| format!("notify: {error}"))?;
            sender = returned;
            let (mails, connections) = (server.mails().len(), server.connections());
            if (mails, connections) != (round * MAILS, round as u64) {
                return Err(format!("notify sent {mails} mails over {connections} connections in {round} runs"));
            }
            rounds.add(&[MAILS as f64 / elapsed.as_secs_f64() * 60.0], &[LIMIT]);
        }
        rows.push(rounds.row(Table::Mails, name, Target::AtLeast(1.0)));
    }
    Ok(rows)
}

/// Moves the cursor, so that `notify` sends no messages about the appointments of the generated network.
async fn begin_with_next_change(file: &Path) -> Result<(), libsql::Error> {
    const SKIP: &str = "UPDATE message_cursor SET audit_id = (SELECT max(id) FROM audit)";
    Builder::new_local(file).build().await?.connect()?.execute(SKIP, ()).await.map(drop)
}

/// Books an appointment whose reminders are not due yet.
fn book(clinic: &Clinic, instance: &mut Instance, number: usize) -> Result<(), String> {
    let day = clinic.network.last_day + Days::new(150 + number as u64 / 20);
    let minute = 480 + number % 20 * 30;
    let start = format!("{day}T{:02}:{:02}:00Z", minute / 60, minute % 60);
    // The first doctors have working hours of their own.
    let path = format!("/doctors/{}/book", clinic.doctor(1000 + number % 20));
    let request = with(json!({ "start_date": start, "duration": 30 }), clinic.by_patient(2000 + number, "POST", path));
    match instance.send_request(&request)? {
        (answer, _) if answer.status == 201 => Ok(()),
        (answer, _) => Err(format!("booking {number} returned status {}: {}", answer.status, answer.body)),
    }
}
