use chrono::TimeDelta;

use crate::support::{Actor, Answer, Clinic, json};

const NOW: &str = "2030-01-07T08:00:00Z";

async fn mark(actor: &Actor, id: i64, mark: &str) -> Answer {
    actor.send("POST", &format!("/appointments/{id}/{mark}"), None, &[]).await
}

#[tokio::test]
async fn marking_is_possible_only_after_the_start() {
    let clinic = Clinic::at(NOW).await;
    let (mut admin, mut doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-07T10:00:00Z", 30).await;

    clinic.pass(TimeDelta::hours(2) - TimeDelta::seconds(1));
    clinic.renew(&mut admin);
    clinic.renew(&mut doctor);
    for (actor, kind) in [(&doctor, "done"), (&admin, "done"), (&doctor, "no_show"), (&admin, "no_show")] {
        mark(actor, id, kind).await.problem(409, "appointment-not-started");
    }
    clinic.pass(TimeDelta::seconds(1));
    assert_eq!(mark(&doctor, id, "done").await.expect(200)["status"], "Done");
}

#[tokio::test]
async fn mark_can_be_corrected() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-07T08:30:00Z", 30).await;
    clinic.pass(TimeDelta::minutes(30));

    let done = mark(&doctor, id, "done").await;
    let again = mark(&admin, id, "done").await;
    assert_eq!((again.expect(200), again.header("etag")), (done.expect(200), done.header("etag")));
    let missed = mark(&admin, id, "no_show").await;
    assert_eq!(missed.expect(200)["status"], "NoShow");
    assert_ne!(missed.header("etag"), done.header("etag"));
    assert_eq!(mark(&doctor, id, "done").await.expect(200)["status"], "Done");
}

#[tokio::test]
async fn cancelled_appointment_cannot_be_marked() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-07T08:30:00Z", 30).await;
    doctor.cancel(id).await.expect(200);
    clinic.pass(TimeDelta::minutes(30));
    for kind in ["done", "no_show"] {
        mark(&doctor, id, kind).await.problem(409, "appointment-cancelled");
    }
}

#[tokio::test]
async fn only_its_doctor_and_admins_can_mark() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-07T08:30:00Z", 30).await;
    clinic.pass(TimeDelta::minutes(30));

    for actor in [&patient, &clinic.patient().await, &clinic.doctor().await] {
        mark(actor, id, "done").await.problem(403, "forbidden");
        mark(actor, 999, "no_show").await.problem(403, "forbidden");
    }
    mark(&clinic.anonymous(), id, "done").await.problem(401, "unauthorized");
    let admin = clinic.admin().await;
    mark(&admin, 999, "done").await.problem(404, "not-found");
    assert_eq!(mark(&admin, id, "no_show").await.expect(200)["status"], "NoShow");
}

#[tokio::test]
async fn marked_appointment_still_occupies_its_time() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let first = patient.book(&doctor, "2030-01-07T08:15:00Z", 15).await;
    let second = patient.book(&doctor, "2030-01-07T08:30:00Z", 30).await;
    clinic.pass(TimeDelta::minutes(30));
    mark(&doctor, first, "done").await.expect(200);
    mark(&doctor, second, "no_show").await.expect(200);

    let slots = doctor.get(&format!("/doctors/{}/slots?date=2030-01-07", doctor.id)).await.expect(200);
    assert_eq!((&slots[0]["status"], &slots[1]["status"]), (&json!("Done"), &json!("NoShow")));
    let top = admin.get("/doctors/by_top_appointments?date=2030-01-07").await.expect(200);
    assert_eq!((&top[0]["appointments_count"], &top[0]["booked_mins"]), (&json!(2), &json!(45)));
    patient.try_book(&doctor, "2030-01-07T08:45:00Z", 30).await.problem(409, "doctor-busy");
}
