//! `rounds serve` under load: requests per second, latency beside sign-ins, the time of a start, and memory.

use std::{
    fs,
    io::BufReader,
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use axum::{Router, http::header::CONTENT_TYPE, routing::get};
use lambda::{
    Instance, Request,
    http::{self, Message},
};
use rounds_local::free_port;
use serde_json::json;

use crate::{
    bookings::{booked, per_second},
    clinic::{Clinic, with},
    floor,
    generate::Network,
    measure::{Rounds, Row, Table, Target, millis},
    recorder::{Recorder, Sent},
    routes::{by_anyone, route_named},
    warm::{recorded, server_of},
};

const ROUNDS: usize = 3;
/// The connections of the reads, and the requests of each in a round.
const READERS: usize = 32;
const READS: usize = 300;
/// The connections of the bookings, and the requests of each in a round.
const WRITERS: usize = 8;
const BOOKINGS: usize = 50;
/// The connections that sign in without a pause.
const SIGN_INS: usize = 4;
/// How long a program may take to get ready.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A running `rounds serve`.
struct Served {
    child: Child,
    address: String,
    /// The time from its start to its first successful `GET /readyz`.
    ready_after: Duration,
}

impl Served {
    fn start(program: &Path, home: &Path, file: &Path) -> Result<Self, String> {
        let port = free_port()?;
        let begun = Instant::now();
        let child = Command::new(program)
            .arg("serve")
            .env("ROUNDS_HOME", home)
            .env("DATABASE_URL", file)
            .env("PORT", port.to_string())
            .env("DEMO", "off")
            .env("LOG", "file")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        let mut served = Self { child, address: format!("127.0.0.1:{port}"), ready_after: Duration::ZERO };
        let ready = by_anyone("GET", "/readyz");
        while Connection::open(&served.address).and_then(|mut to| to.send(&ready, 200)).is_err() {
            if begun.elapsed() > TIMEOUT {
                return Err(format!("{} is not ready after {} s", program.display(), TIMEOUT.as_secs()));
            }
            thread::sleep(Duration::from_millis(1));
        }
        served.ready_after = begun.elapsed();
        Ok(served)
    }

    /// Its resident memory in MB.
    fn memory(&self) -> Result<f64, String> {
        lambda::resident_bytes(self.child.id()).map(|bytes| bytes as f64 / 1e6)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client with one connection.
struct Connection(BufReader<TcpStream>);

impl Connection {
    fn open(address: &str) -> Result<Self, String> {
        let stream = TcpStream::connect(address).and_then(|stream| stream.set_nodelay(true).map(|()| stream));
        stream.map(BufReader::new).map(Self).map_err(|error| format!("{address}: {error}"))
    }

    /// Sends a request that must succeed.
    fn send(&mut self, request: &Request, status: u16) -> Result<(), String> {
        let Request { method, path, query, headers, body } = request;
        let mark = if query.is_empty() { "" } else { "?" };
        let mut head = format!("{method} {path}{mark}{query} HTTP/1.1\r\nhost: clinic\r\n");
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        let body = body.as_ref().map(|body| body.to_string()).unwrap_or_default();
        if !body.is_empty() {
            head += "content-type: application/json\r\n";
        }
        let sent = http::write(self.0.get_mut(), &head, body.as_bytes());
        let answer = sent.and_then(|()| Message::answer(&mut self.0)).map_err(|error| format!("{path}: {error}"))?;
        match answer.first_line().contains(&format!(" {status} ")) {
            true => Ok(()),
            false => Err(format!("{path} returned {}", answer.first_line())),
        }
    }
}

/// Measures everything about `rounds serve`. `program` is its release build.
pub(crate) async fn measure(
    clinic: &Clinic,
    program: &Path,
    work: &Path,
    progress: impl Fn(&str),
) -> Result<Vec<Row>, String> {
    let home = clinic.file.parent().unwrap_or(Path::new("/"));
    let (file, floor_file) = (work.join("served.db"), work.join("served-floor.db"));
    for copy in [&file, &floor_file] {
        fs::copy(&clinic.file, copy).map_err(|error| format!("{}: {error}", copy.display()))?;
    }
    let sqld = server_of(&clinic.file, &work.join("served-recorded"))?;
    let recorder = Recorder::start(&sqld.url())?;

    progress("start of serve");
    let mut starts = Vec::new();
    for _ in 0..5 {
        starts.push(millis(Served::start(program, home, &file)?.ready_after));
    }
    let served = Served::start(program, home, &file)?;
    let mut rows = Vec::new();
    for route in ["GET /me", "GET /doctors"] {
        progress(route);
        rows.push(reads(clinic, &served, &recorder, &floor_file, route).await?);
    }
    progress("bookings of serve");
    rows.push(bookings(clinic, &served, &recorder, &floor_file).await?);
    progress("latency beside sign-ins");
    rows.push(limit(Table::ServeLatency, "GET /me, p99", beside_sign_ins(clinic, &served)?, 10.0));
    rows.push(limit(Table::ServeStart, "existing database", crate::measure::median(&starts), 300.0));
    progress("memory of serve");
    send_many(clinic, &served)?;
    rows.push(limit(Table::ServeMemory, "rounds serve", served.memory()?, 80.0));
    Ok(rows)
}

/// Returns a row that compares a measurement with a limit.
pub(crate) fn limit(table: Table, name: &str, measured: f64, limit: f64) -> Row {
    let mut rounds = Rounds::default();
    rounds.add(&[measured], &[limit]);
    rounds.row(table, name, Target::AtMost(1.0))
}

/// Reads per second, compared with the same statement in a bare axum program.
async fn reads(
    clinic: &Clinic,
    served: &Served,
    recorder: &Recorder,
    floor_file: &Path,
    name: &str,
) -> Result<Row, String> {
    let route = route_named(name)?;
    let request = route.request(clinic, 0);
    let sent = recorded(clinic, &route, recorder, &[request.clone(), request.clone()])?.pop().unwrap_or_default();
    let sent = sent.into_iter().next().ok_or_else(|| format!("{name} sends no request to its database"))?;
    let bare = BareAxum::start(sent, floor_file.to_owned())?;
    let rate = |address: &str, request: &Request| {
        let parts: Result<Vec<_>, _> = (0..READERS).map(|_| Connection::open(address)).collect();
        per_second(READERS * READS, parts?, |mut connection: Connection| {
            (0..READS).try_for_each(|_| connection.send(request, 200))
        })
    };
    let mut rounds = Rounds::default();
    // A first round, which is not counted, opens the connections to the database and prepares the statements.
    for round in 0..=ROUNDS {
        let (measured, floor) = (rate(&served.address, &request)?, rate(&bare, &by_anyone("GET", "/"))?);
        if round > 0 {
            rounds.add(&[measured], &[floor]);
        }
    }
    Ok(rounds.row(Table::ServeReads, name, Target::AtLeast(0.6)))
}

/// The floor of the reads: an axum program with one route, which runs a prepared statement and returns its document.
struct BareAxum;

impl BareAxum {
    /// Starts it in a runtime of its own. Returns its address.
    fn start(sent: Sent, file: PathBuf) -> Result<String, String> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        let idle: Arc<Mutex<Vec<floor::File>>> = Arc::default();
        let sent = Arc::new(sent);
        let answer = move || {
            let (idle, sent, file) = (idle.clone(), sent.clone(), file.clone());
            async move {
                let connection = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let mut connection = match connection {
                    Some(connection) => connection,
                    None => floor::File::open_wal(&file).await.map_err(|error| error.to_string())?,
                };
                let document = connection.document(&sent).await.map_err(|error| error.to_string());
                idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
                document.map(|document| ([(CONTENT_TYPE, "application/json")], document))
            }
        };
        let listener = std::net::TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        listener.set_nonblocking(true).map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        thread::spawn(move || {
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener)?;
                axum::serve(listener, Router::new().route("/", get(answer))).await
            })
        });
        Ok(address.to_string())
    }
}

/// Bookings per second, compared with their own transactions on a file in the same mode, without a server around them.
async fn bookings(clinic: &Clinic, served: &Served, recorder: &Recorder, floor_file: &Path) -> Result<Row, String> {
    let mut function = Instance::start(&clinic.function("appointments", &recorder.url, &[]))?;
    let floor = floor::File::open_wal(floor_file).await.map_err(|error| error.to_string())?;
    // SQLite makes one change after the other, so the writers share a connection. None of them has to poll for a lock.
    let floor = Mutex::new(floor);
    let (mut rounds, mut number) = (Rounds::default(), 0);
    // The first request may also read the calendar.
    function.send_request(&booked(clinic, &mut number, 1)[0])?;
    recorder.take();
    for _ in 0..ROUNDS {
        let requests: Vec<Vec<Request>> = (0..WRITERS).map(|_| booked(clinic, &mut number, BOOKINGS)).collect();
        let mut statements = Vec::new();
        for requests in &requests {
            for request in requests {
                function.send_request(request)?;
            }
            statements.push(recorder.take());
        }
        let parts: Result<Vec<_>, String> =
            requests.into_iter().map(|requests| Ok((Connection::open(&served.address)?, requests))).collect();
        let measured = per_second(WRITERS * BOOKINGS, parts?, |(mut connection, requests)| {
            requests.iter().try_for_each(|request| connection.send(request, 201))
        })?;
        let bare = per_second(WRITERS * BOOKINGS, statements, |statements| {
            let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(|error| error.to_string())?;
            statements.iter().try_for_each(|sent: &Sent| {
                let mut floor = floor.lock().unwrap_or_else(PoisonError::into_inner);
                runtime.block_on(floor.run(sent)).map(drop).map_err(|error| error.to_string())
            })
        })?;
        rounds.add(&[measured], &[bare]);
    }
    Ok(rounds.row(Table::ServeBookings, "eight writers", Target::AtLeast(0.9)))
}

/// Returns the 99th percentile of the latency of `GET /me` in milliseconds, while four clients sign in.
fn beside_sign_ins(clinic: &Clinic, served: &Served) -> Result<f64, String> {
    let me = route_named("GET /me")?.request(clinic, 0);
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let sign_ins: Vec<_> = (0..SIGN_INS)
            .map(|number| {
                let (sign_in, stop) = (sign_in(clinic, number), &stop);
                scope.spawn(move || {
                    let mut connection = Connection::open(&served.address)?;
                    while !stop.load(Ordering::Relaxed) {
                        connection.send(&sign_in, 200)?;
                    }
                    Ok::<_, String>(())
                })
            })
            .collect();
        let mut latencies = Vec::new();
        let measured = Connection::open(&served.address).and_then(|mut connection| {
            for _ in 0..2000 {
                let begun = Instant::now();
                connection.send(&me, 200)?;
                latencies.push(millis(begun.elapsed()));
            }
            Ok(())
        });
        stop.store(true, Ordering::Relaxed);
        for sign_in in sign_ins {
            sign_in.join().map_err(|_| "a client panicked".to_owned())??;
        }
        measured?;
        latencies.sort_by(f64::total_cmp);
        Ok(latencies[latencies.len() * 99 / 100])
    })
}

fn sign_in(clinic: &Clinic, number: usize) -> Request {
    let email = clinic.network.email(clinic.patient(number));
    with(json!({ "email": email, "password": Network::PASSWORD }), by_anyone("POST", "/login"))
}

/// Sends 100,000 requests, with a sign-in among each thousand.
fn send_many(clinic: &Clinic, served: &Served) -> Result<(), String> {
    let requests = [
        route_named("GET /me")?.request(clinic, 0),
        route_named("GET /doctors")?.request(clinic, 0),
        route_named("GET /doctors/{doctor_id}/availability")?.request(clinic, 0),
        route_named("GET /appointments/{appointment_id}")?.request(clinic, 0),
    ];
    // More than ten sign-ins of one account at once are refused, so each connection has its own account.
    let parts: Result<Vec<_>, String> =
        (0..READERS).map(|reader| Ok((Connection::open(&served.address)?, sign_in(clinic, reader)))).collect();
    let each = 100_000 / READERS;
    per_second(READERS * each, parts?, |(mut connection, sign_in): (Connection, Request)| {
        for number in 0..each {
            match number % 1000 {
                999 => connection.send(&sign_in, 200)?,
                _ => connection.send(&requests[number % requests.len()], 200)?,
            }
        }
        Ok(())
    })
    .map(drop)
}
