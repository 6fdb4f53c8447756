//! When reminders are sent, and for which appointments.

use chrono::TimeDelta;
use rounds_data::messages::{self, Outcome};

use super::sender::{claim, record, said, send};
use crate::support::{Actor, Clinic, json};

const NOW: &str = "2030-01-07T08:00:00Z";

/// A clinic with a changed policy.
async fn clinic(policy: &str) -> (Clinic, Actor, Actor) {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    clinic.sql(&format!("UPDATE clinic SET operation_id = :operation, {policy}")).await.unwrap();
    (clinic, doctor, patient)
}

async fn book(clinic: &Clinic, patient: &Actor, doctor: &Actor, start: &str) -> i64 {
    let id = patient.book(doctor, start, 30).await;
    assert_eq!(send(clinic).await, [format!("booked {start}")]);
    id
}

#[tokio::test]
async fn reminder_is_sent_once_a_day_before() {
    let (clinic, doctor, patient) = clinic("name = 'Clinic'").await;
    book(&clinic, &patient, &doctor, "2030-01-10T09:00:00Z").await;
    clinic.pass(TimeDelta::hours(49) - TimeDelta::seconds(1));
    assert!(send(&clinic).await.is_empty());
    clinic.pass(TimeDelta::seconds(1));
    assert_eq!(send(&clinic).await, ["reminder 2030-01-10T09:00:00Z"]);
    clinic.pass(TimeDelta::hours(1));
    assert!(send(&clinic).await.is_empty());
}

#[tokio::test]
async fn missed_run_does_not_lose_a_reminder() {
    let (clinic, doctor, mut patient) = clinic("name = 'Clinic'").await;
    book(&clinic, &patient, &doctor, "2030-01-10T09:00:00Z").await;
    clinic.pass(TimeDelta::hours(72));
    assert_eq!(send(&clinic).await, ["reminder 2030-01-10T09:00:00Z"], "late, and before the appointment");

    clinic.renew(&mut patient);
    book(&clinic, &patient, &doctor, "2030-01-12T09:00:00Z").await;
    clinic.pass(TimeDelta::hours(49));
    assert!(send(&clinic).await.is_empty(), "the appointment has begun");
}

#[tokio::test]
async fn reminder_that_was_due_before_the_booking_is_not_sent() {
    let (clinic, doctor, patient) = clinic("reminder_minutes = '[1440,120]'").await;
    book(&clinic, &patient, &doctor, "2030-01-07T16:00:00Z").await;
    assert!(send(&clinic).await.is_empty());
    clinic.pass(TimeDelta::hours(6));
    assert_eq!(send(&clinic).await, ["reminder 2030-01-07T16:00:00Z"], "two hours before");
}

#[tokio::test]
async fn reminder_of_a_changed_appointment_is_dropped() {
    let (clinic, mut doctor, patient) = clinic("name = 'Clinic'").await;
    let cancelled = book(&clinic, &patient, &doctor, "2030-01-10T09:00:00Z").await;
    let moved = book(&clinic, &patient, &doctor, "2030-01-11T09:00:00Z").await;
    clinic.pass(TimeDelta::hours(49));
    // The reminders were claimed, and the server did not accept them.
    record(&clinic, &claim(&clinic).await, Outcome::Deferred("busy".into())).await;
    clinic.renew(&mut doctor);
    doctor.cancel(cancelled).await.expect(200);
    clinic.pass(TimeDelta::hours(1));
    assert_eq!(send(&clinic).await, ["cancelled 2030-01-10T09:00:00Z"]);

    clinic.renew(&mut doctor);
    let later = json!({ "start_date": "2030-01-14T09:00:00Z" });
    doctor.post(&format!("/appointments/{moved}/reschedule"), later).await.expect(200);
    clinic.pass(TimeDelta::hours(24));
    assert_eq!(send(&clinic).await, ["moved 2030-01-14T09:00:00Z"]);
    clinic.pass(TimeDelta::hours(71));
    assert_eq!(send(&clinic).await, ["reminder 2030-01-14T09:00:00Z"]);
}

/// A reminder of the day was sent while the appointment had another time. It did not name the appointment.
#[tokio::test]
async fn appointment_that_is_moved_back_gets_its_reminder() {
    let (clinic, mut doctor, patient) = clinic("name = 'Clinic'").await;
    book(&clinic, &patient, &doctor, "2030-01-10T09:00:00Z").await;
    let moved = book(&clinic, &patient, &doctor, "2030-01-10T15:00:00Z").await;
    clinic.pass(TimeDelta::hours(49));
    record(&clinic, &claim(&clinic).await, Outcome::Deferred("busy".into())).await;
    clinic.renew(&mut doctor);
    let path = format!("/appointments/{moved}/reschedule");
    doctor.post(&path, json!({ "start_date": "2030-01-11T15:00:00Z" })).await.expect(200);
    clinic.pass(TimeDelta::minutes(1));
    assert_eq!(send(&clinic).await, ["reminder 2030-01-10T09:00:00Z", "moved 2030-01-11T15:00:00Z"]);
    clinic.pass(TimeDelta::minutes(1));
    doctor.post(&path, json!({ "start_date": "2030-01-10T15:00:00Z" })).await.expect(200);
    clinic.pass(TimeDelta::minutes(1));
    assert_eq!(send(&clinic).await, ["moved 2030-01-10T15:00:00Z"]);
    clinic.pass(TimeDelta::hours(6));
    assert_eq!(send(&clinic).await, ["reminder 2030-01-10T15:00:00Z"]);
    assert!(send(&clinic).await.is_empty());
}

#[tokio::test]
async fn late_reminder_names_only_what_is_ahead() {
    let (clinic, doctor, patient) = clinic("name = 'Clinic'").await;
    for start in ["2030-01-10T09:00:00Z", "2030-01-10T15:00:00Z"] {
        book(&clinic, &patient, &doctor, start).await;
    }
    clinic.pass(TimeDelta::hours(49));
    // The server did not take it before the first of them had begun.
    record(&clinic, &claim(&clinic).await, Outcome::Deferred("busy".into())).await;
    clinic.pass(TimeDelta::hours(25));
    assert_eq!(send(&clinic).await, ["reminder 2030-01-10T15:00:00Z"]);
}

#[tokio::test]
async fn appointments_of_one_day_are_one_reminder() {
    let (clinic, doctor, patient) = clinic("name = 'Clinic'").await;
    for start in ["2030-01-10T09:00:00Z", "2030-01-10T15:00:00Z", "2030-01-11T09:00:00Z"] {
        book(&clinic, &patient, &doctor, start).await;
    }
    clinic.pass(TimeDelta::hours(49));
    assert_eq!(send(&clinic).await, ["reminder 2030-01-10T09:00:00Z 2030-01-10T15:00:00Z"]);
    clinic.pass(TimeDelta::hours(6));
    assert!(send(&clinic).await.is_empty());
    clinic.pass(TimeDelta::hours(18));
    assert_eq!(send(&clinic).await, ["reminder 2030-01-11T09:00:00Z"]);
}

#[tokio::test]
async fn reminder_waits_for_the_end_of_the_quiet_hours() {
    let (clinic, doctor, patient) = clinic("reminder_minutes = '[720]', quiet_start = 1260, quiet_end = 480").await;
    book(&clinic, &patient, &doctor, "2030-01-10T17:00:00Z").await;
    book(&clinic, &patient, &doctor, "2030-01-11T08:00:00Z").await;
    // 05:00 is in the quiet hours, so the first one waits until 08:00.
    clinic.pass(TimeDelta::hours(71) + TimeDelta::minutes(59));
    assert!(send(&clinic).await.is_empty());
    clinic.pass(TimeDelta::minutes(1));
    let claimed = claim(&clinic).await;
    assert_eq!(claimed.messages.iter().map(said).collect::<Vec<_>>(), ["reminder 2030-01-10T17:00:00Z"]);
    record(&clinic, &claimed, Outcome::Deferred("busy".into())).await;
    clinic.pass(TimeDelta::minutes(1));
    assert_eq!(send(&clinic).await.len(), 1);
    // 20:00 is not in the quiet hours.
    clinic.pass(TimeDelta::hours(12) - TimeDelta::minutes(1));
    assert_eq!(send(&clinic).await, ["reminder 2030-01-11T08:00:00Z"]);
}

#[tokio::test]
async fn reminders_that_are_due_at_once_are_one_reminder() {
    let (clinic, doctor, patient) = clinic("reminder_minutes = '[720,120]', quiet_start = 1260, quiet_end = 420").await;
    book(&clinic, &patient, &doctor, "2030-01-10T09:00:00Z").await;
    clinic.pass(TimeDelta::hours(71));
    assert_eq!(send(&clinic).await, ["reminder 2030-01-10T09:00:00Z"], "at the end of the quiet hours");
    let links = clinic.rows("SELECT count(*) || '' FROM links").await;
    assert_eq!(links, ["2"], "one of the booking and one of the reminder");
    clinic.pass(TimeDelta::hours(1));
    assert!(send(&clinic).await.is_empty());
}

#[tokio::test]
async fn failed_reminder_waits_for_the_end_of_the_quiet_hours() {
    let (clinic, doctor, patient) = clinic("reminder_minutes = '[780]', quiet_start = 1260, quiet_end = 420").await;
    book(&clinic, &patient, &doctor, "2030-01-10T09:59:00Z").await;
    clinic.pass(TimeDelta::hours(60) + TimeDelta::minutes(59));
    record(&clinic, &claim(&clinic).await, Outcome::Deferred("busy".into())).await;
    clinic.pass(TimeDelta::minutes(2));
    assert!(send(&clinic).await.is_empty());
    let queue = messages::queue(clinic.functions_database(), clinic.now()).await.unwrap();
    let end = "2030-01-10T07:00:00Z".parse().ok();
    assert_eq!((queue.due, queue.oldest, queue.next_at), (0, end, end), "it is not late");
    clinic.pass(TimeDelta::hours(9) + TimeDelta::minutes(59));
    assert_eq!(send(&clinic).await, ["reminder 2030-01-10T09:59:00Z"]);
}

#[tokio::test]
async fn all_reminders_are_added_at_once() {
    let (clinic, ..) = clinic("max_open_bookings = NULL").await;
    let mut doctors = Vec::new();
    for _ in 0..6 {
        doctors.push(clinic.doctor().await);
    }
    for patient in 0..60 {
        let minute = 9 * 60 + patient % 10 * 20;
        let start = format!("2030-01-10T{:02}:{:02}:00Z", minute / 60, minute % 60);
        clinic.patient().await.book(&doctors[patient / 10], &start, 15).await;
    }
    send(&clinic).await;
    clinic.pass(TimeDelta::hours(72));
    claim(&clinic).await;
    let queued = clinic.rows("SELECT count(*) || '' FROM messages WHERE kind = 'reminder'").await;
    assert_eq!(queued, ["60"]);
}
