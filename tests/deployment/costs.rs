//! The metrics and their costs: docs/aws.md lists every metric, and the sums of docs/costs.md are right.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Stdio,
    time::{Duration, Instant},
};

use rounds_http::{Route, Verb};
use rounds_local::Sqld;

use yaml_rust2::Yaml;

use super::operation::{Metric, resources, shown, template, watched};
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
    let mut metrics = metrics_in(&server.log());
    // The check of a schedule writes it: see tests/notify/check.rs.
    let dimensions = BTreeMap::from([("stack".to_owned(), "rounds".to_owned())]);
    metrics.insert(Metric { namespace: "Rounds".to_owned(), name: "Ready".to_owned(), dimensions });
    metrics
}

/// Returns the cells of the row about `what` in the tables of costs.
fn row(what: &str) -> Vec<String> {
    let document = std::fs::read_to_string(repository("docs/costs.md")).unwrap();
    let row =
        document.lines().find(|line| line.starts_with(&format!("| {what} |"))).unwrap_or_else(|| panic!("{what}"));
    row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

/// Returns the first number of a cell, such as 1000 of "$1,000 a million".
fn number(cell: &str) -> f64 {
    let digits = cell.trim_start_matches(|it: char| !it.is_ascii_digit());
    let digits: String = digits.chars().take_while(|it| it.is_ascii_digit() || ".,".contains(*it)).collect();
    digits.replace(',', "").trim_end_matches('.').parse().unwrap_or_else(|_| panic!("{cell}"))
}

/// Returns the price of one of the things that a row counts.
fn price(quantity: &str, price: &str) -> f64 {
    let unit = match (quantity.split(' ').nth(1), price) {
        (Some("M"), _) => 1.0,
        (_, price) if price.ends_with("a million") => 1e6,
        (Some("kB"), price) if price.ends_with("a GB") => 1e6,
        (_, price) if price.ends_with("for ten thousand") => 1e4,
        _ => 1.0,
    };
    number(price) / unit
}

/// Asserts that an amount is written in a cell, rounded as there.
#[track_caller]
fn assert_written(amount: f64, cell: &str) {
    let decimals = cell.trim_matches('*').split_once('.').unwrap().1.len();
    assert_eq!(format!("${amount:.decimals$}"), cell.trim_matches('*'));
}

/// Metrics that no function writes: of the gateway's log, and of the machine of a libSQL server.
const OF_OTHERS: [&str; 2] = ["GatewayThrottles", "Backups"];

#[tokio::test]
async fn every_metric_is_explained_and_every_used_metric_exists() {
    let counted = all_metrics().await;
    let read = |document: &str| std::fs::read_to_string(repository(document)).unwrap();
    let (explanations, template) = (read("docs/aws.md"), template());
    for name in counted.iter().map(|metric| metric.name.as_str()).chain(OF_OTHERS) {
        assert!(explanations.contains(&format!("`{name}`")), "docs/aws.md does not explain {name}");
    }
    let alarms = resources(&template, "AWS::CloudWatch::Alarm");
    let used = shown(&template).into_iter().chain(alarms.values().flat_map(watched));
    for mut metric in used.filter(|metric| metric.namespace == "Rounds" && !OF_OTHERS.contains(&metric.name.as_str())) {
        let stack = metric.dimensions.get_mut("stack").unwrap();
        assert_eq!(std::mem::replace(stack, "rounds".to_owned()), "AWS::StackName", "{}", metric.name);
        assert!(counted.contains(&metric), "no function writes {metric:?}");
    }

    // The table of costs. The metric of the gateway's log is the only other one without an optional part.
    let of_replica = counted.iter().filter(|metric| metric.name.starts_with("Replica")).count();
    let of_all = counted.len() - of_replica + 1;
    let under_alarm = |condition: Option<&str>| -> usize {
        let alarms = alarms.values().filter(|alarm| alarm["Condition"].as_str() == condition);
        alarms.map(|alarm| watched(alarm).len()).sum()
    };
    assert_eq!(number(&row("CloudWatch, metrics")[1]), of_all as f64);
    assert_eq!(number(&row("CloudWatch, metrics under alarm")[1]), under_alarm(None) as f64);
    assert_eq!((of_replica, under_alarm(Some("HasReplica")), under_alarm(Some("WatchesBackups"))), (2, 2, 1));
}

/// The secrets of a clinic that sends mail: those without a condition, and the URL of the mail server.
#[test]
fn costs_count_the_secrets_of_the_template() {
    let template = template();
    let secrets = resources(&template, "AWS::SecretsManager::Secret");
    let of_mail = |secret: &&Yaml| matches!(secret["Condition"].as_str(), None | Some("SendsMail"));
    assert_eq!(number(&row("Secrets Manager, secrets")[1]), secrets.values().filter(of_mail).count() as f64);
}

#[test]
fn costs_are_added_up() {
    let document = std::fs::read_to_string(repository("docs/costs.md")).unwrap();
    let add = |rows: &[&str]| -> f64 {
        let amounts = rows.iter().map(|what| {
            let cells = row(what);
            let amount = number(&cells[1]) * price(&cells[1], &cells[2]);
            assert_written(amount, &cells[3]);
            amount
        });
        amounts.sum()
    };
    let minute = add(&[
        "EventBridge, schedules",
        "Secrets Manager, reads",
        "API Gateway, requests",
        "CloudWatch, log lines",
        "Lambda, invocations",
        "Lambda, time",
    ]);
    assert!(document.contains(&format!("| | | | **${minute:.2}** |")));
    let each_minute = "each minute: the check, and the sender of messages";
    assert_written(minute, &row(each_minute)[2]);
    let month = add(&[
        "Secrets Manager, secrets",
        "CloudWatch, metrics",
        "CloudWatch, metrics under alarm",
        "CloudWatch, dashboard",
        each_minute,
    ]);
    assert!(document.contains(&format!("| | | | **${month:.2}** |")));

    let of_booking = document.split_once("## Per booking").unwrap().1;
    let rows = of_booking.lines().filter(|line| line.starts_with("| ")).skip(1);
    let rows: Vec<Vec<&str>> = rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect();
    let (sums, rows) = rows.split_last().unwrap();
    assert_eq!(rows.len(), 6);
    for (column, (bookings, text)) in [(10.0, "10"), (1e3, "1,000"), (1e5, "100,000")].into_iter().enumerate() {
        let amounts = rows.iter().map(|row| {
            // "20, or 68,000 a month" is at most the second number.
            let most = row[1].split_once(", or ").map_or(f64::INFINITY, |(_, most)| number(most));
            let each = row[1].split(", or ").next().unwrap();
            let amount = (number(each) * bookings).min(most) * price(each, row[2]);
            assert_written(amount, row[3 + column]);
            amount
        });
        let sum: f64 = amounts.sum();
        assert_written(sum, sums[3 + column]);
        let line = format!("| {text} | ${month:.2} | ${sum:.2} | **${:.2}** |", month + sum);
        assert!(document.contains(&line), "{line}");
    }
}
