//! Hrana streams that a busy instance keeps open on its server.

use std::process::Stdio;

use rounds_data::Database;
use rounds_local::{Sqld, free_port};

use crate::support::{Clinic, Proxy, TestDatabase, temporary};

const NOW: &str = "2030-01-07T08:00:00Z";

/// Returns a clinic whose instance was busy a moment ago, so that its stream is open.
async fn busy(database: &str) -> Clinic {
    let database = Database::at(database).unwrap();
    database.migrate().await.unwrap();
    let clinic = Clinic::of(database, NOW);
    for _ in 0..3 {
        clinic.anonymous().get("/doctors").await.expect(200);
    }
    clinic
}

#[tokio::test]
async fn single_request_leaves_no_open_stream() {
    let server = TestDatabase::server();
    Database::at(&server.url()).unwrap().migrate().await.unwrap();
    let proxy = Proxy::start(&server.url()).await;
    let clinic = Clinic::of(Database::at(&proxy.url()).unwrap(), NOW);
    clinic.anonymous().get("/doctors").await.expect(200);
    assert_eq!((proxy.take_counts().0, proxy.streams()), (1, 0));
}

#[tokio::test]
async fn consecutive_requests_share_a_stream() {
    let server = TestDatabase::server();
    let proxy = Proxy::start(&server.url()).await;
    let clinic = busy(&proxy.url()).await;
    let (doctor, patient, other) = (clinic.doctor().await, clinic.patient().await, clinic.patient().await);
    let direct = Clinic::of(Database::at(&server.url()).unwrap(), NOW);
    for hour in 8..12 {
        let start = format!("2030-01-08T{hour:02}:00:00Z");
        patient.book(&doctor, &start, 30).await;
        // A refused change leaves no open transaction, which would block other writers or include the next request
        // on the stream.
        other.try_book(&doctor, &start, 30).await.problem(409, "doctor-busy");
        direct.doctor().await;
    }
    assert_eq!(patient.get("/appointments").await.expect(200).as_array().unwrap().len(), 4);
    assert!(proxy.streams() > 0, "a stream stays open between requests");
}

#[tokio::test]
async fn streams_lost_with_the_server_are_replaced() {
    let (folder, port) = (temporary("sqld"), free_port().unwrap());
    let start = || Sqld::primary_at(&folder, port, &[], Stdio::null).unwrap();
    let mut server = start();
    let proxy = Proxy::start(&server.url()).await;
    let clinic = busy(&proxy.url()).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    for time in ["09:00", "10:00"] {
        drop(server);
        server = start();
        patient.book(&doctor, &format!("2030-01-08T{time}:00Z"), 30).await;
    }
    assert!(proxy.streams() > 0);
}

#[tokio::test]
async fn stream_follows_the_base_url_of_the_server() {
    let (folder, port) = (temporary("sqld"), free_port().unwrap());
    let there = Proxy::start(&format!("http://127.0.0.1:{port}")).await;
    let server = Sqld::primary_at(&folder, port, &["--http-self-url", &there.url()], Stdio::null).unwrap();
    let here = Proxy::start(&server.url()).await;
    let clinic = busy(&here.url()).await;
    clinic.patient().await;
    assert!(here.streams() > 0 && there.take_counts().0 > 0);
}
