//! The rules hold in the database, whoever writes: here a program that asks nobody.

use chrono::DateTime;

use crate::support::{Actor, Clinic, json};

const NOW: &str = "2030-01-07T08:00:00Z";

fn seconds(timestamp: &str) -> i64 {
    DateTime::parse_from_rfc3339(timestamp).unwrap().timestamp()
}

/// A row for Tuesday, 8 January 2030, in UTC, but for the columns that a test sets otherwise.
fn insert(doctor: &Actor, patient: &Actor, time: &str, duration: i64, other: &[(&str, i64)]) -> String {
    let start_at = seconds(&format!("2030-01-08T{time}:00Z"));
    let mut row = vec![
        ("doctor_id", doctor.id),
        ("patient_id", patient.id),
        ("start_at", start_at),
        ("duration", duration),
        ("as_of", seconds(NOW)),
        ("asked_start_at", start_at),
        ("asked_duration", duration),
        ("calendar_version", 1),
        ("day_start", seconds("2030-01-08T00:00:00Z")),
        ("day_end", seconds("2030-01-09T00:00:00Z")),
        ("weekday", 2),
        ("shift_from", 1440),
        ("shift", 0),
    ];
    row.retain(|(name, _)| !other.iter().any(|(replaced, _)| replaced == name));
    row.extend(other);
    let (columns, values): (Vec<&str>, Vec<String>) =
        row.iter().map(|(name, value)| (*name, value.to_string())).unzip();
    format!("INSERT INTO appointments ({}) VALUES ({})", columns.join(", "), values.join(", "))
}

async fn accepted(clinic: &Clinic, statement: &str) {
    clinic.sql(statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
}

async fn refused(clinic: &Clinic, statement: &str, word: &str) {
    let error = clinic.sql(statement).await.expect_err(statement).to_string();
    assert!(error.contains(word), "{statement}: {error}");
}

#[tokio::test]
async fn rows_that_overlap_are_refused() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, elsewhere) = (clinic.doctor().await, clinic.doctor().await);
    let (one, other) = (clinic.patient().await, clinic.patient().await);
    accepted(&clinic, &insert(&doctor, &one, "10:00", 30, &[])).await;

    for (time, duration) in [("10:00", 30), ("09:46", 15), ("10:29", 15), ("10:10", 15), ("09:30", 120)] {
        refused(&clinic, &insert(&doctor, &other, time, duration, &[]), "doctor-busy").await;
        refused(&clinic, &insert(&elsewhere, &one, time, duration, &[]), "patient-busy").await;
    }
    accepted(&clinic, &insert(&doctor, &other, "09:30", 30, &[])).await;
    accepted(&clinic, &insert(&elsewhere, &one, "10:30", 30, &[])).await;
    accepted(&clinic, &insert(&elsewhere, &other, "10:00", 30, &[])).await;
}

#[tokio::test]
async fn a_thirteenth_row_and_a_481st_minute_are_refused() {
    let clinic = Clinic::on_disk(NOW).await;
    let (one, two, patient) = (clinic.doctor().await, clinic.doctor().await, clinic.patient().await);
    for hour in 8..14 {
        accepted(&clinic, &insert(&one, &patient, &format!("{hour:02}:00"), 15, &[])).await;
        accepted(&clinic, &insert(&one, &patient, &format!("{hour:02}:15"), 15, &[])).await;
    }
    refused(&clinic, &insert(&one, &patient, "17:00", 15, &[]), "doctor-day-full").await;

    let other = clinic.patient().await;
    for hour in ["08", "10", "12"] {
        accepted(&clinic, &insert(&two, &other, &format!("{hour}:00"), 120, &[])).await;
    }
    accepted(&clinic, &insert(&two, &other, "14:00", 105, &[])).await;
    refused(&clinic, &insert(&two, &other, "17:00", 16, &[]), "doctor-day-full").await;
    accepted(&clinic, &insert(&two, &other, "17:00", 15, &[])).await;
}

#[tokio::test]
async fn rows_against_the_other_rules_are_refused_by_name() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let a_year_ago = seconds(NOW) - 365 * 86400;

    for (time, duration, other, word) in [
        ("07:59", 30, &[][..], "out-of-hours"),
        ("17:31", 30, &[], "out-of-hours"),
        ("10:00", 14, &[], "invalid-times"),
        ("10:00", 121, &[], "invalid-times"),
        ("10:00", 0, &[], "invalid-times"),
        ("10:00", -30, &[], "invalid-times"),
        ("10:00", 30, &[("as_of", seconds("2030-01-08T10:00:00Z"))], "invalid-times"),
        ("10:00", 30, &[("as_of", seconds("2030-01-08T11:00:00Z"))], "invalid-times"),
        ("10:00", 30, &[("as_of", a_year_ago)], "invalid-times"),
        ("10:00", 30, &[("calendar_version", 2)], "calendar-changed"),
        ("10:00", 30, &[("doctor_id", patient.id)], "doctor-not-active"),
        ("10:00", 30, &[("doctor_id", 999)], "doctor-not-active"),
        ("10:00", 30, &[("patient_id", doctor.id)], "not-a-patient"),
        ("10:00", 30, &[("patient_id", 999)], "not-a-patient"),
        ("10:00", 30, &[("start_at", seconds("2030-01-08T10:00:30Z"))], "start_at % 60 = 0"),
        ("10:00", 30, &[("day_start", seconds("2030-01-08T10:01:00Z"))], "out-of-hours"),
        ("10:00", 30, &[("day_end", seconds("2030-01-08T10:00:00Z"))], "out-of-hours"),
        ("10:00", 30, &[("day_end", seconds("2030-01-10T00:01:00Z"))], "CHECK constraint failed"),
        ("10:00", 30, &[("weekday", 0)], "out-of-hours"),
    ] {
        refused(&clinic, &insert(&doctor, &patient, time, duration, other), word).await;
    }
    accepted(&clinic, &insert(&doctor, &patient, "10:00", 30, &[])).await;
}

#[tokio::test]
async fn a_row_of_an_older_calendar_is_refused_once_the_clinic_has_moved() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    accepted(&clinic, "UPDATE clinic SET time_zone = 'UTC'").await;
    accepted(&clinic, &insert(&doctor, &patient, "10:00", 30, &[])).await;

    accepted(&clinic, "UPDATE clinic SET time_zone = 'Europe/Berlin'").await;
    refused(&clinic, &insert(&doctor, &patient, "11:00", 30, &[]), "calendar-changed").await;
    accepted(&clinic, "UPDATE clinic SET time_zone = 'UTC'").await;
    refused(&clinic, &insert(&doctor, &patient, "11:00", 30, &[]), "calendar-changed").await;
    accepted(&clinic, &insert(&doctor, &patient, "11:00", 30, &[("calendar_version", 3)])).await;
}

#[tokio::test]
async fn nothing_is_deleted() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let booked = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let cancelled = patient.book(&doctor, "2030-01-08T11:00:00Z", 30).await;
    doctor.cancel(cancelled).await.expect(200);

    refused(&clinic, "DELETE FROM appointments", "appointments-stay").await;
    for id in [booked, cancelled] {
        refused(&clinic, &format!("DELETE FROM appointments WHERE id = {id}"), "appointments-stay").await;
    }
    for account in [&doctor, &patient, &clinic.admin().await] {
        refused(&clinic, &format!("DELETE FROM accounts WHERE id = {}", account.id), "accounts-stay").await;
    }
    let history = patient.get(&format!("/patients/{}/history", patient.id)).await.expect(200);
    assert_eq!(history.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_appointment_stays_whose_it_is() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient, other) = (clinic.doctor().await, clinic.patient().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let before = patient.get(&format!("/appointments/{id}")).await.expect(200);

    for change in [
        "id = id + 1".to_owned(),
        "asked_start_at = asked_start_at - 60".to_owned(),
        "idempotency_key = 'another'".to_owned(),
        format!("doctor_id = {}", clinic.doctor().await.id),
        format!("patient_id = {}", other.id),
    ] {
        let statement = format!("UPDATE appointments SET {change}, version = version + 1");
        refused(&clinic, &statement, "appointments-stay-whose-they-are").await;
    }
    assert_eq!(patient.get(&format!("/appointments/{id}")).await.expect(200), before);
}

#[tokio::test]
async fn an_appointment_ends_once() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);

    for (hour, end) in [("10", "Cancelled"), ("11", "Done"), ("12", "NoShow")] {
        let id = patient.book(&doctor, &format!("2030-01-08T{hour}:00:00Z"), 30).await;
        let to = |status: &str| {
            format!("UPDATE appointments SET status = '{status}', version = version + 1 WHERE id = {id}")
        };
        accepted(&clinic, &to(end)).await;
        refused(&clinic, &to("Booked"), "appointment-has-ended").await;
        refused(&clinic, &to("Cancelled"), "appointment-has-ended").await;
        let moved =
            format!("UPDATE appointments SET start_at = start_at + 3600, version = version + 1 WHERE id = {id}");
        refused(&clinic, &moved, "").await;
        assert_eq!(patient.get(&format!("/appointments/{id}")).await.expect(200)["status"], end);
    }
}

#[tokio::test]
async fn a_move_keeps_the_rules_and_is_not_in_its_own_way() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient, other) = (clinic.doctor().await, clinic.patient().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    other.book(&doctor, "2030-01-08T11:00:00Z", 30).await;
    let to = |time: &str| {
        let start_at = seconds(&format!("2030-01-08T{time}:00Z"));
        format!("UPDATE appointments SET start_at = {start_at}, version = version + 1 WHERE id = {id}")
    };
    refused(&clinic, &to("10:45"), "doctor-busy").await;
    refused(&clinic, &to("17:45"), "out-of-hours").await;
    refused(&clinic, "UPDATE appointments SET duration = 121, version = version + 1", "invalid-times").await;
    accepted(&clinic, &to("10:15")).await;
}

#[tokio::test]
async fn nothing_is_replaced() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let row = insert(&doctor, &patient, "11:00", 30, &[("id", id)]).replace("INSERT", "INSERT OR REPLACE");
    refused(&clinic, &row, "appointments-stay").await;
    let account = format!("REPLACE INTO accounts SELECT * FROM accounts WHERE id = {}", patient.id);
    refused(&clinic, &account, "accounts-stay").await;
    let taken = format!(
        "UPDATE OR REPLACE accounts SET email_key = (SELECT email_key FROM accounts WHERE id = {}) WHERE id = {}",
        doctor.id, patient.id
    );
    refused(&clinic, &taken, "email-taken").await;
    refused(&clinic, "DELETE FROM clinic", "clinic-stays").await;
    refused(&clinic, "INSERT OR REPLACE INTO clinic SELECT * FROM clinic", "clinic-stays").await;
    refused(&clinic, "UPDATE clinic SET calendar_version = 7", "calendars-only-go-on").await;
    clinic.sql(&format!("INSERT INTO working_hours VALUES ({}, 1, 1100, 1200)", doctor.id)).await.unwrap();
    refused(&clinic, "UPDATE working_hours SET end_minute = 1100 WHERE weekday = 1", "working-hours-overlap").await;
}

#[tokio::test]
async fn a_name_is_written_under_once_and_not_after_it_was_given_up() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let named = |time: &str, write_id: i64| insert(&doctor, &patient, time, 30, &[("write_id", write_id)]);
    let taken = "UNIQUE constraint failed: writes.write_id";
    accepted(&clinic, &named("10:00", 1)).await;
    accepted(&clinic, "INSERT INTO writes VALUES ('2', NULL)").await;
    for write_id in [1, 2] {
        refused(&clinic, &named("11:00", write_id), taken).await;
        for change in [
            format!("UPDATE appointments SET status = 'Cancelled', version = version + 1, write_id = '{write_id}'"),
            format!("UPDATE accounts SET details = 'Ahoy', write_id = '{write_id}' WHERE id = {}", doctor.id),
            format!("UPDATE clinic SET name = 'Ahoy', write_id = '{write_id}'"),
            format!("INSERT INTO week_replacements VALUES ({}, '[]', '{write_id}')", doctor.id),
            format!(
                "INSERT INTO time_off (doctor_id, start_at, end_at, write_id) VALUES ({}, 0, 60, '{write_id}')",
                doctor.id
            ),
            format!("INSERT INTO time_off_endings VALUES (1, '{write_id}')"),
        ] {
            refused(&clinic, &change, taken).await;
        }
    }
}

#[tokio::test]
async fn each_change_of_an_appointment_counts_up_its_version() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;

    for version in ["", ", version = version", ", version = version + 2", ", version = version - 1"] {
        let statement = format!("UPDATE appointments SET status = 'Cancelled'{version}");
        refused(&clinic, &statement, "version-must-count").await;
    }
    let other = "UPDATE appointments SET status = 'Moved', version = version + 1";
    refused(&clinic, other, "CHECK constraint failed").await;
    let reason = "UPDATE appointments SET reason = 'Snow', version = version + 1";
    refused(&clinic, reason, "CHECK constraint failed").await;
    accepted(&clinic, "UPDATE appointments SET status = 'Cancelled', reason = 'Snow', version = 2").await;
}

#[tokio::test]
async fn the_very_next_booking_obeys_a_changed_policy() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    patient.book(&doctor, "2030-01-08T10:00:00Z", 15).await;

    for (change, start, duration) in [
        ("min_duration = 20", "2030-01-08T11:00:00Z", 19),
        ("max_duration = 40", "2030-01-08T11:00:00Z", 41),
        ("booking_horizon_days = 2", "2030-01-09T08:01:00Z", 30),
    ] {
        accepted(&clinic, &format!("UPDATE clinic SET {change}")).await;
        patient.try_book(&doctor, start, duration).await.problem(422, "invalid-booking");
    }
    for cap in ["max_appointments_per_day = 1", "max_appointments_per_day = 9, max_booked_mins_per_day = 44"] {
        accepted(&clinic, &format!("UPDATE clinic SET {cap}")).await;
        patient.try_book(&doctor, "2030-01-08T11:00:00Z", 30).await.problem(409, "doctor-day-full");
    }
    accepted(&clinic, "UPDATE clinic SET max_booked_mins_per_day = 45").await;
    patient.book(&doctor, "2030-01-08T11:00:00Z", 30).await;
}

#[tokio::test]
async fn what_is_booked_stays_when_a_cap_is_lowered() {
    let clinic = Clinic::on_disk(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let mut booked = Vec::new();
    for hour in ["09", "10", "11"] {
        booked.push(patient.book(&doctor, &format!("2030-01-08T{hour}:00:00Z"), 30).await);
    }
    accepted(&clinic, "UPDATE clinic SET max_appointments_per_day = 1, min_duration = 40").await;

    let report = admin.get("/doctors/by_top_appointments?date=2030-01-08").await.expect(200);
    assert_eq!(report[0]["appointments_count"], 3);
    patient.try_book(&doctor, "2030-01-08T12:00:00Z", 40).await.problem(409, "doctor-day-full");
    doctor.cancel(booked[0]).await.expect(200);
    doctor.cancel(booked[1]).await.expect(200);
    patient.try_book(&doctor, "2030-01-08T12:00:00Z", 40).await.problem(409, "doctor-day-full");
    doctor.cancel(booked[2]).await.expect(200);
    patient.book(&doctor, "2030-01-08T12:00:00Z", 40).await;
}

#[tokio::test]
async fn the_very_next_booking_obeys_changed_working_hours() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let kept = patient.book(&doctor, "2030-01-08T08:00:00Z", 30).await;
    let later =
        format!("UPDATE working_hours SET start_minute = 720, end_minute = 840 WHERE doctor_id = {}", doctor.id);
    accepted(&clinic, &later).await;

    for start in ["2030-01-08T11:45:00Z", "2030-01-08T13:45:00Z"] {
        let answer = patient.try_book(&doctor, start, 30).await;
        assert_eq!(answer.pointers("invalid-booking"), ["/start_date"], "{start}");
    }
    patient.book(&doctor, "2030-01-08T12:00:00Z", 120).await;
    let kept = patient.get(&format!("/appointments/{kept}")).await.expect(200);
    assert_eq!(kept["status"], json!("Booked"));
}
