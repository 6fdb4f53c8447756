//! The metrics and their costs: docs/aws.md lists every metric, and the sums of docs/costs.md are right.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Stdio,
    time::{Duration, Instant},
};

use rounds_http::{Route, Verb};
use rounds_local::Sqld;

use super::operation::{Metric, resources, shown, template, text, watched};
use crate::support::{Server, TestDatabase, Value, json, repository, routes, temporary};

/// Waits until a condition holds. `otherwise` is the message after 30 seconds.
async fn until(otherwise: &str, mut condition: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !condition().await {
        assert!(Instant::now() < deadline, "{otherwise}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn owned(text: &Value) -> String {
    text.as_str().unwrap_or_else(|| panic!("not a string: {text}")).to_owned()
}

/// Returns the metrics that CloudWatch would read from a log (embedded metric format).
fn metrics_in(log: &str) -> BTreeSet<Metric> {
    let mut metrics = BTreeSet::new();
    for line in log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        for directive in line["_aws"]["CloudWatchMetrics"].as_array().into_iter().flatten() {
            let names = directive["Dimensions"][0].as_array().unwrap().iter().map(owned);
            let dimensions: BTreeMap<_, _> = names.map(|name| (name.clone(), owned(&line[&name]))).collect();
            for metric in directive["Metrics"].as_array().unwrap() {
                let (namespace, name) = (owned(&directive["Namespace"]), owned(&metric["Name"]));
                metrics.insert(Metric { namespace, name, dimensions: dimensions.clone() });
            }
        }
    }
    metrics
}

/// Causes every event that has a metric once, on the built functions with a server and a replica.
async fn all_metrics() -> BTreeSet<Metric> {
    let database = TestDatabase::server();
    let TestDatabase::Server(primary) = &database else { panic!("not a server") };
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

    // A message of the booking above.
    server.send_messages();
    let report = format!("/doctors/by_top_appointments?date={day}");
    until("the replica has not caught up", async || {
        admin.get(&report).await.expect(200);
        server.log().contains("\"ReplicaLag\"")
    })
    .await;
    drop(replica);
    anyone.get("/doctors").await.expect(200);
    admin.get(&report).await.expect(200);
    server.database = TestDatabase::Memory; // This also ends the primary.
    // Every function with a database reports `DatabaseUnavailable`.
    let simple = |route: &&Route| route.has_database && route.verb == Verb::Get && !route.path.contains('{');
    for route in routes().iter().filter(simple) {
        admin.get(route.path).await;
    }
    admin.get(&report).await.problem(503, "database-unavailable");
    metrics_in(&server.log())
}

/// Reads a row of the tables of costs: the first number of "how much", the price and the sum.
fn costs(document: &str, what: &str) -> (f64, f64, f64) {
    let row =
        document.lines().find(|line| line.starts_with(&format!("| {what} |"))).unwrap_or_else(|| panic!("{what}"));
    let cells: Vec<_> = row.split('|').map(str::trim).collect();
    let number = |cell: &str| {
        let digits = cell.trim_start_matches(|it: char| !it.is_ascii_digit());
        let digits: String = digits.chars().take_while(|it| it.is_ascii_digit() || *it == '.').collect();
        digits.parse().unwrap_or_else(|_| panic!("{cell}"))
    };
    (number(cells[2]), number(cells[3]), number(cells[4]))
}

#[tokio::test]
async fn documents_list_all_metrics_and_add_up_costs() {
    let counted = all_metrics().await;
    let (of_replica, of_all): (Vec<_>, Vec<_>) = counted.iter().partition(|metric| metric[1].starts_with("Replica"));
    let read = |document: &str| std::fs::read_to_string(repository(document)).unwrap();
    let (explanations, prices) = (read("docs/aws.md"), read("docs/costs.md"));
    for metric in &counted {
        assert!(explanations.contains(&format!("`{}`", metric[1])), "docs/aws.md does not explain {metric:?}");
    }

    // The functions write every metric that an alarm or the dashboard uses.
    let template = template();
    let alarms = resources(&template, "AWS::CloudWatch::Alarm");
    let named = shown(&template).into_iter().chain(alarms.values().flat_map(watched));
    for [namespace, name, dimension, value] in named.filter(|metric| metric[0] == "Rounds") {
        let function = resources(&template, "AWS::Serverless::Function").remove(&value);
        let binary = function.map(|function| text(&function["Metadata"]["BuildProperties"]["Binary"]));
        let metric = [namespace, name, dimension, binary.unwrap_or(value)];
        assert!(counted.contains(&metric), "no function writes {metric:?}");
    }

    let count_under_alarm = |of_replica: bool| -> usize {
        let alarms = alarms.values();
        let alarms = alarms.filter(|alarm| (alarm["Condition"].as_str() == Some("HasReplica")) == of_replica);
        alarms.map(|alarm| watched(alarm).len()).sum()
    };
    for (what, count, more) in [
        ("CloudWatch, metrics", of_all.len(), of_replica.len()),
        ("CloudWatch, metrics under alarm", count_under_alarm(false), count_under_alarm(true)),
    ] {
        let how_much = format!("| {what} | {count} ({} with a replica) |", count + more);
        assert!(prices.contains(&how_much), "{how_much}");
    }
    let rows = ["Secrets Manager", "CloudWatch, metrics", "CloudWatch, metrics under alarm", "CloudWatch, dashboard"];
    let mut month = 0.0;
    for what in rows {
        let (count, price, sum) = costs(&prices, what);
        assert!((count * price - sum).abs() < 0.005, "{what}");
        month += sum;
    }
    assert!(prices.contains(&format!("| **${month:.2}** |")), "a month is ${month:.2}");
    let million =
        ["API Gateway, HTTP API", "Lambda, requests", "Lambda, time", "CloudWatch, logs", "CloudWatch, a year of them"];
    let million: f64 = million.map(|what| costs(&prices, what).2).iter().sum();
    assert!(prices.contains(&format!("| **${million:.2}** |")), "a million bookings are ${million:.2}");
}
