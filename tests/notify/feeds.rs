//! Calendar feeds: who can read them, and what they say.

use std::process::Command;

use chrono::TimeDelta;

use crate::support::{Actor, Answer, Clinic, Value, json, target, temporary};

const NOW: &str = "2030-01-07T08:00:00Z";

/// Makes a feed. Returns its path.
async fn feed(actor: &Actor, details: bool) -> String {
    let made = actor.post("/me/feed", json!({ "details": details })).await.expect(201);
    let path = made["url"].as_str().unwrap().strip_prefix("https://clinic.example").unwrap().to_owned();
    assert_eq!(path.len(), "/feeds/".len() + 43 + ".ics".len());
    path
}

async fn read(clinic: &Clinic, path: &str) -> Answer {
    let answer = clinic.anonymous().get(path).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("content-type"), "text/calendar; charset=utf-8");
    assert_eq!(answer.header("cache-control"), "no-store");
    answer
}

/// Returns the events as two libraries read them: [start, end, summary, status, sequence].
fn events(calendar: &str) -> Value {
    let file = temporary("feed.ics");
    std::fs::write(&file, calendar).unwrap();
    let python = "import sys, json, icalendar\n\
        calendar = icalendar.Calendar.from_ical(open(sys.argv[1], 'rb').read())\n\
        text = lambda at: at.dt.strftime('%Y-%m-%dT%H:%M:%SZ')\n\
        print(json.dumps([[text(e['dtstart']), text(e['dtend']), str(e['summary']), str(e['status']), int(e['sequence'])]\
        for e in calendar.walk('VEVENT')]))";
    let node = "const { createRequire } = require('module'); const fs = require('fs');\n\
        import(createRequire(process.env.NODE_PATH + '/').resolve('ical.js')).then(({ default: ICAL }) => {\n\
        const calendar = new ICAL.Component(ICAL.parse(fs.readFileSync(process.argv[1], 'utf8')));\n\
        const events = calendar.getAllSubcomponents('vevent').map((e) => ['dtstart', 'dtend', 'summary', 'status', 'sequence']\n\
        .map((name) => { const value = e.getFirstPropertyValue(name);\n\
        return value instanceof ICAL.Time ? value.toString() : value; }));\n\
        console.log(JSON.stringify(events)); });";
    let run = |program: &mut Command| -> Value {
        let output = program.arg(&file).env("NODE_PATH", target("tools/node_modules")).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let read = run(Command::new(target("tools/bin/python3")).args(["-B", "-c", python]));
    assert_eq!(read, run(Command::new("node").args(["-e", node])), "icalendar and ical.js differ");
    read
}

#[tokio::test]
async fn feed_shows_own_appointments_and_names_only_with_details() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient, other) = (clinic.doctor().await, clinic.patient().await, clinic.patient().await);
    let appointment = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    other.book(&doctor, "2030-01-08T11:00:00Z", 15).await;
    doctor.cancel(other.book(&doctor, "2030-01-08T13:00:00Z", 15).await).await.expect(200);
    let busy = json!([["2030-01-08T10:00:00Z", "2030-01-08T10:30:00Z", "Busy", "CONFIRMED", 0]]);
    let answer = read(&clinic, &feed(&patient, false).await).await;
    assert_eq!(events(&answer.body), busy);
    assert!(!answer.body.contains("Quillfeather") && !answer.body.contains("Rounds Clinic"), "{}", answer.body);
    let with_details = read(&clinic, &feed(&patient, true).await).await;
    let summary = events(&with_details.body)[0][2].as_str().unwrap().to_owned();
    assert!(summary.starts_with("Appointment with Doctor") && summary.ends_with("Rounds Clinic"), "{summary}");

    let of_doctor = events(&read(&clinic, &feed(&doctor, true).await).await.body);
    let summaries: Vec<_> = of_doctor.as_array().unwrap().iter().map(|event| event[2].as_str().unwrap()).collect();
    assert_eq!(summaries.len(), 2, "the cancelled one is left out");
    assert!(summaries.iter().all(|summary| summary.contains("Patient")), "{summaries:?}");
    let of_admin = read(&clinic, &feed(&clinic.admin().await, true).await).await;
    assert_eq!(events(&of_admin.body), json!([]));

    // A reschedule is the same event with a higher sequence.
    let before = read(&clinic, &feed(&patient, false).await).await;
    let uid = |calendar: &str| calendar.lines().find(|line| line.starts_with("UID:")).unwrap().to_owned();
    let later = json!({ "start_date": "2030-01-08T15:00:00Z" });
    doctor.post(&format!("/appointments/{appointment}/reschedule"), later).await.expect(200);
    let path = feed(&patient, false).await;
    let after = read(&clinic, &path).await;
    assert_eq!(uid(&after.body), uid(&before.body));
    assert_eq!(events(&after.body)[0][4], 1);
    assert!(after.body.contains("\r\nREFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n"), "{}", after.body);
    let known = [("if-none-match", after.header("etag"))];
    assert_eq!(clinic.anonymous().send("GET", &path, None, &known).await.status, 304);
}

#[tokio::test]
async fn feed_has_the_last_thirty_days_and_everything_ahead() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, mut patient) = (clinic.doctor().await, clinic.patient().await);
    for day in ["2030-01-08", "2030-01-09", "2030-12-01"] {
        patient.book(&doctor, &format!("{day}T10:00:00Z"), 30).await;
    }
    let path = feed(&patient, false).await;
    clinic.pass(TimeDelta::days(31) + TimeDelta::hours(2));
    let read = events(&read(&clinic, &path).await.body);
    let starts: Vec<_> = read.as_array().unwrap().iter().map(|event| event[0].as_str().unwrap()).collect();
    assert_eq!(starts, ["2030-01-09T10:00:00Z", "2030-12-01T10:00:00Z"]);
    clinic.renew(&mut patient);
    assert_eq!(patient.get("/me").await.expect(200)["feed"], json!({ "details": false }));
}

#[tokio::test]
async fn new_feed_ends_the_old_one_and_only_its_hash_is_stored() {
    let clinic = Clinic::on_disk(NOW).await;
    let (patient, anyone) = (clinic.patient().await, clinic.anonymous());
    assert_eq!(patient.get("/me").await.expect(200)["feed"], Value::Null);
    let (old, new) = (feed(&patient, false).await, feed(&patient, true).await);
    anyone.get(&old).await.problem(404, "not-found");
    read(&clinic, &new).await;
    assert_eq!(patient.get("/me").await.expect(200)["feed"], json!({ "details": true }));
    let key = &new["/feeds/".len()..][..43];
    assert!(!clinic.dump("feeds").await.contains(key));
    for wrong in [format!("/feeds/{key}"), format!("/feeds/{key}.ICS"), "/feeds/.ics".into(), "/feeds/x.ics".into()] {
        anyone.get(&wrong).await.problem(404, "not-found");
    }
    // Programs read ended feeds for years. They do not count as failed sign-ins.
    assert_eq!(clinic.rows("SELECT count(*) || '' FROM sign_in_attempts").await, ["0"]);
    for _ in 0..2 {
        assert_eq!(patient.send("DELETE", "/me/feed", None, &[]).await.status, 204);
        anyone.get(&new).await.problem(404, "not-found");
    }
    patient.post("/me/feed", json!({ "details": "yes" })).await.problem(422, "invalid-input");
    anyone.send("POST", "/me/feed", None, &[]).await.problem(401, "unauthorized");
}

#[tokio::test]
async fn feed_of_a_deactivated_account_is_not_found_and_erasing_deletes_it() {
    let clinic = Clinic::on_disk(NOW).await;
    let (admin, patient) = (clinic.admin().await, clinic.patient().await);
    let path = feed(&patient, true).await;
    let account = async |action: &str| {
        let path = format!("/accounts/{}/{action}", patient.id);
        assert_eq!(admin.send("POST", &path, None, &[]).await.status, 204);
    };
    account("deactivate").await;
    clinic.anonymous().get(&path).await.problem(404, "not-found");
    account("activate").await;
    read(&clinic, &path).await;
    account("erase").await;
    clinic.anonymous().get(&path).await.problem(404, "not-found");
    assert_eq!(clinic.rows("SELECT count(*) || '' FROM feeds").await, ["0"]);
}
