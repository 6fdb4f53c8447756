//! A replica that stalls or lags: the requests that it costs, and what is reported.

use std::{
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rounds_data::{Database, Location};
use rounds_local::{Sqld, free_port};
use rounds_request::Usage;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

use crate::support::{Actor, Clinic, temporary};

/// Sends a signal to a process.
fn signal(process: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &process.id().to_string()]).status().unwrap().success());
}

/// Returns the usage of the database by a future.
async fn usage_of<T>(act: impl Future<Output = T>) -> Usage {
    Usage::measure(act).await.1
}

/// Returns a clinic over a primary and a replica, with the real time.
async fn clinic(primary: &str, replica: &str) -> Clinic {
    let location = Location { url: primary.to_owned(), replica_url: Some(replica.to_owned()), ..Location::default() };
    let database = Database::open(&location).unwrap();
    database.migrate().await.unwrap();
    Clinic::of(database, &chrono::Utc::now().to_rfc3339())
}

/// Repeats a request until its usage satisfies a condition.
async fn until(failure: &str, send: impl AsyncFn(), is_met: impl Fn(Usage) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let usage = usage_of(send()).await;
        if is_met(usage) {
            return;
        }
        assert!(Instant::now() < deadline, "{failure}: {usage:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn stalled_replica_is_skipped_and_used_again_later() {
    let primary = Sqld::primary(&temporary("primary"), Stdio::null).unwrap();
    let mut replica = Sqld::replica(&primary, &temporary("replica"), Stdio::null).unwrap();
    let clinic = clinic(&primary.url(), &replica.url()).await;
    let (admin, anyone) = (clinic.admin().await, clinic.anonymous());
    let day = chrono::Utc::now().format("%Y-%m-%d");
    let report = format!("/doctors/by_top_appointments?date={day}");
    let list = async || drop(anyone.get("/doctors").await.expect(200));
    let load = async || drop(admin.get(&report).await.expect(200));
    let answered = |usage: Usage| usage.replica_failures == 0;
    until("the replica does not follow", list, answered).await;
    until("the replica does not follow", load, answered).await;
    assert_eq!(usage_of(list()).await.requests, 1);

    signal(replica.process(), "-STOP");
    let first = usage_of(list()).await;
    assert_eq!((first.requests, first.replica_failures), (2, 1), "the replica, and the primary in its place");
    let mut tried = 0;
    for _ in 0..25 {
        for one in [usage_of(list()).await, usage_of(load()).await] {
            // Only the primary is queried. After each pause, one request tries the replica too.
            assert_eq!(one.replica_failures, 1);
            tried += u32::from(one.requests > 1);
        }
    }
    assert!(tried < 25, "{tried} of 50 requests waited for the replica");

    signal(replica.process(), "-CONT");
    until("the replica is not used again", list, answered).await;
    let usage = usage_of(load()).await;
    assert_eq!((usage.requests, usage.replica_failures), (2, 0));
}

/// A TCP proxy between a replica and its primary. It forwards nothing while it is held.
struct Line {
    address: String,
    held: watch::Sender<bool>,
}

impl Line {
    async fn to(primary: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (held, state) = watch::channel(false);
        tokio::spawn(async move {
            while let Ok((replica, _)) = listener.accept().await {
                let (from_replica, to_replica) = replica.into_split();
                let (from_primary, to_primary) = TcpStream::connect(primary).await.unwrap().into_split();
                tokio::spawn(pass(from_replica, to_primary, state.clone()));
                tokio::spawn(pass(from_primary, to_replica, state.clone()));
            }
        });
        Self { address, held }
    }

    fn hold(&self, held: bool) {
        self.held.send(held).unwrap();
    }
}

/// Forwards bytes until one side closes.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut held: watch::Receiver<bool>) -> Option<()> {
    let mut bytes = [0; 16 * 1024];
    loop {
        let read = from.read(&mut bytes).await.ok().filter(|read| *read > 0)?;
        held.wait_for(|held| !held).await.ok()?;
        to.write_all(&bytes[..read]).await.ok()?;
    }
}

/// A replica that reaches its primary through a [`Line`]. It is killed when dropped.
struct Replica(Child, String);

impl Replica {
    fn start(line: &Line) -> Self {
        let address = format!("127.0.0.1:{}", free_port().unwrap());
        let mut command = Command::new("sqld");
        command.arg("--no-welcome").arg("--db-path").arg(temporary("replica")).args(["--http-listen-addr", &address]);
        command.args(["--primary-grpc-url", &line.address]).stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().unwrap(), format!("http://{address}"))
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        // An error means that it has exited already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn replica_lag_is_measured_without_extra_requests() {
    let primary = Sqld::primary(&temporary("primary"), Stdio::null).unwrap();
    let line = Line::to(primary.replication()).await;
    let replica = Replica::start(&line);
    let clinic = clinic(&primary.url(), &replica.1).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let tomorrow = (chrono::Utc::now() + chrono::TimeDelta::days(1)).format("%Y-%m-%d").to_string();
    let report = format!("/doctors/by_top_appointments?date={tomorrow}");
    let book =
        async |patient: &Actor, hour: u32| patient.book(&doctor, &format!("{tomorrow}T{hour:02}:00:00Z"), 30).await;
    let load = async || drop(admin.get(&report).await.expect(200));
    let caught_up = |usage: Usage| usage.replica_lag == Some(Duration::ZERO);
    // Before its first replication, sqld forwards queries to the primary. So wait until it answers while it is held.
    loop {
        until("the replica does not follow", load, caught_up).await;
        line.hold(true);
        if caught_up(usage_of(load()).await) {
            break;
        }
        line.hold(false);
    }
    book(&patient, 9).await;
    let first = usage_of(load()).await;
    // The lag is the age of the oldest missing change, however many changes follow.
    book(&patient, 10).await;
    let second = usage_of(load()).await;
    assert!(first.replica_lag > Some(Duration::ZERO) && second.replica_lag > first.replica_lag, "{first:?} {second:?}");
    for usage in [first, second] {
        // One request to the replica, and one to the primary, which checks the token at the same time.
        assert_eq!((usage.requests, usage.replica_failures), (2, 0));
    }

    line.hold(false);
    until("the replica does not catch up", load, caught_up).await;
    // Without a request to the primary, the lag is unknown.
    assert_eq!(usage_of(clinic.anonymous().get("/doctors")).await.replica_lag, None);
}
