use chrono::TimeDelta;

use crate::support::{Actor, Answer, Clinic, json};

/// A Monday.
const NOW: &str = "2030-01-07T08:00:00Z";
const NINE: &str = "2030-01-07T09:00:00Z";

async fn arrival(actor: &Actor, method: &str, appointment: i64) -> Answer {
    actor.send(method, &format!("/appointments/{appointment}/arrival"), None, &[]).await
}

#[tokio::test]
async fn arrival_is_noted_and_undone_on_the_day() {
    let clinic = Clinic::at(NOW).await;
    let (admin, desk, doctor, patient) =
        (clinic.admin().await, clinic.receptionist().await, clinic.doctor().await, clinic.patient().await);
    let booked = patient.book(&doctor, NINE, 30).await;
    clinic.pass(TimeDelta::minutes(50));
    let arrived = arrival(&desk, "PUT", booked).await.expect(200);
    assert_eq!(arrived["arrived_at"], "2030-01-07T08:50:00+00:00");
    // The first time counts.
    clinic.pass(TimeDelta::minutes(5));
    assert_eq!(arrival(&doctor, "PUT", booked).await.expect(200), arrived);
    assert_eq!(doctor.get("/appointments").await.expect(200)[0]["arrived_at"], arrived["arrived_at"]);
    assert_eq!(arrival(&admin, "DELETE", booked).await.expect(200)["arrived_at"], json!(null));
    assert_eq!(arrival(&admin, "DELETE", booked).await.expect(200)["arrived_at"], json!(null));
    assert_eq!(arrival(&doctor, "PUT", booked).await.expect(200)["arrived_at"], "2030-01-07T08:55:00+00:00");

    let entries = admin.get("/audit?action=arrival").await.expect(200);
    let changes: Vec<_> = entries.as_array().unwrap().iter().map(|entry| &entry["changes"]["arrived_at"]).collect();
    let (first, second) = ("2030-01-07T08:50:00+00:00", "2030-01-07T08:55:00+00:00");
    assert_eq!(changes, [&json!([null, second]), &json!([first, null]), &json!([null, first])]);
}

#[tokio::test]
async fn arrival_is_for_the_day_of_the_appointment_only() {
    let clinic = Clinic::at(NOW).await;
    let (mut doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let tomorrow = patient.book(&doctor, "2030-01-08T09:00:00Z", 30).await;
    arrival(&doctor, "PUT", tomorrow).await.problem(409, "appointment-on-another-day");
    clinic.pass(TimeDelta::hours(24));
    clinic.renew(&mut doctor);
    arrival(&doctor, "PUT", tomorrow).await.expect(200);
    clinic.pass(TimeDelta::hours(24));
    clinic.renew(&mut doctor);
    for method in ["PUT", "DELETE"] {
        arrival(&doctor, method, tomorrow).await.problem(409, "appointment-day-over");
    }
}

#[tokio::test]
async fn cancelled_or_marked_appointment_takes_no_arrival() {
    let clinic = Clinic::at(NOW).await;
    let (mut doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let cancelled = patient.book(&doctor, NINE, 30).await;
    doctor.cancel(cancelled).await.expect(200);
    let (missed, came) =
        (patient.book(&doctor, NINE, 15).await, patient.book(&doctor, "2030-01-07T09:15:00Z", 15).await);
    arrival(&doctor, "PUT", came).await.expect(200);
    clinic.pass(TimeDelta::minutes(90));
    clinic.renew(&mut doctor);
    for (appointment, mark) in [(missed, "no_show"), (came, "done")] {
        doctor.send("POST", &format!("/appointments/{appointment}/{mark}"), None, &[]).await.expect(200);
    }
    arrival(&doctor, "PUT", cancelled).await.problem(409, "appointment-cancelled");
    arrival(&doctor, "PUT", missed).await.problem(409, "appointment-started");
    // It is noted already, and can still be corrected.
    arrival(&doctor, "PUT", came).await.expect(200);
    assert_eq!(arrival(&doctor, "DELETE", came).await.expect(200)["arrived_at"], json!(null));
}

/// The time belongs to the start: who comes at nine has not come at eleven.
#[tokio::test]
async fn reschedule_removes_the_arrival() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let booked = patient.book(&doctor, NINE, 30).await;
    arrival(&doctor, "PUT", booked).await.expect(200);
    let moved = json!({ "start_date": "2030-01-07T11:00:00Z" });
    let moved = doctor.post(&format!("/appointments/{booked}/reschedule"), moved).await.expect(200);
    assert_eq!(moved["arrived_at"], json!(null));
}

#[tokio::test]
async fn only_its_doctor_and_the_desk_note_an_arrival() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let booked = patient.book(&doctor, NINE, 30).await;
    for actor in [patient, clinic.doctor().await] {
        for method in ["PUT", "DELETE"] {
            arrival(&actor, method, booked).await.problem(403, "forbidden");
        }
    }
    arrival(&clinic.receptionist().await, "PUT", 999).await.problem(404, "not-found");
    let headers = [("if-match", "\"7\"")];
    let path = format!("/appointments/{booked}/arrival");
    doctor.send("PUT", &path, None, &headers).await.problem(412, "appointment-changed");
}
