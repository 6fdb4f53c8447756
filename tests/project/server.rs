//! A libSQL server that stalls, restarts, is gone, or whose answers are lost on the way: nothing
//! is done twice, nothing that was acknowledged is lost, and no function needs a restart.

use std::{
    path::Path,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use rounds_data::{Database, Location};
use rounds_local::Sqld;
use rounds_secrets::Secret;
use tokio::net::{TcpListener, TcpStream};

use crate::support::{Answer, Clinic, Proxy, Server, TestDatabase, json, temporary};

const NOW: &str = "2030-01-07T08:00:00Z";

#[track_caller]
fn unavailable(answer: &Answer) -> String {
    let problem = answer.problem(503, "database-unavailable");
    assert!(answer.header("retry-after").parse::<u32>().unwrap() > 0);
    problem["detail"].as_str().unwrap().to_owned()
}

/// A clinic in this process, behind a proxy in front of its server.
async fn behind_a_proxy() -> (Clinic, Proxy) {
    let held = TestDatabase::server();
    let proxy = Proxy::before(&held.url()).await;
    (Clinic::over(held, &proxy.url(), NOW).await, proxy)
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_done_once_and_answered_as_done() {
    let (clinic, proxy) = behind_a_proxy().await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let path = format!("/doctors/{}", doctor.id);
    let at = |time: &str| json!({ "start_date": format!("2030-01-08T{time}:00Z"), "duration": 30 });

    proxy.lose(1);
    let booked = patient.post(&format!("{path}/book"), at("09:00")).await.expect(201);
    let appointments = admin.get("/appointments").await.expect(200);
    assert_eq!(appointments.as_array().unwrap().len(), 1);
    assert_eq!(appointments[0]["id"], booked);

    let appointment = format!("/appointments/{booked}");
    let if_match = |version: &'static str| [("content-type", "application/json"), ("if-match", version)];
    let to_ten = at("10:00").to_string();
    proxy.lose(1);
    let moved = doctor.send("POST", &format!("{appointment}/reschedule"), Some(&to_ten), &if_match("\"1\"")).await;
    assert_eq!(
        (moved.expect(200)["start_date"].as_str(), moved.header("etag")),
        (Some("2030-01-08T10:00:00+00:00"), "\"2\"")
    );
    proxy.lose(1);
    let cancelled = doctor.send("POST", &format!("{appointment}/cancel"), Some("{}"), &if_match("\"2\"")).await;
    assert_eq!((cancelled.expect(200)["status"].as_str(), cancelled.header("etag")), (Some("Cancelled"), "\"3\""));

    let off = json!({ "start_date": "2030-02-01T00:00:00Z", "end_date": "2030-02-08T00:00:00Z" });
    proxy.lose(1);
    let taken = doctor.post(&format!("{path}/time_off"), off).await.expect(201);
    let listed = doctor.get(&format!("{path}/time_off")).await.expect(200);
    assert_eq!(listed, json!([taken]));
    proxy.lose(1);
    let ended = doctor.send("DELETE", &format!("{path}/time_off/{}", taken["id"]), None, &[]).await;
    assert_eq!(ended.status, 204, "{}", ended.body);

    proxy.lose(1);
    let account =
        json!({ "name": "Ada", "email": "ada@example.org", "password": "long enough", "account_type": "Patient" });
    clinic.anonymous().post("/register", account.clone()).await.expect(201);
    clinic.anonymous().post("/register", account).await.problem(409, "email-taken");
    let json_body = [("content-type", "application/json")];
    for (path, body) in
        [("/clinic".to_owned(), json!({ "name": "Moved" })), (path.clone(), json!({ "details": "Back" }))]
    {
        proxy.lose(1);
        admin.send("PATCH", &path, Some(&body.to_string()), &json_body).await.expect(200);
    }
    proxy.lose(1);
    admin.send("PUT", &format!("{path}/working_hours"), Some("[]"), &json_body).await.expect(200);
}

#[tokio::test]
async fn a_booking_without_a_key_whose_answer_is_lost_is_not_taken_for_another() {
    let (clinic, proxy) = behind_a_proxy().await;
    let (doctor, patient, other) = (clinic.doctor().await, clinic.patient().await, clinic.patient().await);
    other.book(&doctor, "2030-01-08T09:00:00Z", 30).await;
    proxy.lose(1);
    patient.try_book(&doctor, "2030-01-08T09:00:00Z", 30).await.problem(409, "doctor-busy");
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    patient.try_book(&doctor, "2030-01-08T10:00:00Z", 30).await.problem(409, "doctor-busy");
    patient.get(&format!("/appointments/{id}")).await.expect(200);
}

#[tokio::test]
async fn what_is_not_known_is_said_so() {
    let (clinic, proxy) = behind_a_proxy().await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    // The calendar is known: the next request is the booking.
    patient.book(&doctor, "2030-01-08T08:00:00Z", 30).await;
    proxy.lose_and_refuse(10);
    let detail = unavailable(&patient.try_book(&doctor, "2030-01-08T09:00:00Z", 30).await);
    assert!(detail.contains("may have been made"), "{detail}");
    unavailable(&patient.try_book(&doctor, "2030-01-08T11:00:00Z", 30).await);
    proxy.lose_and_refuse(0);
    proxy.lose(0);
    // The first was made, as was said; the second never came through.
    patient.try_book(&doctor, "2030-01-08T09:00:00Z", 30).await.problem(409, "doctor-busy");
    patient.book(&doctor, "2030-01-08T11:00:00Z", 30).await;
}

#[tokio::test]
async fn a_read_is_repeated_and_connections_that_were_cut_are_made_anew() {
    let (clinic, proxy) = behind_a_proxy().await;
    let patient = clinic.patient().await;
    proxy.lose(1);
    patient.get("/appointments").await.expect(200);
    proxy.cut();
    patient.get("/appointments").await.expect(200);
    proxy.cut();
    clinic.doctor().await;
}

#[tokio::test]
async fn after_an_idle_time_longer_than_a_servers_streams_every_function_answers_at_once() {
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
async fn a_server_that_stalls_is_answered_503_and_one_that_is_back_needs_no_restart() {
    let mut server = Server::start_on(TestDatabase::server(), 1).await;
    let clinic = server.clinic();
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let day = clinic.day();
    patient.book(&doctor, &format!("{day}T09:00:00Z"), 30).await;

    let TestDatabase::Server(sqld) = &mut server.database else { panic!("a server was asked for") };
    let process = sqld.process().id().to_string();
    let signal = |name: &str| assert!(Command::new("kill").args([name, &process]).status().unwrap().success());
    signal("-STOP");
    for _ in 0..2 {
        let start = Instant::now();
        unavailable(&patient.try_book(&doctor, &format!("{day}T10:00:00Z"), 30).await);
        unavailable(&clinic.anonymous().get("/doctors").await);
        assert!(start.elapsed() < Duration::from_secs(10), "5 s each");
    }
    signal("-CONT");
    clinic.anonymous().get("/doctors").await.expect(200);
    // Whether the server still made of them what it was asked is for it to say, and not to be both.
    let booked = patient.try_book(&doctor, &format!("{day}T10:00:00Z"), 30).await;
    assert!([201, 409].contains(&booked.status), "{}", booked.body);
    let times = patient.get(&format!("/doctors/{}/slots?date={day}", doctor.id)).await.expect(200);
    assert_eq!(times.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_server_that_was_killed_and_restarted_has_all_that_was_acknowledged() {
    let folder = temporary("sqld");
    let port = rounds_local::free_port().unwrap();
    let start = || Sqld::primary_at(&folder, port, &[], std::process::Stdio::null).unwrap();
    let server = Server::start_on(TestDatabase::Server(start()), 1).await;
    let clinic = server.clinic();
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let day = clinic.day();
    let id = patient.book(&doctor, &format!("{day}T09:00:00Z"), 30).await;

    let mut server = server;
    server.database = TestDatabase::Memory; // The server is gone, by SIGKILL.
    let detail = unavailable(&clinic.anonymous().get("/doctors").await);
    assert!(detail.contains("Nothing was changed"), "{detail}");
    server.database = TestDatabase::Server(start());
    patient.get(&format!("/appointments/{id}")).await.expect(200);
    patient.book(&doctor, &format!("{day}T10:00:00Z"), 30).await;
    clinic.anonymous().get("/doctors").await.expect(200);
}

#[tokio::test]
async fn a_server_that_asks_for_a_token_gets_it_and_a_wrong_one_is_503() {
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
    let sqld = Sqld::primary_at(&folder, port, &arguments, std::process::Stdio::null).unwrap();
    let location = |token: &str| Location {
        url: sqld.url(),
        auth_token: Some(Secret::of(token.to_owned())),
        ..Location::default()
    };

    Database::open(&location(&token)).unwrap().migrate().await.unwrap();
    Clinic::of(Database::open(&location(&token)).unwrap(), NOW).anonymous().get("/doctors").await.expect(200);
    let refused = Clinic::of(Database::open(&location("a wrong token")).unwrap(), NOW);
    unavailable(&refused.anonymous().get("/doctors").await);
}

/// Ends TLS in front of a server, with a certificate that it writes to a file.
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
                // A client that does not trust the certificate is gone by now.
                let Ok(mut client) = acceptor.accept(client).await else { return };
                let mut server = TcpStream::connect(server).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    url
}

#[tokio::test]
async fn a_server_behind_tls_must_be_one_that_is_trusted() {
    let held = TestDatabase::server();
    let certificate = temporary("authority.pem");
    let url = tls_before(&held.url(), &certificate).await;
    let trusting = Location { url: url.clone(), ca_file: Some(certificate), ..Location::default() };
    let database = Database::open(&trusting).unwrap();
    database.migrate().await.unwrap();
    Clinic::of(database, NOW).anonymous().get("/doctors").await.expect(200);

    let with_public_authorities = Clinic::of(Database::at(&url).unwrap(), NOW);
    unavailable(&with_public_authorities.anonymous().get("/doctors").await);
    for (file, content) in [("missing.pem", None), ("empty.pem", Some("no certificate"))] {
        let file = temporary(file);
        content.inspect(|content| std::fs::write(&file, content).unwrap());
        let error = Database::open(&Location { url: url.clone(), ca_file: Some(file), ..Location::default() }).err();
        assert!(error.unwrap().starts_with("DATABASE_CA_FILE"));
    }
}

#[tokio::test]
async fn a_replica_answers_what_may_lag_and_the_primary_all_else() {
    let primary = Sqld::primary(&temporary("primary"), std::process::Stdio::null).unwrap();
    let replica = Sqld::replica(&primary, &temporary("replica"), std::process::Stdio::null).unwrap();
    let (before_primary, before_replica) = (Proxy::before(&primary.url()).await, Proxy::before(&replica.url()).await);
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
        before_primary.passed();
        let doctors = clinic.anonymous().get("/doctors").await.expect(200);
        let loads = admin.get(report).await.expect(200);
        // One, for the gate: the replica has answered both.
        if before_primary.passed().0 == 1 && doctors != json!([]) && loads != json!([]) {
            break;
        }
        assert!(Instant::now() < deadline, "the replica does not follow");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    before_primary.passed();
    before_replica.passed();
    clinic.anonymous().get("/doctors").await.expect(200);
    admin.get(report).await.expect(200);
    // The primary is asked only whether the report's caller may read it.
    assert_eq!((before_primary.passed().0, before_replica.passed().0), (1, 2));
    // Who writes, reads their own write: from the primary.
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    patient.get(&format!("/appointments/{id}")).await.expect(200);
    assert_eq!(patient.get("/appointments").await.expect(200).as_array().unwrap().len(), 2);
    assert_eq!((before_primary.passed().0, before_replica.passed().0), (3, 0));

    // A replica that is gone is passed over.
    drop(replica);
    clinic.anonymous().get("/doctors").await.expect(200);
    admin.get(report).await.expect(200);
    assert_eq!(before_primary.passed().0, 3);
}

#[tokio::test]
async fn a_token_that_was_ended_reads_nothing_that_a_replica_still_has() {
    let primary = TestDatabase::server();
    // One that never hears of it, and lets the caller in.
    let replica = TestDatabase::server();
    for held in [&primary, &replica] {
        let database = Database::at(&held.url()).unwrap();
        database.migrate().await.unwrap();
        Clinic::of(database, NOW).admin().await;
    }
    let location = Location { url: primary.url(), replica_url: Some(replica.url()), ..Location::default() };
    let admin = Clinic::of(Database::open(&location).unwrap(), NOW).signed_in(1, rounds_domain::AccountType::Admin);
    let report = "/doctors/by_top_appointments?date=2030-01-08";
    admin.get(report).await.expect(200);
    primary.connect().await.execute_batch("UPDATE accounts SET active = 0 WHERE id = 1").await.unwrap();
    admin.get(report).await.problem(401, "unauthorized");
}

#[tokio::test]
async fn a_write_that_arrives_late_and_again_is_done_once() {
    let (clinic, proxy) = behind_a_proxy().await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let path = format!("/doctors/{}", doctor.id);
    patient.book(&doctor, "2030-01-08T08:00:00Z", 30).await;
    // The first try arrives after it was given up, and before the second does; between the two, its
    // traces are looked for.
    let late = || proxy.delay([Duration::from_millis(2300), Duration::ZERO, Duration::from_millis(700)]);

    late();
    patient.book(&doctor, "2030-01-08T09:00:00Z", 30).await;
    late();
    let off = json!({ "start_date": "2030-02-01T00:00:00Z", "end_date": "2030-02-08T00:00:00Z" });
    let taken = doctor.post(&format!("{path}/time_off"), off).await.expect(201);
    assert_eq!(doctor.get(&format!("{path}/time_off")).await.expect(200), json!([taken]));
    late();
    let account =
        json!({ "name": "Ada", "email": "ada@example.org", "password": "long enough", "account_type": "Patient" });
    clinic.anonymous().post("/register", account).await.expect(201);
    let times = patient.get(&format!("{path}/slots?date=2030-01-08")).await.expect(200);
    assert_eq!(times.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_account_that_a_replica_does_not_know_yet_is_let_in_by_the_primary() {
    let primary = TestDatabase::server();
    // One that never hears of the primary.
    let replica = TestDatabase::server();
    Database::at(&replica.url()).unwrap().migrate().await.unwrap();
    let location = Location { url: primary.url(), replica_url: Some(replica.url()), ..Location::default() };
    let database = Database::open(&location).unwrap();
    database.migrate().await.unwrap();
    let admin = Clinic::of(database, NOW).admin().await;
    admin.get("/doctors/by_top_appointments?date=2030-01-08").await.expect(200);
}

#[test]
fn an_address_that_cannot_be_is_named() {
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
