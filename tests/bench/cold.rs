//! Cold starts: the time from the start of a process to its first poll, and to its first response.

use std::{sync::Arc, thread};

use lambda::{Instance, Program, Request};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

use crate::{
    clinic::Clinic,
    floor::first_over_tls,
    measure::{Rounds, Row, Table, Target, millis},
    recorder::Recorder,
    routes::{Kind, Route, functions, has_database, route_named, routes},
    warm::send_request,
};

const ROUNDS: usize = 5;
/// The number of starts of each program in a round.
const STARTS: usize = 5;

/// The first request of a function, if it is not the first of its read routes.
const FIRST: [(&str, &str); 5] = [
    ("auth", "GET /me"),
    ("doctors", "GET /doctors/{doctor_id}"),
    ("appointments", "GET /appointments/{appointment_id}"),
    ("reports", "GET /audit"),
    ("docs", "GET /openapi.json"),
];

/// Returns the functions with routes, each with the route of its first request.
fn first_routes() -> Vec<(&'static str, Route)> {
    let first = |function| {
        let named = FIRST.iter().find(|(of, _)| *of == function).map(|(_, name)| *name);
        let fits = |route: &Route| match named {
            Some(name) => route.name == name,
            None => route.function == function && route.kind == Kind::Reads,
        };
        routes().into_iter().find(fits).map(|route| (function, route))
    };
    functions().into_iter().filter_map(first).collect()
}

/// Measures each function from its start to its first poll.
pub(crate) fn starts(clinic: &Clinic, hello: &Program, progress: impl Fn(&str)) -> Result<Vec<Row>, String> {
    let url = clinic.file.to_string_lossy();
    let mut rows = Vec::new();
    for function in functions() {
        progress(function);
        let program = clinic.function(function, &url, &[]);
        let mut rounds = Rounds::default();
        for _ in 0..ROUNDS {
            let mut samples = [Vec::new(), Vec::new()];
            for _ in 0..STARTS {
                samples[0].push(millis(Instance::start(hello)?.started_in));
                samples[1].push(millis(Instance::start(&program)?.started_in));
            }
            rounds.add(&samples[1], &samples[0]);
        }
        rows.push(rounds.row(Table::ColdStart, function, Target::AtMost(1.5)));
    }
    Ok(rows)
}

/// Measures each function from its start to its first response, with a file.
pub(crate) fn answers(clinic: &Clinic, hello: &Program, progress: impl Fn(&str)) -> Result<Vec<Row>, String> {
    let url = clinic.file.to_string_lossy();
    let mut rows = Vec::new();
    for (function, route) in first_routes() {
        progress(function);
        let (program, request) = (clinic.function(function, &url, &[]), route.request(clinic, 0));
        let mut rounds = Rounds::default();
        for _ in 0..ROUNDS {
            let mut samples = [Vec::new(), Vec::new()];
            for _ in 0..STARTS {
                samples[0].push(first(hello, &request, None)?);
                samples[1].push(first(&program, &request, Some(&route))?);
            }
            rounds.add(&samples[1], &samples[0]);
        }
        rows.push(rounds.row(Table::FirstAnswer, function, Target::AtMost(2.0)));
    }
    Ok(rows)
}

/// Measures the same with a server behind TLS. The floor is that of hello plus a TLS handshake with one request.
pub(crate) fn answers_over_tls(
    clinic: &Clinic,
    hello: &Program,
    server: &str,
    progress: impl Fn(&str),
) -> Result<Vec<Row>, String> {
    let tls = Tls::start(server)?;
    let authority = clinic.file.with_extension("authority.pem");
    std::fs::write(&authority, &tls.pem).map_err(|error| format!("{}: {error}", authority.display()))?;
    let recorder = Recorder::start(server)?;
    let mut rows = Vec::new();
    for (function, route) in first_routes() {
        if !has_database(function) {
            continue;
        }
        progress(function);
        let request = route.request(clinic, 0);
        send_request(&mut Instance::start(&clinic.function(function, &recorder.url, &[]))?, &route, &request)?;
        let sent = recorder.take();
        let [sent, ..] = &sent[..] else { return Err(format!("{function} sends no request to its database")) };
        let ca_file = [("DATABASE_CA_FILE", authority.to_string_lossy().into_owned())];
        let more: Vec<_> = ca_file.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let program = clinic.function(function, &format!("https://{}", tls.address), &more);
        let mut rounds = Rounds::default();
        for _ in 0..ROUNDS {
            let mut samples = [Vec::new(), Vec::new(), Vec::new()];
            for _ in 0..STARTS {
                samples[0].push(first(hello, &request, None)?);
                let bare = first_over_tls(&tls.address, &tls.certificate, &sent.request);
                samples[1].push(millis(bare.map_err(|error| error.to_string())?));
                samples[2].push(first(&program, &request, Some(&route))?);
            }
            let floors: Vec<f64> = samples[0].iter().zip(&samples[1]).map(|(hello, bare)| hello + bare).collect();
            rounds.add(&samples[2], &floors);
        }
        rows.push(rounds.row(Table::FirstAnswerTls, function, Target::AtMost(2.0)));
    }
    Ok(rows)
}

/// Returns the milliseconds from the start of a process to its first response. Checks the status if there is a route.
fn first(program: &Program, request: &Request, route: Option<&Route>) -> Result<f64, String> {
    let mut instance = Instance::start(program)?;
    let took = match route {
        Some(route) => send_request(&mut instance, route, request)?,
        None => instance.send_request(request)?.1,
    };
    Ok(millis(instance.started_in + took))
}

/// Terminates TLS in front of a server, as a load balancer does, with its own certificate.
struct Tls {
    address: String,
    certificate: CertificateDer<'static>,
    pem: String,
}

impl Tls {
    fn start(server: &str) -> Result<Self, String> {
        Self::begin(server).map_err(|error| format!("TLS in front of {server}: {error}"))
    }

    fn begin(server: &str) -> Result<Self, Box<dyn std::error::Error>> {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der())?;
        let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
        let config = config.with_safe_default_protocol_versions()?.with_no_client_auth();
        let acceptor = TlsAcceptor::from(Arc::new(config.with_single_cert(vec![made.cert.der().clone()], key)?));
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = format!("localhost:{}", listener.local_addr()?.port());
        let server = server.trim_start_matches("http://").to_owned();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        thread::spawn(move || runtime.block_on(serve(listener, acceptor, &server)));
        Ok(Self { address, certificate: made.cert.der().clone(), pem: made.cert.pem() })
    }
}

async fn serve(listener: std::net::TcpListener, acceptor: TlsAcceptor, server: &str) -> std::io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (client, _) = listener.accept().await?;
        client.set_nodelay(true)?;
        let (acceptor, server) = (acceptor.clone(), server.to_owned());
        // An error ends this connection only.
        tokio::spawn(async move {
            let mut client = acceptor.accept(client).await?;
            let mut server = TcpStream::connect(server).await?;
            server.set_nodelay(true)?;
            copy_bidirectional(&mut client, &mut server).await
        });
    }
}

/// Measures the resident memory of each function after a thousand requests.
pub(crate) fn memory(clinic: &Clinic, hello: &Program, progress: impl Fn(&str)) -> Result<Vec<Row>, String> {
    const REQUESTS: usize = 1000;
    let url = clinic.file.to_string_lossy();
    let mut rows = Vec::new();
    for (function, route) in first_routes() {
        progress(function);
        let request = route.request(clinic, 0);
        let after = |program: &Program, route: Option<&Route>| {
            let mut instance = Instance::start(program)?;
            for _ in 0..REQUESTS {
                match route {
                    Some(route) => send_request(&mut instance, route, &request)?,
                    None => instance.send_request(&request)?.1,
                };
            }
            // A sign-in too: the memory of Argon2 must be returned afterwards.
            if route.is_some() && function == "auth" {
                let login = route_named("POST /login")?;
                send_request(&mut instance, &login, &login.request(clinic, 0))?;
            }
            instance.resident_bytes().map(|bytes| bytes as f64 / 1024.0 / 1024.0)
        };
        let floor = after(hello, None)?;
        let used = after(&clinic.function(function, &url, &[]), Some(&route))?;
        let mut rounds = Rounds::default();
        rounds.add(&[used], &[floor]);
        rows.push(rounds.row(Table::Memory, function, Target::AtMost(4.0)));
    }
    Ok(rows)
}
