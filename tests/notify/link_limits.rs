//! How long links of appointments work, what they do not show, and attacks on them.

use chrono::TimeDelta;

use super::{
    links::{NOW, booked},
    sender::{claim, record},
};
use crate::support::{Clinic, PASSWORD, json, links};

#[tokio::test]
async fn link_works_until_the_present_start_of_its_appointment() {
    let (clinic, _, _, appointment, token) = booked(json!({ "patient_reschedule_notice": 0 })).await;
    let (anyone, path) = (clinic.anonymous(), format!("/links/{token}"));
    let moved = json!({ "start_date": "2030-01-09T10:00:00Z" });
    anyone.post(&format!("{path}/reschedule"), moved).await.expect(200);
    // The sender deletes expired links when it claims messages. This link was inserted with the first start.
    clinic.pass(TimeDelta::hours(27));
    clinic.mails().await;
    anyone.get(&path).await.expect(200);
    clinic.pass(TimeDelta::hours(23) - TimeDelta::seconds(1));
    anyone.get(&path).await.expect(200);

    clinic.pass(TimeDelta::seconds(1));
    let expired = anyone.get(&path).await.problem(422, "link-expired");
    for change in ["confirm", "cancel", "reschedule"] {
        let body = json!({ "start_date": "2030-01-10T10:00:00Z" });
        let body = if change == "reschedule" { Some(body.to_string()) } else { None };
        let headers: &[_] = if body.is_some() { &[("content-type", "application/json")] } else { &[] };
        let refused = anyone.send("POST", &format!("{path}/{change}"), body.as_deref(), headers).await;
        refused.problem(422, "link-expired");
    }
    let unknown = anyone.get(&format!("/links/{}", "A".repeat(43))).await.problem(422, "link-expired");
    assert_eq!(expired["detail"], unknown["detail"]);
    clinic.mails().await;
    let of_appointment = format!("SELECT count(*) || '' FROM links WHERE appointment_id = {appointment}");
    assert_eq!(clinic.rows(&of_appointment).await, ["0"], "expired links are deleted");
}

#[tokio::test]
async fn appointment_moved_to_an_earlier_time_ends_its_link_earlier() {
    let (clinic, doctor, _, appointment, token) = booked(json!({})).await;
    let earlier = json!({ "start_date": "2030-01-07T10:00:00Z" });
    doctor.post(&format!("/appointments/{appointment}/reschedule"), earlier).await.expect(200);
    clinic.pass(TimeDelta::hours(2));
    clinic.anonymous().get(&format!("/links/{token}")).await.problem(422, "link-expired");
}

#[tokio::test]
async fn links_of_one_kind_do_nothing_as_another() {
    let (clinic, _, patient, _, token) = booked(json!({ "patient_cancel_notice": 0 })).await;
    let anyone = clinic.anonymous();
    let verify = anyone.post("/verify_email", json!({ "token": token })).await;
    verify.problem(422, "link-expired");
    let reset = json!({ "token": token, "new_password": "another long password" });
    anyone.post("/reset_password", reset).await.problem(422, "link-expired");
    anyone.get(&format!("/feeds/{token}.ics")).await.problem(404, "not-found");

    assert_eq!(patient.send("POST", "/me/verify_email", None, &[]).await.status, 202);
    let email = json!({ "email": patient.email });
    assert_eq!(anyone.post("/forgot_password", email).await.status, 202);
    let of_account: Vec<_> = clinic.mails().await.into_iter().map(|mail| mail.token).collect();
    assert_eq!(of_account.len(), 2);
    let feed = patient.send("POST", "/me/feed", None, &[]).await.expect(201);
    let key = feed["url"].as_str().unwrap().rsplit('/').next().unwrap().trim_end_matches(".ics").to_owned();
    for other in of_account.iter().chain([&key]) {
        anyone.get(&format!("/links/{other}")).await.problem(422, "link-expired");
        anyone.send("POST", &format!("/links/{other}/cancel"), None, &[]).await.problem(422, "link-expired");
    }
    // Nothing was used up.
    anyone.get(&format!("/links/{token}")).await.expect(200);
    for account_token in of_account {
        let verified = anyone.post("/verify_email", json!({ "token": account_token })).await.status == 204;
        let body = json!({ "token": account_token, "new_password": PASSWORD });
        assert!(verified || anyone.post("/reset_password", body).await.status == 204);
    }
}

#[tokio::test]
async fn guessed_links_are_limited_and_real_ones_still_work() {
    let (clinic, _, _, _, token) = booked(json!({})).await;
    let here = clinic.anonymous().at("198.51.100.1");
    for number in 0..100 {
        here.get(&format!("/links/guess-{number}")).await.problem(422, "link-expired");
        let confirm = format!("/links/other-{number}/confirm");
        here.send("POST", &confirm, None, &[]).await.problem(422, "link-expired");
    }
    let refused = here.get("/links/another-guess").await;
    refused.problem(429, "too-many-requests");
    assert_eq!(refused.header("retry-after"), "3600");
    here.get(&format!("/links/{token}")).await.expect(200);
    here.send("POST", &format!("/links/{token}/confirm"), None, &[]).await.expect(200);
}

#[tokio::test]
async fn link_of_a_deactivated_or_erased_account_does_nothing() {
    let (clinic, _, patient, appointment, token) = booked(json!({ "patient_cancel_notice": 0 })).await;
    let (admin, anyone, path) = (clinic.admin().await, clinic.anonymous(), format!("/links/{token}"));
    let account = async |action: &str| {
        let path = format!("/accounts/{}/{action}", patient.id);
        assert_eq!(admin.send("POST", &path, None, &[]).await.status, 204);
    };
    account("deactivate").await;
    anyone.get(&path).await.problem(422, "link-expired");
    for change in ["confirm", "cancel"] {
        anyone.send("POST", &format!("{path}/{change}"), None, &[]).await.problem(422, "link-expired");
    }
    account("activate").await;
    anyone.get(&path).await.expect(200);
    admin.cancel(appointment).await.expect(200);
    account("erase").await;
    anyone.get(&path).await.problem(422, "link-expired");
    assert_eq!(clinic.rows("SELECT count(*) || '' FROM links").await, ["0"]);
}

/// Each link shows and changes its own appointment, also in a reminder of several.
#[tokio::test]
async fn nobody_sees_by_a_link_what_is_not_theirs() {
    let clinic = Clinic::on_disk(NOW).await;
    let policy = json!({ "patient_cancel_notice": 0, "patient_reschedule_notice": 0 });
    clinic.admin().await.patch("/clinic", policy).await.expect(200);
    let doctor = clinic.doctor().await;
    let mut booked = Vec::new();
    for number in 0..3 {
        let patient = clinic.patient().await;
        for hour in [10 + number, 14 + number] {
            booked.push(patient.book(&doctor, &format!("2030-01-09T{hour}:00:00Z"), 30).await);
        }
    }
    clinic.mails().await;
    clinic.pass(TimeDelta::hours(33));
    let reminders = claim(&clinic).await;
    record(&clinic, &reminders, rounds_data::messages::Outcome::Sent).await;
    assert_eq!(reminders.messages.len(), 3, "one for each Patient");
    let anyone = clinic.anonymous();
    let mut seen = Vec::new();
    for message in &reminders.messages {
        let tokens = links(&reminders, message);
        assert_eq!(tokens.len(), 2);
        for (token, appointment) in tokens.iter().zip(&message.appointments) {
            let answer = anyone.get(&format!("/links/{token}")).await;
            assert_eq!(answer.expect(200)["id"], appointment.id.get());
            assert!(!answer.body.contains("patient") && !answer.body.contains(&message.name), "{}", answer.body);
            seen.push(appointment.id.get());
        }
    }
    seen.sort_unstable();
    assert_eq!(seen, booked);

    let token = links(&reminders, &reminders.messages[0]).remove(0);
    let before = clinic.dump("appointments").await;
    anyone.send("POST", &format!("/links/{token}/cancel"), None, &[]).await.expect(200);
    let after = clinic.dump("appointments").await;
    let changed = before.lines().zip(after.lines()).filter(|(before, after)| before != after).count();
    assert_eq!(changed, 1);
    // A body cannot name another appointment or another actor.
    for member in ["id", "appointment_id", "patient_id", "reader_id", "token"] {
        let body = json!({ member: booked[5] });
        let refused = anyone.post(&format!("/links/{token}/cancel"), body).await;
        assert_eq!(refused.pointers("invalid-input"), [format!("/{member}")]);
    }
}
