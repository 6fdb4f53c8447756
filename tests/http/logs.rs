//! The log of the functions: one line with metrics for each request, and no personal data.

use crate::support::{Actor, Answer, Clinic, PASSWORD, Server, TestDatabase, Value, json, target};

/// Words that the log must not contain. The tests send them in bodies, headers, paths and queries.
const MARKERS: [&str; 6] = ["zanzibar", "quetzal", "mimosa", "obsidian", "tangerine", "pangolin"];
const JSON: (&str, &str) = ("content-type", "application/json");

/// The log of a server, which is read line by line.
pub(crate) struct Log {
    server: Server,
    /// The number of bytes that were read.
    read: usize,
}

impl Log {
    pub(crate) async fn start() -> (Clinic, Self) {
        let server = Server::start(1).await;
        let clinic = server.clinic();
        (clinic, Self { read: server.log().len(), server })
    }

    /// Returns the line of the request since the last read. Panics unless there was exactly one request.
    pub(crate) fn line(&mut self) -> Value {
        let log = self.server.log();
        let lines = log[self.read..].lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let lines: Vec<_> = lines.filter(|line| line["_aws"].is_object()).collect();
        self.read = log.len();
        assert_eq!(lines.len(), 1, "{lines:?}");
        lines[0].clone()
    }

    /// Marks all lines as read.
    pub(crate) fn skip(&mut self) {
        self.read = self.server.log().len();
    }
}

/// The metrics that CloudWatch extracts from a line: dimensions, name and unit of each.
fn metrics(line: &Value) -> Vec<String> {
    assert!((line["_aws"]["Timestamp"].as_i64().unwrap() - chrono::Utc::now().timestamp_millis()).abs() < 60_000);
    let mut metrics = Vec::new();
    for directive in line["_aws"]["CloudWatchMetrics"].as_array().unwrap() {
        assert_eq!(directive["Namespace"], "Rounds");
        let [dimensions] = &directive["Dimensions"].as_array().unwrap()[..] else { panic!("{directive}") };
        let dimensions: Vec<_> = dimensions.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        assert!(dimensions.iter().all(|name| !line[name].as_str().unwrap().is_empty()), "{dimensions:?} of {line}");
        for metric in directive["Metrics"].as_array().unwrap() {
            let name = metric["Name"].as_str().unwrap();
            assert!(line[name].as_f64().unwrap() >= 0.0, "{name} of {line}");
            metrics.push(format!("{} {name} {}", dimensions.join(","), metric["Unit"].as_str().unwrap()));
        }
    }
    metrics.sort();
    metrics
}

/// Checks the route, account and status of a line, and that it has only the metrics that every request has.
#[track_caller]
fn check(line: &Value, route: &str, account: Option<i64>, status: u16) {
    describes(line, route, account, status);
    has_metrics(line, &[]);
}

/// Checks the route, account and status of a line.
#[track_caller]
fn describes(line: &Value, route: &str, account: Option<i64>, status: u16) {
    assert_eq!(line["route"], route);
    assert_eq!((line["status"].as_u64(), line["account_id"].as_i64()), (Some(status.into()), account), "{line}");
    assert!(!line["request_id"].as_str().unwrap().is_empty());
}

/// Checks that a line has the metric of every request that used the database, and `more`.
#[track_caller]
fn has_metrics(line: &Value, more: &[&str]) {
    let used_database = line["DatabaseRequests"].as_u64().unwrap() > 0;
    let mut expected: Vec<_> = more.iter().map(|metric| format!("{metric} Count")).collect();
    expected.extend(used_database.then(|| "stack DatabaseTime Milliseconds".to_owned()));
    expected.sort();
    assert_eq!(metrics(line), expected, "{line}");
    assert_eq!((line["DatabaseTime"].is_number(), &line["stack"]), (used_database, &json!("rounds")), "{line}");
    assert!(line["DatabaseTime"].as_f64().unwrap_or_default() <= line["Latency"].as_f64().unwrap(), "{line}");
}

/// Checks that a line has the request id of a problem.
#[track_caller]
fn same_request(line: &Value, answer: &Answer) {
    assert_eq!(line["request_id"], answer.json()["request_id"]);
}

#[tokio::test]
async fn logs_read_data_for_304_responses() {
    let (clinic, mut log) = Log::start().await;
    let (patient, doctor, day) = (clinic.patient().await, clinic.doctor().await, clinic.day());
    let id = patient.book(&doctor, &format!("{day}T08:00:00Z"), 30).await;
    let path = format!("/appointments/{id}");
    let tag = doctor.get(&path).await.header("etag").to_owned();
    log.skip();

    let not_modified = doctor.send("GET", &path, None, &[("if-none-match", &tag)]).await;
    assert_eq!((not_modified.status, not_modified.body.as_str()), (304, ""));
    let line = log.line();
    check(&line, "GET /appointments/{appointment_id}", Some(doctor.id), 304);
    assert_eq!(line["read_appointments"], json!(id.to_string()), "{line}");

    assert_eq!(doctor.send("HEAD", &path, None, &[]).await.status, 200);
    check(&log.line(), "HEAD /appointments/{appointment_id}", Some(doctor.id), 200);
}

#[tokio::test]
async fn each_request_is_one_log_line_with_metrics() {
    let (clinic, mut log) = Log::start().await;
    let (patient, doctor, day) = (clinic.patient().await, clinic.doctor().await, clinic.day());
    let book = format!("/doctors/{}/book", doctor.id);
    let at = |time: &str| json!({ "start_date": format!("{day}T{time}:00Z"), "duration": 30 });
    patient.post(&book, at("08:00")).await.expect(201);
    log.skip();

    let key = [JSON, ("idempotency-key", "mine")];
    let route = "POST /doctors/{doctor_id}/book";
    let booked = patient.send("POST", &book, Some(&at("09:00").to_string()), &key).await.expect(201);
    let line = log.line();
    describes(&line, route, Some(patient.id), 201);
    has_metrics(&line, &["stack Bookings"]);
    assert_eq!((&line["Bookings"], &line["DatabaseRequests"]), (&json!(1), &json!(1)));
    assert!(line["DatabaseTime"].as_f64().unwrap() > 0.0 && line["function"] == "appointments", "{line}");

    let again = patient.send("POST", &book, Some(&at("09:00").to_string()), &key).await;
    assert_eq!(again.expect(201), booked);
    check(&log.line(), route, Some(patient.id), 201);

    for (time, status, rule) in [("09:00", 409, "doctor-busy"), ("03:00", 422, "invalid-booking")] {
        let refused = patient.post(&book, at(time)).await;
        refused.problem(status, rule);
        let line = log.line();
        describes(&line, route, Some(patient.id), status);
        has_metrics(&line, &["stack,rule Conflicts"]);
        assert_eq!((&line["rule"], &line["Conflicts"]), (&json!(rule), &json!(1)));
        // One request for the write, and one for the reasons. The token is not checked again.
        assert_eq!(line["DatabaseRequests"], 2);
        same_request(&line, &refused);
    }
    let rescheduled = doctor.post(&format!("/appointments/{booked}/reschedule"), at("08:00")).await;
    rescheduled.problem(409, "doctor-busy");
    let line = log.line();
    let route = "POST /appointments/{appointment_id}/reschedule";
    describes(&line, route, Some(doctor.id), 409);
    has_metrics(&line, &["stack,rule Conflicts"]);
    assert_eq!(line["DatabaseRequests"], 3);

    clinic.anonymous().get("/doctors?limit=1").await.expect(200);
    check(&log.line(), "GET /doctors", None, 200);

    let wrong = clinic.anonymous().post("/login", json!({ "email": patient.email, "password": "wrong" })).await;
    wrong.problem(401, "unauthorized");
    let line = log.line();
    describes(&line, "POST /login", None, 401);
    has_metrics(&line, &["stack LoginsRefused"]);
    same_request(&line, &wrong);

    let stranger = clinic.anonymous().get(&format!("/appointments/{booked}")).await;
    stranger.problem(401, "unauthorized");
    let line = log.line();
    check(&line, "GET /appointments/{appointment_id}", None, 401);
    assert_eq!(line["DatabaseRequests"], 0);
}

#[tokio::test]
async fn log_line_of_refused_request_has_the_account() {
    let limits = |settings: &mut rounds_local::Settings| settings.limits.logins_per_email_and_source = 2;
    let server = Server::start_with(TestDatabase::of_this_run(), limits).await;
    let clinic = server.clinic();
    let (doctor, patient, other, anyone) =
        (clinic.doctor().await, clinic.patient().await, clinic.patient().await, clinic.anonymous());
    let booked = patient.book(&doctor, &format!("{}T09:00:00Z", clinic.day()), 30).await;
    let (show, cancel) = (format!("/appointments/{booked}"), format!("/appointments/{booked}/cancel"));
    let mut log = Log { read: 0, server };
    let show_route = "GET /appointments/{appointment_id}";
    log.skip();
    for (refused, route, account, status) in [
        // Callers without a token, callers without permission, broken rules, and invalid input.
        (anyone.get(&show).await, show_route, None, 401),
        (other.get(&show).await, show_route, Some(other.id), 403),
        (patient.get("/audit").await, "GET /audit", Some(patient.id), 403),
        (patient.cancel(booked).await, "POST /appointments/{appointment_id}/cancel", Some(patient.id), 403),
        (
            doctor.post(&cancel, json!({ "reason": 5 })).await,
            "POST /appointments/{appointment_id}/cancel",
            Some(doctor.id),
            422,
        ),
        (doctor.get("/appointments?limit=0").await, "GET /appointments", Some(doctor.id), 422),
    ] {
        assert_eq!(refused.status, status, "{route}: {}", refused.body);
        let id = refused.json()["request_id"].clone();
        let lines = log.server.log();
        let lines = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let lines: Vec<_> = lines.filter(|line| line["_aws"].is_object() && line["request_id"] == id).collect();
        assert_eq!(lines.len(), 1, "{route}: {lines:?}");
        check(&lines[0], route, account, status);
    }

    // Failed sign-ins, up to the first one that is refused without a comparison of the password.
    let mut attempt = async |actor: &Actor, path: &str, body: Value, status: u16| {
        log.skip();
        let refused = actor.post(path, body).await;
        assert_eq!(refused.status, status, "{}", refused.body);
        let line = log.line();
        assert_eq!(
            (line["route"].as_str(), line["status"].as_u64()),
            (Some(format!("POST {path}").as_str()), Some(status.into()))
        );
        line
    };
    let wrong = json!({ "old_password": "a wrong guess", "new_password": "quite another password" });
    let line = attempt(&patient, "/me/password", wrong, 422).await;
    assert_eq!(line["account_id"].as_i64(), Some(patient.id));
    let guess = json!({ "email": other.email, "password": "a wrong guess" });
    for status in [401, 401, 429] {
        let line = attempt(&anyone, "/login", guess.clone(), status).await;
        assert_eq!((&line["LoginsRefused"], &line["account_id"]), (&json!(1), &Value::Null));
    }
}

#[tokio::test]
async fn requests_without_a_handler_are_logged() {
    let (clinic, mut log) = Log::start().await;
    let anyone = clinic.anonymous();
    anyone.get("/doctors/1/nothing").await.problem(404, "not-found");
    check(&log.line(), "unmatched", None, 404);
    anyone.send("DELETE", "/doctors/1", None, &[]).await.problem(405, "method-not-allowed");
    check(&log.line(), "DELETE /doctors/{doctor_id}", None, 405);
    assert_eq!(anyone.send("OPTIONS", "/doctors/1", None, &[]).await.status, 204);
    check(&log.line(), "OPTIONS /doctors/{doctor_id}", None, 204);
    let large = " ".repeat(70_000);
    anyone.send("POST", "/login", Some(&large), &[JSON]).await.problem(413, "content-too-large");
    check(&log.line(), "POST /login", None, 413);
}

#[tokio::test]
async fn unavailable_database_is_counted_and_its_reason_logged() {
    let server = Server::start_on(TestDatabase::file(), 1).await;
    let (clinic, file) = (server.clinic(), std::path::PathBuf::from(server.database.url()));
    let mut log = Log { read: 0, server };
    log.skip();
    std::fs::rename(&file, file.with_extension("aside")).unwrap();
    let unavailable = clinic.anonymous().get("/doctors").await;
    unavailable.problem(503, "database-unavailable");
    let line = log.line();
    describes(&line, "GET /doctors", None, 503);
    has_metrics(&line, &["stack DatabaseUnavailable", "stack ServerErrors"]);
    same_request(&line, &unavailable);
    let id = line["request_id"].as_str().unwrap();
    let reason = log.server.log().lines().any(|line| line.contains("No such file") && line.contains(id));
    assert!(reason, "{}", log.server.log());
}

#[tokio::test]
async fn log_contains_no_personal_data() {
    let (clinic, log) = Log::start().await;
    let [name, email, password, reason, details, other] = MARKERS;
    let (admin, anyone, day) = (clinic.admin().await, clinic.anonymous(), clinic.day());
    let account = |kind: &str| {
        json!({ "name": name, "email": format!("{email}.{kind}@example.org"), "password": format!("{password} {password}"),
            "account_type": kind, "details": details, "specialty": details })
    };
    let mut patient = account("Patient");
    patient.as_object_mut().unwrap().retain(|member, _| member != "details" && member != "specialty");
    let register = async |account: Value| admin.post("/register", account).await;
    let doctor = register(account("Doctor")).await.expect(201)["id"].clone();
    register(patient.clone()).await.expect(201);
    register(patient.clone()).await.problem(409, "email-taken");
    register(json!({ "name": 5, "email": email, "password": password, other: other })).await;
    let patient = clinic.login(patient["email"].as_str().unwrap(), patient["password"].as_str().unwrap()).await;
    anyone.post("/login", json!({ "email": format!("{email}@example.org"), "password": password })).await;
    anyone.post("/login", json!({ "email": [other], "password": password })).await;

    let book = format!("/doctors/{doctor}/book");
    let time = json!({ "start_date": format!("{day}T09:00:00Z"), "duration": 30 });
    let key = [JSON, ("idempotency-key", other)];
    let booked = patient.send("POST", &book, Some(&time.to_string()), &key).await.expect(201);
    patient.post(&book, time).await.problem(409, "doctor-busy");
    patient.post(&book, json!({ "start_date": other, "duration": other })).await;
    let cancel = format!("/appointments/{booked}/cancel");
    admin.post(&cancel, json!({ "reason": reason })).await.expect(200);
    anyone.post(&cancel, json!({ "reason": reason })).await.problem(401, "unauthorized");
    anyone.get(&format!("/doctors?q={other}&limit={other}")).await;
    anyone.get(&format!("/doctors/{other}")).await.problem(404, "not-found");
    anyone.get(&format!("/{other}")).await.problem(404, "not-found");
    let stolen = format!("Bearer {other}");
    anyone.send("GET", "/appointments", Some(other), &[("authorization", &stolen)]).await;

    let output = log.server.log();
    let secrets = [admin.token.as_deref().unwrap(), patient.token.as_deref().unwrap()];
    for marker in MARKERS.into_iter().chain(secrets).chain(["example.org"]) {
        let line = output.lines().find(|line| line.to_lowercase().contains(&marker.to_lowercase()));
        assert_eq!(line, None, "{marker}");
    }
    assert!(output.contains("\"route\":\"POST /register\""), "{output}");
}

#[tokio::test]
async fn reads_of_data_of_others_are_logged() {
    let (clinic, mut log) = Log::start().await;
    let (admin, doctor, patient, day) =
        (clinic.admin().await, clinic.doctor().await, clinic.patient().await, clinic.day());
    let one = patient.book(&doctor, &format!("{day}T09:00:00Z"), 30).await;
    let two = patient.book(&doctor, &format!("{day}T10:00:00Z"), 30).await;
    let (both, account) = (json!(format!("{one},{two}")), json!(patient.id.to_string()));
    let show = format!("/appointments/{one}");
    let history = format!("/patients/{}/history", patient.id);
    let slots = format!("/doctors/{}/slots?date={day}", doctor.id);
    // The reason of time off is personal data too.
    let off = format!("/doctors/{}/time_off", doctor.id);
    let sick = json!({ "start_date": "2090-01-01T00:00:00Z", "end_date": "2090-01-02T00:00:00Z", "reason": "Ill" });
    doctor.post(&off, sick).await.expect(201);
    for (actor, path, appointments, accounts) in [
        (&doctor, show.as_str(), json!(one.to_string()), Value::Null),
        (&admin, &show, json!(one.to_string()), Value::Null),
        (&patient, &show, Value::Null, Value::Null),
        (&doctor, &history, Value::Null, account.clone()),
        (&admin, &history, Value::Null, account.clone()),
        (&patient, &history, Value::Null, Value::Null),
        (&doctor, "/appointments", both.clone(), Value::Null),
        (&doctor, "/appointments?limit=1", json!(one.to_string()), Value::Null),
        (&patient, "/appointments", Value::Null, Value::Null),
        (&doctor, &slots, both, Value::Null),
        (&patient, &slots, Value::Null, Value::Null),
        (&admin, "/accounts?account_type=Patient", Value::Null, account),
        (&admin, off.as_str(), Value::Null, json!(doctor.id.to_string())),
        (&doctor, &off, Value::Null, Value::Null),
        (&patient, "/me/export", Value::Null, Value::Null),
        (&doctor, "/me/export", json!(format!("{one},{two}")), Value::Null),
        (&patient, "/me", Value::Null, Value::Null),
    ] {
        log.skip();
        actor.get(path).await.expect(200);
        let line = log.line();
        assert_eq!((&line["read_appointments"], &line["read_accounts"]), (&appointments, &accounts), "{path}: {line}");
        assert!(line["account_id"].is_number() && line["_aws"]["Timestamp"].is_number(), "{line}");
    }
    // A refused request has read nothing.
    log.skip();
    clinic.patient().await.get(&show).await.problem(403, "forbidden");
    assert!(!log.server.log()[log.read..].contains("read_appointments"));
}

/// Checks the logs of all functions and servers of a test run. `make test` runs this test last.
#[test]
#[ignore = "reads the logs of the whole suite"]
fn output_of_the_suite_contains_no_personal_data() {
    // Parts of the actors' emails and names, their password, the beginnings of tokens and hashes, and the words that
    // single tests send.
    let words = ["example.org", "quillfeather", PASSWORD, "eyj0exai", "argon2id"].into_iter().chain(MARKERS);
    let words: Vec<_> = words.map(str::to_lowercase).collect();
    let mut folders = vec![target("tmp")];
    let (mut logs, mut lines) = (0, 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
            // A symbolic link can lead out of the folder.
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else if name == "log" || name.ends_with(".log") {
                let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).to_lowercase();
                logs += 1;
                lines += text.matches("\"route\":").count();
                let personal = text.lines().find(|line| words.iter().any(|word| line.contains(word)));
                assert_eq!(personal, None, "{}", path.display());
            }
        }
    }
    assert!(logs > 20 && lines > 1000, "{lines} requests in {logs} logs: run the suite first");
}
