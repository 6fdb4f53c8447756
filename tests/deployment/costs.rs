//! What is counted, and what that costs: the README has every metric, and the right sums.

use std::{
    collections::BTreeSet,
    process::Stdio,
    time::{Duration, Instant},
};

use rounds_http::{Route, Verb};
use rounds_local::Sqld;

use super::operation::{Metric, resources, shown, template, text, watched};
use crate::support::{Server, TestDatabase, Value, json, repository, routes, temporary};

/// Waits until something is so.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so().await {
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The metrics that CloudWatch takes out of a log.
fn taken(log: &str) -> BTreeSet<Metric> {
    let mut metrics = BTreeSet::new();
    for line in log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        for directive in line["_aws"]["CloudWatchMetrics"].as_array().into_iter().flatten() {
            let dimension = directive["Dimensions"][0][0].as_str().unwrap();
            for metric in directive["Metrics"].as_array().unwrap() {
                let fields = [&directive["Namespace"], &metric["Name"], &json!(dimension), &line[dimension]];
                metrics.insert(fields.map(|field| field.as_str().unwrap().to_owned()));
            }
        }
    }
    metrics
}

/// Everything that is counted comes to pass once, on the built functions over a server with a replica.
async fn everything_counted() -> BTreeSet<Metric> {
    let database = TestDatabase::server();
    let TestDatabase::Server(primary) = &database else { panic!("a server was asked for") };
    let replica = Sqld::replica(primary, &temporary("replica"), Stdio::null).unwrap();
    let mut server = Server::start_with(database, |settings| settings.database_replica_url = replica.url()).await;
    let clinic = server.clinic();
    let (admin, doctor, patient, other) =
        (clinic.admin().await, clinic.doctor().await, clinic.patient().await, clinic.patient().await);
    let (anyone, day) = (clinic.anonymous(), clinic.day());
    let at = |time: &str| format!("{day}T{time}:00Z");
    for path in ["/", "/docs"] {
        assert_eq!(anyone.get(path).await.status, 200, "{path}");
    }
    anyone
        .post("/login", json!({ "email": patient.email, "password": "a wrong one" }))
        .await
        .problem(401, "unauthorized");
    patient.book(&doctor, &at("09:00"), 30).await;
    other.try_book(&doctor, &at("09:00"), 30).await.problem(409, "doctor-busy");
    patient.try_book(&clinic.doctor().await, &at("09:00"), 30).await.problem(409, "patient-busy");
    patient.try_book(&doctor, &at("03:00"), 30).await.problem(422, "invalid-booking");
    admin.patch("/clinic", json!({ "max_appointments_per_day": 1 })).await.expect(200);
    other.try_book(&doctor, &at("10:00"), 30).await.problem(409, "doctor-day-full");
    admin.patch("/clinic", json!({ "max_open_bookings": 1 })).await.expect(200);
    patient.try_book(&clinic.doctor().await, &at("11:00"), 30).await.problem(409, "too-many-open-bookings");

    let report = format!("/doctors/by_top_appointments?date={day}");
    until("the replica does not follow", async || {
        admin.get(&report).await.expect(200);
        server.log().contains("\"ReplicaLag\"")
    })
    .await;
    drop(replica);
    anyone.get("/doctors").await.expect(200);
    admin.get(&report).await.expect(200);
    server.database = TestDatabase::Memory; // The primary ends, too.
    // The same is counted of every function that has one.
    let simple = |route: &&Route| route.has_database && route.verb == Verb::Get && !route.path.contains('{');
    for route in routes().iter().filter(simple) {
        admin.get(route.path).await;
    }
    admin.get(&report).await.problem(503, "database-unavailable");
    taken(&server.log())
}

/// A row of the table of costs: the first number of how much, the price and the sum.
fn costs(readme: &str, what: &str) -> (f64, f64, f64) {
    let row = readme.lines().find(|line| line.starts_with(&format!("| {what} |"))).unwrap_or_else(|| panic!("{what}"));
    let cells: Vec<_> = row.split('|').map(str::trim).collect();
    let number = |cell: &str| {
        let digits = cell.trim_start_matches(|it: char| !it.is_ascii_digit());
        let digits: String = digits.chars().take_while(|it| it.is_ascii_digit() || *it == '.').collect();
        digits.parse().unwrap_or_else(|_| panic!("{cell}"))
    };
    (number(cells[2]), number(cells[3]), number(cells[4]))
}

#[tokio::test]
async fn the_readme_counts_the_metrics_and_the_alarms_that_there_are() {
    let counted = everything_counted().await;
    let (of_replica, of_all): (Vec<_>, Vec<_>) = counted.iter().partition(|metric| metric[1].starts_with("Replica"));
    let readme = std::fs::read_to_string(repository("README.md")).unwrap();
    for metric in &counted {
        assert!(readme.contains(&format!("`{}`", metric[1])), "{metric:?} is explained nowhere");
    }

    // What alarms and the dashboard name is there.
    let template = template();
    let alarms = resources(&template, "AWS::CloudWatch::Alarm");
    let named = shown(&template).into_iter().chain(alarms.values().flat_map(watched));
    for [namespace, name, dimension, value] in named.filter(|metric| metric[0] == "Rounds") {
        let function = resources(&template, "AWS::Serverless::Function").remove(&value);
        let binary = function.map(|function| text(&function["Metadata"]["BuildProperties"]["Binary"]));
        let metric = [namespace, name, dimension, binary.unwrap_or(value)];
        assert!(counted.contains(&metric), "nobody writes {metric:?}");
    }

    let under_alarm = |of_replica: bool| -> usize {
        let alarms = alarms.values();
        let alarms = alarms.filter(|alarm| (alarm["Condition"].as_str() == Some("HasReplica")) == of_replica);
        alarms.map(|alarm| watched(alarm).len()).sum()
    };
    for (what, count, more) in [
        ("CloudWatch, metrics", of_all.len(), of_replica.len()),
        ("CloudWatch, metrics under alarm", under_alarm(false), under_alarm(true)),
    ] {
        let how_much = format!("| {what} | {count} ({} with a replica) |", count + more);
        assert!(readme.contains(&how_much), "{how_much}");
    }
    let rows = ["Secrets Manager", "CloudWatch, metrics", "CloudWatch, metrics under alarm", "CloudWatch, dashboard"];
    let mut month = 0.0;
    for what in rows {
        let (count, price, sum) = costs(&readme, what);
        assert!((count * price - sum).abs() < 0.005, "{what}");
        month += sum;
    }
    assert!(readme.contains(&format!("| **${month:.2}** |")), "a month is ${month:.2}");
    let million =
        ["API Gateway, HTTP API", "Lambda, requests", "Lambda, time", "CloudWatch, logs", "CloudWatch, a year of them"];
    let million: f64 = million.map(|what| costs(&readme, what).2).iter().sum();
    assert!(readme.contains(&format!("| **${million:.2}** |")), "a million bookings are ${million:.2}");
}
