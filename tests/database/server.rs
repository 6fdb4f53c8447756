//! A libSQL server that stalls, restarts or is unreachable: no acknowledged change is lost, and no function needs a
//! restart.

use std::{
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use rounds_data::{Database, Error, Location, Page, doctors};
use rounds_local::Sqld;
use rounds_request::Usage;
use rounds_secrets::Secret;
use tokio::net::{TcpListener, TcpStream};

use crate::support::{Actor, Answer, Clinic, Proxy, Server, TestDatabase, json, temporary};

const NOW: &str = "2030-01-07T08:00:00Z";

#[track_caller]
pub(super) fn assert_unavailable(answer: &Answer) {
    answer.problem(503, "database-unavailable");
    assert!(answer.header("retry-after").parse::<u32>().unwrap() > 0);
}

#[tokio::test]
async fn functions_respond_after_their_streams_have_expired() {
    let server = Server::start_on(TestDatabase::server(), 1).await;
    let clinic = server.clinic();
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let day = clinic.day();
    patient.book(&doctor, &format!("{day}T09:00:00Z"), 30).await;
    admin.get(&format!("/doctors/by_top_appointments?date={day}")).await.expect(200);
    tokio::time::sleep(Duration::from_secs(15)).await;
    patient.book(&doctor, &format!("{day}T10:00:00Z"), 30).await;
    admin.get(&format!("/doctors/by_top_appointments?date={day}")).await.expect(200);
    clinic.anonymous().get("/doctors").await.expect(200);
    clinic.patient().await;
}

#[tokio::test]
async fn stalled_server_is_503_and_needs_no_restart_afterwards() {
    let mut server = Server::start_on(TestDatabase::server(), 1).await;
    let clinic = server.clinic();
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let day = clinic.day();
    patient.book(&doctor, &format!("{day}T09:00:00Z"), 30).await;

    let TestDatabase::Server(sqld) = &mut server.database else { panic!("the test started a server") };
    let process = sqld.process().id().to_string();
    let signal = |name: &str| assert!(Command::new("kill").args([name, &process]).status().unwrap().success());
    signal("-STOP");
    for _ in 0..2 {
        let start = Instant::now();
        patient.try_book(&doctor, &format!("{day}T10:00:00Z"), 30).await.problem(503, "unconfirmed");
        assert_unavailable(&clinic.anonymous().get("/doctors").await);
        assert!(start.elapsed() < Duration::from_secs(10), "5 s each");
    }
    signal("-CONT");
    clinic.anonymous().get("/doctors").await.expect(200);
    // The stalled server may or may not have made the bookings, but not both.
    let booked = patient.try_book(&doctor, &format!("{day}T10:00:00Z"), 30).await;
    assert!([201, 409].contains(&booked.status), "{}", booked.body);
    let times = patient.get(&format!("/doctors/{}/slots?date={day}", doctor.id)).await.expect(200);
    assert_eq!(times.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn killed_server_has_every_acknowledged_change() {
    let folder = temporary("sqld");
    let port = rounds_local::free_port().unwrap();
    let start = || Sqld::primary_at(&folder, port, &[], Stdio::null).unwrap();
    let server = Server::start_on(TestDatabase::Server(start()), 1).await;
    let clinic = server.clinic();
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let day = clinic.day();
    let id = patient.book(&doctor, &format!("{day}T09:00:00Z"), 30).await;

    let mut server = server;
    server.database = TestDatabase::Memory; // Kills the server with SIGKILL.
    assert_unavailable(&clinic.anonymous().get("/doctors").await);
    server.database = TestDatabase::Server(start());
    patient.get(&format!("/appointments/{id}")).await.expect(200);
    patient.book(&doctor, &format!("{day}T10:00:00Z"), 30).await;
    clinic.anonymous().get("/doctors").await.expect(200);
}

#[tokio::test]
async fn server_gets_the_token_and_a_wrong_token_is_503() {
    let folder = temporary("sqld");
    let pem = rounds_auth::SigningKey::generate().unwrap();
    let public_keys = rounds_auth::SigningKey::from_pem(&pem).unwrap().public_keys();
    let public_keys: serde_json::Value = serde_json::from_str(&public_keys).unwrap();
    let public = folder.with_file_name("public_key");
    std::fs::write(&public, public_keys["keys"][0]["x"].as_str().unwrap()).unwrap();
    let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::EdDSA);
    let der = pem.lines().filter(|line| !line.starts_with('-')).collect::<String>();
    let key = jsonwebtoken::EncodingKey::from_ed_der(&BASE64_STANDARD.decode(der).unwrap());
    let token = jsonwebtoken::encode(&header, &json!({ "exp": chrono::Utc::now().timestamp() + 600 }), &key).unwrap();
    let arguments = ["--auth-jwt-key-file", public.to_str().unwrap()];
    let port = rounds_local::free_port().unwrap();
    let sqld = Sqld::primary_at(&folder, port, &arguments, Stdio::null).unwrap();
    let location = |token: &str| Location {
        url: sqld.url(),
        auth_token: Some(Secret::new(token.to_owned())),
        ..Location::default()
    };

    Database::open(&location(&token)).unwrap().migrate().await.unwrap();
    Clinic::of(Database::open(&location(&token)).unwrap(), NOW).anonymous().get("/doctors").await.expect(200);
    let refused = Clinic::of(Database::open(&location("a wrong token")).unwrap(), NOW);
    assert_unavailable(&refused.anonymous().get("/doctors").await);
}

/// Terminates TLS in front of a server, and writes its certificate to a file.
async fn tls_before(server: &str, certificate: &Path) -> String {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(certificate, made.cert.pem()).unwrap();
    let key = tokio_rustls::rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = tokio_rustls::rustls::ServerConfig::builder().with_no_client_auth();
    let config = config.with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let server = server.strip_prefix("http://").unwrap().to_owned();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (acceptor, server) = (acceptor.clone(), server.clone());
            tokio::spawn(async move {
                // A client that does not trust the certificate has closed the connection.
                let Ok(mut client) = acceptor.accept(client).await else { return };
                let mut server = TcpStream::connect(server).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    url
}

#[tokio::test]
async fn server_certificate_must_be_trusted() {
    let server = TestDatabase::server();
    let certificate = temporary("authority.pem");
    let url = tls_before(&server.url(), &certificate).await;
    let text = std::fs::read_to_string(&certificate).unwrap();
    let in_file = Location { url: url.clone(), ca_file: Some(certificate.clone()), ..Location::default() };
    Database::open(&in_file).unwrap().migrate().await.unwrap();
    let in_text = |text: &str| Location { url: url.clone(), ca: Some(text.to_owned()), ..Location::default() };
    // In a field with one line, the line breaks become spaces.
    for trusting in [in_file, in_text(&text), in_text(&text.replace('\n', " ")), in_text(&format!("{text}{text}"))] {
        let clinic = Clinic::of(Database::open(&trusting).unwrap(), NOW);
        clinic.anonymous().get("/doctors").await.expect(200);
    }

    let with_public_authorities = Clinic::of(Database::at(&url).unwrap(), NOW);
    assert_unavailable(&with_public_authorities.anonymous().get("/doctors").await);
    for (file, content) in [("missing.pem", None), ("empty.pem", Some("no certificate"))] {
        let file = temporary(file);
        content.inspect(|content| std::fs::write(&file, content).unwrap());
        let error = Database::open(&Location { url: url.clone(), ca_file: Some(file), ..Location::default() }).err();
        assert!(error.unwrap().starts_with("DATABASE_CA_FILE "));
    }
    for text in
        ["no certificate", "-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE-----AAAA-----END CERTIFICATE-----"]
    {
        let error = Database::open(&in_text(text)).err().unwrap();
        assert!(error.starts_with("DATABASE_CA: "), "{error}");
    }
    let both = Location { ca_file: Some(certificate), ..in_text(&text) };
    assert_eq!(Database::open(&both).err().unwrap(), "set either DATABASE_CA or DATABASE_CA_FILE, not both");
}

#[tokio::test]
async fn log_names_an_untrusted_server() {
    let server = Sqld::primary(&temporary("sqld"), Stdio::null).unwrap();
    let url = tls_before(&server.url(), &temporary("authority.pem")).await;
    let database = Database::at(&url).unwrap();
    let page = Page { limit: 1, after: None };
    let Err(Error::Unavailable(reason)) = doctors::list(&database, &doctors::Filter::default(), page).await else {
        panic!("{url} was trusted")
    };
    // The text of this error is written to the log: see the story of an unreachable database.
    assert!(reason.contains("invalid peer certificate"), "{reason}");
}

#[tokio::test]
async fn replica_answers_only_queries_that_may_be_outdated() {
    let primary = Sqld::primary(&temporary("primary"), Stdio::null).unwrap();
    let replica = Sqld::replica(&primary, &temporary("replica"), Stdio::null).unwrap();
    let (before_primary, before_replica) = (Proxy::start(&primary.url()).await, Proxy::start(&replica.url()).await);
    let location =
        Location { url: before_primary.url(), replica_url: Some(before_replica.url()), ..Location::default() };
    let database = Database::open(&location).unwrap();
    database.migrate().await.unwrap();
    let clinic = Clinic::of(database, NOW);
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    patient.book(&doctor, "2030-01-08T09:00:00Z", 30).await;

    let report = "/doctors/by_top_appointments?date=2030-01-08";
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        before_primary.take_counts();
        let doctors = clinic.anonymous().get("/doctors").await.expect(200);
        let loads = admin.get(report).await.expect(200);
        // One request, to check the token: the replica has answered both queries.
        if before_primary.take_counts().0 == 1 && doctors != json!([]) && loads != json!([]) {
            break;
        }
        assert!(Instant::now() < deadline, "the replica does not follow");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    before_primary.take_counts();
    before_replica.take_counts();
    clinic.anonymous().get("/doctors").await.expect(200);
    admin.get(report).await.expect(200);
    // The primary only checks the token of the report's caller.
    assert_eq!((before_primary.take_counts().0, before_replica.take_counts().0), (1, 2));
    // A client that writes reads its own change, from the primary.
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    patient.get(&format!("/appointments/{id}")).await.expect(200);
    assert_eq!(patient.get("/appointments").await.expect(200).as_array().unwrap().len(), 2);
    assert_eq!((before_primary.take_counts().0, before_replica.take_counts().0), (3, 0));

    // An unreachable replica is skipped: the primary answers the report and checks the token in one request.
    drop(replica);
    clinic.anonymous().get("/doctors").await.expect(200);
    admin.get(report).await.expect(200);
    assert_eq!(before_primary.take_counts().0, 2);
}

#[tokio::test]
async fn revoked_token_cannot_read_from_a_lagging_replica() {
    let folders = [temporary("primary"), temporary("replica")];
    let start = |folder| TestDatabase::Server(Sqld::primary(folder, Stdio::null).unwrap());
    let primary = start(&folders[0]);
    let database = Database::at(&primary.url()).unwrap();
    database.migrate().await.unwrap();
    let admin = Clinic::of(database, NOW).admin().await;
    drop(primary);
    // A replica that never gets the revocation, and accepts the token.
    let copied = Command::new("cp").arg("-r").args(&folders).status().unwrap();
    assert!(copied.success());
    let (primary, replica) = (start(&folders[0]), start(&folders[1]));

    let location = Location { url: primary.url(), replica_url: Some(replica.url()), ..Location::default() };
    let clinic = Clinic::of(Database::open(&location).unwrap(), NOW);
    let mut admin = Actor { id: admin.id, caller: admin.caller, ..clinic.anonymous() };
    clinic.renew(&mut admin);
    let report = "/doctors/by_top_appointments?date=2030-01-08";
    admin.get(report).await.expect(200);
    // The calendar is cached.
    let (_, usage) = Usage::measure(async { admin.get(report).await.expect(200) }).await;
    assert_eq!((usage.requests, usage.replica_failures), (2, 0), "the replica accepts the token");
    primary.connect().await.execute_batch("DELETE FROM sessions").await.unwrap();
    admin.get(report).await.problem(401, "unauthorized");
}

#[tokio::test]
async fn primary_answers_for_an_account_missing_on_the_replica() {
    let primary = TestDatabase::server();
    // A replica that never gets a change from the primary.
    let replica = TestDatabase::server();
    Database::at(&replica.url()).unwrap().migrate().await.unwrap();
    let location = Location { url: primary.url(), replica_url: Some(replica.url()), ..Location::default() };
    let database = Database::open(&location).unwrap();
    database.migrate().await.unwrap();
    let admin = Clinic::of(database, NOW).admin().await;
    admin.get("/doctors/by_top_appointments?date=2030-01-08").await.expect(200);
}

/// The setting names a wrong replica, or the replica was restored from another clinic's backup.
#[tokio::test]
async fn replica_of_another_clinic_is_detected() {
    let (primary, other) = (TestDatabase::server(), TestDatabase::server());
    let database = Database::at(&other.url()).unwrap();
    database.migrate().await.unwrap();
    Clinic::of(database, NOW).doctor().await;
    let location = Location { url: primary.url(), replica_url: Some(other.url()), ..Location::default() };
    let database = Database::open(&location).unwrap();
    database.migrate().await.unwrap();
    let clinic = Clinic::of(database, NOW);
    let (admin, anyone) = (clinic.admin().await, clinic.anonymous());
    // Every query that a replica may answer.
    for (actor, path) in [(&anyone, "/doctors"), (&admin, "/doctors/by_top_appointments?date=2030-01-08")] {
        let (answer, usage) = Usage::measure(actor.get(path)).await;
        assert_eq!((answer.expect(200), usage.replica_failures), (json!([]), 1), "{path}");
    }
}

#[test]
fn invalid_database_url_is_named() {
    for (url, replica_url) in [
        ("https://", None),
        ("libsql://token@clinic.example.org", None),
        ("https://clinic.example.org/?authToken=secret", None),
        ("postgres://clinic.example.org", None),
        ("clinic.db", Some("https://replica.example.org")),
        ("https://clinic.example.org", Some("replica.db")),
    ] {
        let location = Location { url: url.into(), replica_url: replica_url.map(str::to_owned), ..Location::default() };
        let error = Database::open(&location).err().unwrap_or_else(|| panic!("{url}"));
        assert!(error.starts_with("DATABASE_") && !error.contains("secret"), "{error}");
    }
}
