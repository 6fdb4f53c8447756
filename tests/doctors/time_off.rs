use chrono::TimeDelta;
use rounds_domain::MessageKind;

use crate::support::{Actor, Answer, Clinic, Value, json};

const NOW: &str = "2030-01-07T08:00:00Z";

async fn take(actor: &Actor, doctor: &Actor, start: &str, end: &str) -> Answer {
    let body = json!({ "start_date": start, "end_date": end });
    actor.post(&format!("/doctors/{}/time_off", doctor.id), body).await
}

#[tokio::test]
async fn doctor_takes_time_off_and_deletes_it() {
    let clinic = Clinic::at(NOW).await;
    let doctor = clinic.doctor().await;
    let path = format!("/doctors/{}/time_off", doctor.id);
    let body = json!({
        "start_date": "2030-01-08T10:00:00+02:00", "end_date": "2030-01-08T12:00:00Z", "reason": "A conference",
    });
    let answer = doctor.post(&path, body).await;
    let created = answer.expect(201);
    let expected = json!({
        "id": created["id"], "start_date": "2030-01-08T08:00:00+00:00", "end_date": "2030-01-08T12:00:00+00:00",
        "reason": "A conference",
    });
    assert_eq!(created, expected);
    assert_eq!(answer.header("location"), format!("{path}/{}", created["id"]));
    assert_eq!(doctor.get(&path).await.expect(200), json!([created]));

    let location = answer.header("location");
    assert_eq!(doctor.send("DELETE", location, None, &[]).await.status, 204);
    doctor.send("DELETE", location, None, &[]).await.problem(404, "not-found");
    assert_eq!(doctor.get(&path).await.expect(200), json!([]));
}

#[tokio::test]
async fn time_off_is_listed_by_start_in_pages() {
    let clinic = Clinic::at(NOW).await;
    let doctor = clinic.doctor().await;
    for day in ["12", "10", "14", "08", "11"] {
        let (start, end) = (format!("2030-01-{day}T08:00:00Z"), format!("2030-01-{day}T09:00:00Z"));
        take(&doctor, &doctor, &start, &end).await.expect(201);
    }
    let (mut next, mut days) = (Some(format!("/doctors/{}/time_off?limit=2", doctor.id)), Vec::new());
    while let Some(path) = next {
        let answer = doctor.get(&path).await;
        let page = answer.expect(200);
        days.extend(page.as_array().unwrap().iter().map(|off| off["start_date"].as_str().unwrap()[8..10].to_owned()));
        next = answer.next();
    }
    assert_eq!(days, ["08", "10", "11", "12", "14"]);
}

#[tokio::test]
async fn time_off_cannot_overlap_booked_appointments() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let first = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let cancelled = patient.book(&doctor, "2030-01-08T10:30:00Z", 30).await;
    let second = patient.book(&doctor, "2030-01-08T11:00:00Z", 30).await;
    doctor.cancel(cancelled).await.expect(200);

    let over = take(&doctor, &doctor, "2030-01-08T10:29:00Z", "2030-01-08T11:01:00Z").await;
    assert_eq!(over.problem(409, "time-off-over-appointments")["appointments"], json!([first, second]));
    let over = take(&doctor, &doctor, "2030-01-08T10:30:00Z", "2030-01-08T12:00:00Z").await;
    assert_eq!(over.problem(409, "time-off-over-appointments")["appointments"], json!([second]));
    take(&doctor, &doctor, "2030-01-08T10:30:00Z", "2030-01-08T11:00:00Z").await.expect(201);
}

/// A doctor is ill. The front desk takes the time off, which cancels the appointments in the same change.
#[tokio::test]
async fn time_off_cancels_the_appointments_that_have_not_started() {
    let clinic = Clinic::at(NOW).await;
    let (admin, desk) = (clinic.admin().await, clinic.receptionist().await);
    let (doctor, other, patient) = (clinic.doctor().await, clinic.doctor().await, clinic.patient().await);
    let early = patient.book(&doctor, "2030-01-07T09:00:00Z", 30).await;
    let second = patient.book(&doctor, "2030-01-07T11:00:00Z", 30).await;
    let first = patient.book(&doctor, "2030-01-07T10:00:00Z", 30).await;
    let outside = patient.book(&doctor, "2030-01-07T14:00:00Z", 30).await;
    let of_other = patient.book(&other, "2030-01-07T13:00:00Z", 30).await;
    assert_eq!(clinic.mails().await.len(), 5, "of the bookings");
    clinic.pass(TimeDelta::minutes(65));
    let desk = renewed(&clinic, desk);
    let path = format!("/doctors/{}/time_off", doctor.id);
    let off = |start: &str| {
        let end = "2030-01-07T14:00:00Z";
        json!({ "start_date": start, "end_date": end, "reason": "Ill", "appointments": "cancel" })
    };

    // The appointment at nine has started. Nothing is changed.
    let refused = desk.post(&path, off("2030-01-07T09:00:00Z")).await;
    assert_eq!(refused.problem(409, "time-off-over-appointments")["appointments"], json!([early]));
    assert_eq!(status_of(&desk, first).await, ("Booked".into(), json!(null)));

    let taken = desk.post(&path, off("2030-01-07T09:30:00Z")).await.expect(201);
    assert_eq!((&taken["cancelled"], &taken["reason"]), (&json!([first, second]), &json!("Ill")));
    for cancelled in [first, second] {
        assert_eq!(status_of(&desk, cancelled).await, ("Cancelled".into(), json!("Ill")));
    }
    for booked in [early, outside, of_other] {
        assert_eq!(status_of(&desk, booked).await.0, "Booked");
    }
    let admin = renewed(&clinic, admin);
    let told: Vec<_> = clinic.mails().await.into_iter().map(|mail| (mail.to, mail.kind)).collect();
    assert_eq!(told, [(&patient.email, MessageKind::Cancelled); 2].map(|(to, kind)| (to.clone(), kind)));
    let entries = admin.get("/audit?action=cancel").await.expect(200);
    assert_eq!(entries.as_array().unwrap().len(), 2);

    // Without appointments, nothing is cancelled, and the answer has no such member.
    let doctor = renewed(&clinic, doctor);
    let plain = take(&doctor, &doctor, "2030-01-08T09:00:00Z", "2030-01-08T10:00:00Z").await.expect(201);
    assert_eq!(plain.get("cancelled"), None);
}

#[tokio::test]
async fn receptionist_takes_time_off_with_appointments_only() {
    let clinic = Clinic::at(NOW).await;
    let (desk, doctor) = (clinic.receptionist().await, clinic.doctor().await);
    let path = format!("/doctors/{}/time_off", doctor.id);
    let mut off = json!({ "start_date": "2030-01-08T09:00:00Z", "end_date": "2030-01-08T10:00:00Z" });
    desk.post(&path, off.clone()).await.problem(403, "forbidden");
    off["appointments"] = json!("move");
    assert_eq!(desk.post(&path, off.clone()).await.pointers("invalid-input"), ["/appointments"]);
    off["appointments"] = json!("cancel");
    desk.post("/doctors/999/time_off", off.clone()).await.problem(404, "not-found");
    assert_eq!(desk.post(&path, off.clone()).await.expect(201)["cancelled"], json!([]));
    clinic.doctor().await.post(&path, off).await.problem(403, "forbidden");
}

fn renewed(clinic: &Clinic, mut actor: Actor) -> Actor {
    clinic.renew(&mut actor);
    actor
}

/// Returns the status and the reason of an appointment.
async fn status_of(actor: &Actor, appointment: i64) -> (String, Value) {
    let shown = actor.get(&format!("/appointments/{appointment}")).await.expect(200);
    (shown["status"].as_str().unwrap().to_owned(), shown.get("reason").cloned().unwrap_or_default())
}

#[tokio::test]
async fn time_off_has_a_start_and_a_later_end() {
    let clinic = Clinic::at(NOW).await;
    let doctor = clinic.doctor().await;
    let (ten, eleven) = ("2030-01-08T10:00:00Z", "2030-01-08T11:00:00Z");

    for end in [ten, "2030-01-08T09:00:00Z", "2030-01-08T11:00:00+02:00"] {
        assert_eq!(take(&doctor, &doctor, ten, end).await.pointers("invalid-input"), ["/end_date"]);
    }
    for wrong in ["2030-01-08T10:00:00", "2030-01-08T10:00:30Z", "2030-01-08", ""] {
        assert_eq!(take(&doctor, &doctor, wrong, eleven).await.pointers("invalid-input"), ["/start_date"]);
        let both = take(&doctor, &doctor, wrong, wrong).await;
        assert_eq!(both.pointers("invalid-input"), ["/end_date", "/start_date"]);
    }
    let empty = doctor.post(&format!("/doctors/{}/time_off", doctor.id), json!({ "reason": 5 })).await;
    assert_eq!(empty.pointers("invalid-input"), ["/end_date", "/reason", "/start_date"]);
}

#[tokio::test]
async fn time_off_blocks_exactly_its_time() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    take(&doctor, &doctor, "2030-01-08T10:00:00Z", "2030-01-08T11:00:00Z").await.expect(201);

    for start in ["09:46", "10:00", "10:30", "10:59"] {
        let answer = patient.try_book(&doctor, &format!("2030-01-08T{start}:00Z"), 15).await;
        assert_eq!(answer.pointers("invalid-booking"), ["/start_date"], "{start}");
    }
    patient.book(&doctor, "2030-01-08T09:45:00Z", 15).await;
    patient.book(&doctor, "2030-01-08T11:00:00Z", 15).await;
}

#[tokio::test]
async fn only_that_doctor_and_admins_manage_time_off() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor) = (clinic.admin().await, clinic.doctor().await);
    let (start, end) = ("2030-01-08T10:00:00Z", "2030-01-08T11:00:00Z");
    let created = take(&admin, &doctor, start, end).await.expect(201);
    let list = format!("/doctors/{}/time_off", doctor.id);
    let location = format!("{list}/{}", created["id"]);

    let strangers = [clinic.doctor().await, clinic.patient().await, clinic.anonymous()];
    for (stranger, status) in strangers.iter().zip([403, 403, 401]) {
        let kind = if status == 403 { "forbidden" } else { "unauthorized" };
        stranger.get(&list).await.problem(status, kind);
        take(stranger, &doctor, start, end).await.problem(status, kind);
        stranger.send("DELETE", &location, None, &[]).await.problem(status, kind);
    }
    admin.get("/doctors/999/time_off").await.problem(404, "not-found");
    let of_other_doctor = format!("/doctors/{}/time_off/{}", strangers[0].id, created["id"]);
    admin.send("DELETE", &of_other_doctor, None, &[]).await.problem(404, "not-found");
    assert_eq!(admin.send("DELETE", &location, None, &[]).await.status, 204);
}

#[tokio::test]
async fn time_off_is_returned_in_the_present_time_zone() {
    let clinic = Clinic::on_disk("2030-01-07T08:00:00Z").await;
    let doctor = clinic.doctor().await;
    let path = format!("/doctors/{}/time_off", doctor.id);
    doctor.get(&path).await.expect(200);
    clinic.sql("UPDATE clinic SET operation_id = :operation, calendar_version = calendar_version + 1, time_zone = 'Asia/Tokyo'").await.unwrap();
    let body = json!({ "start_date": "2030-01-08T00:00:00Z", "end_date": "2030-01-09T00:00:00Z" });
    assert_eq!(doctor.post(&path, body).await.expect(201)["start_date"], "2030-01-08T09:00:00+09:00");
    for year in ["0000", "1969", "9999"] {
        let body = json!({ "start_date": format!("{year}-01-01T00:00:00Z"), "end_date": "9998-01-01T00:00:00Z" });
        assert!(doctor.post(&path, body).await.pointers("invalid-input").contains(&"/start_date".to_owned()));
    }
}
