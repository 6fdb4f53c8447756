//! The links of mails about appointments: they show, confirm, cancel and reschedule.

use chrono::{DateTime, TimeDelta};
use notify::{PublicUrl, Sender};
use rounds_domain::Timestamp;
use rounds_mail::{Settings, Transport};
use rounds_secrets::Secret;

use crate::support::{Actor, Clinic, TestDatabase, Value, json, temporary};

pub(super) const NOW: &str = "2030-01-07T08:00:00Z";
pub(super) const START: &str = "2030-01-08T10:00:00Z";

fn clock() -> Timestamp {
    DateTime::parse_from_rfc3339(NOW).unwrap().into()
}

/// A clinic with a Doctor, a Patient and an appointment, and the token of the link of its mail.
pub(super) async fn booked(policy: Value) -> (Clinic, Actor, Actor, i64, String) {
    let clinic = Clinic::on_disk(NOW).await;
    clinic.admin().await.patch("/clinic", policy).await.expect(200);
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let appointment = patient.book(&doctor, START, 30).await;
    let token = clinic.mails().await.remove(0).links.remove(0);
    (clinic, doctor, patient, appointment, token)
}

/// Returns the tokens in the plain text of the mails that are due, in order.
async fn tokens_of_sent_mails(clinic: &Clinic) -> Vec<String> {
    let folder = temporary("mail");
    let transport = Transport::new(Settings::in_folder(folder.clone())).unwrap();
    let public_url = PublicUrl::new(Secret::new("https://clinic.example/".to_owned()));
    let sender = Sender::new(clinic.functions_database().clone(), transport, public_url, clock);
    sender.run(&|| true).await.unwrap();
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let token = |file| {
        let mail = std::fs::read_to_string(file).unwrap().replace("=\r\n", "");
        let (_, rest) = mail.split_once("https://clinic.example/#/links/").unwrap();
        rest[..43].to_owned()
    };
    files.into_iter().map(token).collect()
}

#[tokio::test]
async fn link_of_a_mail_shows_its_appointment_and_reading_changes_nothing() {
    let clinic = Clinic::opened(TestDatabase::file(), NOW).await;
    let contact = json!({ "time_zone": "Europe/Berlin", "phone": "030 1234", "email": "desk@clinic.example" });
    clinic.admin().await.patch("/clinic", contact).await.expect(200);
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let appointment = patient.book(&doctor, START, 30).await;
    let tokens = tokens_of_sent_mails(&clinic).await;
    assert_eq!(tokens.len(), 1);
    let (anyone, path) = (clinic.anonymous(), format!("/links/{}", tokens[0]));
    let file = || std::fs::read(clinic.functions_database().path().unwrap()).unwrap();
    let before = file();
    for _ in 0..10 {
        let answer = anyone.get(&path).await;
        let mut shown = answer.expect(200);
        shown["doctor_name"] = json!("");
        let expected = json!({
            "id": appointment, "doctor_id": doctor.id, "doctor_name": "", "specialty": null,
            "start_date": "2030-01-08T11:00:00+01:00", "end_date": "2030-01-08T11:30:00+01:00", "duration": 30,
            "status": "Booked", "confirmed_at": null,
            "can_confirm": true, "can_cancel": false, "can_reschedule": false,
            "clinic": {
                "name": "Rounds Clinic", "phone": "030 1234", "email": "desk@clinic.example", "address": null,
                "language": "en", "time_zone": "Europe/Berlin",
            },
        });
        assert_eq!(shown, expected);
        assert_eq!(answer.header("cache-control"), "no-store");
        let known = [("if-none-match", answer.header("etag"))];
        assert_eq!(anyone.send("GET", &path, None, &known).await.status, 304);
        for method in ["HEAD", "OPTIONS"] {
            anyone.send(method, &path, None, &[]).await;
        }
        // A program that reads every link does not know that these need a POST.
        for change in ["confirm", "cancel", "reschedule"] {
            anyone.get(&format!("{path}/{change}")).await.problem(405, "method-not-allowed");
        }
    }
    assert!(file() == before, "reading has changed the database");
}

#[tokio::test]
async fn reader_confirms_by_link_until_a_reschedule() {
    let (clinic, doctor, patient, appointment, token) = booked(json!({})).await;
    let (anyone, path) = (clinic.anonymous(), format!("/links/{token}"));
    let confirm = format!("{path}/confirm");
    let stale = [("if-match", "\"7\"")];
    anyone.send("POST", &confirm, None, &stale).await.problem(412, "appointment-changed");
    let first = anyone.send("POST", &confirm, None, &[]).await;
    let shown = first.expect(200);
    assert_eq!((&shown["confirmed_at"], &shown["can_confirm"]), (&json!("2030-01-07T08:00:00+00:00"), &json!(false)));
    clinic.pass(TimeDelta::minutes(5));
    let again = anyone.send("POST", &confirm, None, &[]).await;
    assert_eq!((again.expect(200), again.header("etag")), (shown, first.header("etag")), "it is not confirmed again");
    for actor in [&doctor, &patient, &clinic.admin().await] {
        let seen = actor.get(&format!("/appointments/{appointment}")).await.expect(200);
        assert_eq!(seen["confirmed_at"], "2030-01-07T08:00:00+00:00");
    }
    assert!(clinic.mails().await.is_empty(), "nobody is told");

    let later = json!({ "start_date": "2030-01-09T10:00:00Z" });
    doctor.post(&format!("/appointments/{appointment}/reschedule"), later).await.expect(200);
    let moved = anyone.get(&path).await.expect(200);
    assert_eq!((&moved["confirmed_at"], &moved["start_date"]), (&Value::Null, &json!("2030-01-09T10:00:00+00:00")));
    let confirmed = anyone.send("POST", &confirm, None, &[]).await.expect(200);
    assert_eq!(confirmed["confirmed_at"], "2030-01-07T08:05:00+00:00");
    doctor.cancel(appointment).await.expect(200);
    anyone.send("POST", &confirm, None, &[]).await.problem(409, "appointment-cancelled");
}

#[tokio::test]
async fn reader_cancels_by_link_as_the_policy_allows() {
    let (clinic, doctor, patient, appointment, token) = booked(json!({})).await;
    let (admin, anyone, path) = (clinic.admin().await, clinic.anonymous(), format!("/links/{token}"));
    let cancel = async |body: Value| anyone.post(&format!("{path}/cancel"), body).await;
    let can_cancel = async || anyone.get(&path).await.expect(200)["can_cancel"].clone();
    // As for the Patient's own cancellation, the permission comes before the input.
    cancel(json!({ "reason": 7 })).await.problem(403, "forbidden");
    assert_eq!(can_cancel().await, false);

    // 26 hours before the start.
    admin.patch("/clinic", json!({ "patient_cancel_notice": 26 * 60 + 1 })).await.expect(200);
    cancel(json!({})).await.problem(403, "forbidden");
    patient.cancel(appointment).await.problem(403, "forbidden");
    assert_eq!(can_cancel().await, false);
    admin.patch("/clinic", json!({ "patient_cancel_notice": 26 * 60 })).await.expect(200);
    assert_eq!(can_cancel().await, true);
    assert_eq!(cancel(json!({ "reason": 7 })).await.pointers("invalid-input"), ["/reason"]);
    let stale = [("if-match", "\"7\"")];
    let refused = anyone.send("POST", &format!("{path}/cancel"), None, &stale).await;
    refused.problem(412, "appointment-changed");
    let cancelled = cancel(json!({ "reason": "I am ill." })).await.expect(200);
    assert_eq!((&cancelled["status"], &cancelled["can_confirm"]), (&json!("Cancelled"), &json!(false)));
    assert_eq!(cancel(json!({ "reason": "Another" })).await.expect(200), cancelled);
    assert_eq!(anyone.get(&path).await.expect(200), cancelled, "the link still shows what became of it");

    let seen = doctor.get(&format!("/appointments/{appointment}")).await.expect(200);
    assert_eq!((&seen["status"], &seen["reason"]), (&json!("Cancelled"), &json!("I am ill.")));
    let entries = admin.get(&format!("/audit?appointment_id={appointment}")).await.expect(200);
    assert_eq!((&entries[0]["action"], &entries[0]["actor_id"]), (&json!("cancel"), &json!(patient.id)));
    let told = clinic.mails().await;
    assert_eq!(told.len(), 1);
    assert!(told[0].links.is_empty(), "nothing can be done about a cancelled appointment");
}

#[tokio::test]
async fn reader_reschedules_by_link_as_the_policy_allows() {
    let (clinic, doctor, patient, appointment, first) = booked(json!({})).await;
    let (admin, anyone, other) = (clinic.admin().await, clinic.anonymous(), clinic.patient().await);
    let path = format!("/links/{first}");
    let reschedule = async |body: Value| anyone.post(&format!("{path}/reschedule"), body).await;
    let at = |start: &str| json!({ "start_date": start });
    reschedule(at("nonsense")).await.problem(403, "forbidden");
    admin.patch("/clinic", json!({ "patient_reschedule_notice": 60 })).await.expect(200);
    assert_eq!(anyone.get(&path).await.expect(200)["can_reschedule"], true);

    other.book(&doctor, "2030-01-09T10:00:00Z", 30).await;
    let busy = reschedule(at("2030-01-09T10:15:00Z")).await.problem(409, "doctor-busy");
    assert_eq!(busy["alternatives"].as_array().unwrap().len(), 3, "{busy}");
    let invalid = reschedule(json!({ "start_date": "2030-01-09T03:00:00Z", "duration": "long" })).await;
    assert_eq!(invalid.pointers("invalid-input"), ["/duration", "/start_date"]);
    assert_eq!(reschedule(at("2030-01-09T03:00:00Z")).await.pointers("invalid-booking"), ["/start_date"]);
    let headers = [("content-type", "application/json"), ("if-match", "\"7\"")];
    let body = at("2030-01-10T10:00:00Z").to_string();
    let stale = anyone.send("POST", &format!("{path}/reschedule"), Some(&body), &headers).await;
    stale.problem(412, "appointment-changed");

    // The page finds a free time without a token.
    let free = anyone.get(&format!("/doctors/{}/availability?date=2030-01-10", doctor.id)).await.expect(200);
    let moved = reschedule(json!({ "start_date": free[0]["start_date"], "duration": 45 })).await.expect(200);
    assert_eq!((&moved["start_date"], &moved["duration"]), (&free[0]["start_date"], &json!(45)));
    let entries = admin.get(&format!("/audit?appointment_id={appointment}")).await.expect(200);
    assert_eq!((&entries[0]["action"], &entries[0]["actor_id"]), (&json!("reschedule"), &json!(patient.id)));

    // The mail about the new time has a link of its own. Both work.
    clinic.pass(TimeDelta::minutes(2));
    let second = clinic.mails().await.into_iter().find(|mail| mail.to == patient.email).unwrap().links.remove(0);
    assert_ne!(second, first);
    assert_eq!(anyone.get(&format!("/links/{second}")).await.expect(200), anyone.get(&path).await.expect(200));

    doctor.cancel(appointment).await.expect(200);
    reschedule(at("2030-01-11T10:00:00Z")).await.problem(409, "appointment-cancelled");
}
