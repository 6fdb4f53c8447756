//! The rules are enforced by the database: here another program writes rows directly.

use chrono::DateTime;

use crate::support::{Actor, Clinic, json, new_operation};

const NOW: &str = "2030-01-07T08:00:00Z";

fn seconds(timestamp: &str) -> i64 {
    DateTime::parse_from_rfc3339(timestamp).unwrap().timestamp()
}

/// The row of `days` for 8 January 2030, a Tuesday, in UTC.
fn day() -> [(&'static str, i64); 5] {
    let start_at = seconds("2030-01-08T00:00:00Z");
    [
        ("start_at", start_at),
        ("end_at", start_at + 86400),
        ("weekday", 2),
        ("clock_change_minute", 1440),
        ("clock_change_seconds", 0),
    ]
}

fn insert_into(table: &str, row: &[(&str, String)]) -> String {
    let (columns, values): (Vec<&str>, Vec<&str>) = row.iter().map(|(name, value)| (*name, value.as_str())).unzip();
    format!("INSERT INTO {table} ({}) VALUES ({});", columns.join(", "), values.join(", "))
}

/// Inserts an appointment of half an hour on that day, with an operation of the present time. A test can set other
/// values: columns of the appointment, `at` of the operation, or `day.` columns of the day.
fn insert(doctor: &Actor, patient: &Actor, time: &str, other: &[(&str, i64)]) -> String {
    let start_at = seconds(&format!("2030-01-08T{time}:00Z"));
    let set = |name: &str, usual: i64| {
        let other = other.iter().find(|(set, _)| *set == name);
        other.map_or(usual, |(_, value)| *value)
    };
    let operation = new_operation();
    let day = day().map(|(name, usual)| (name, set(&format!("day.{name}"), usual).to_string()));
    let day = [&day[..], &[("time_zone_data", "'2026a'".to_owned())]].concat();
    let (start_at, duration) = (set("start_at", start_at), set("duration", 30));
    let mut row: Vec<_> = [
        ("doctor_id", doctor.id),
        ("patient_id", patient.id),
        ("booked_by", patient.id),
        ("start_at", start_at),
        ("duration", duration),
        ("busy_from", start_at),
        ("busy_until", start_at + duration * 60),
    ]
    .map(|(name, usual)| (name, set(name, usual).to_string()))
    .into();
    row.extend(other.iter().filter(|(name, _)| *name == "id").map(|(name, value)| (*name, value.to_string())));
    row.push(("operation_id", operation.clone()));
    format!(
        "DELETE FROM days; {} INSERT INTO operations (id, at) VALUES ({operation}, {}); {}",
        insert_into("days", &day),
        set("at", seconds(NOW)),
        insert_into("appointments", &row)
    )
}

async fn accepted(clinic: &Clinic, statement: &str) {
    clinic.sql(statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
}

async fn refused(clinic: &Clinic, statement: &str, word: &str) {
    let error = clinic.sql(statement).await.expect_err(statement).to_string();
    assert!(error.contains(word), "{statement}: {error}");
}

#[tokio::test]
async fn schema_refuses_overlapping_rows() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, other_doctor) = (clinic.doctor().await, clinic.doctor().await);
    let (one, other) = (clinic.patient().await, clinic.patient().await);
    accepted(&clinic, &insert(&doctor, &one, "10:00", &[])).await;

    for (time, duration) in [("10:00", 30), ("09:46", 15), ("10:29", 15), ("10:10", 15), ("09:30", 120)] {
        refused(&clinic, &insert(&doctor, &other, time, &[("duration", duration)]), "doctor-busy").await;
        refused(&clinic, &insert(&other_doctor, &one, time, &[("duration", duration)]), "patient-busy").await;
    }
    accepted(&clinic, &insert(&doctor, &other, "09:30", &[])).await;
    accepted(&clinic, &insert(&other_doctor, &one, "10:30", &[])).await;
    accepted(&clinic, &insert(&other_doctor, &other, "10:00", &[])).await;
}

#[tokio::test]
async fn schema_refuses_rows_over_the_daily_limits() {
    let clinic = Clinic::on_disk(NOW).await;
    let (one, two, patient) = (clinic.doctor().await, clinic.doctor().await, clinic.patient().await);
    accepted(&clinic, "UPDATE clinic SET max_open_bookings = NULL, operation_id = :operation").await;
    for hour in 8..14 {
        accepted(&clinic, &insert(&one, &patient, &format!("{hour:02}:00"), &[("duration", 15)])).await;
        accepted(&clinic, &insert(&one, &patient, &format!("{hour:02}:15"), &[("duration", 15)])).await;
    }
    refused(&clinic, &insert(&one, &patient, "17:00", &[("duration", 15)]), "doctor-day-full").await;

    let other = clinic.patient().await;
    for hour in ["08", "10", "12"] {
        accepted(&clinic, &insert(&two, &other, &format!("{hour}:00"), &[("duration", 120)])).await;
    }
    accepted(&clinic, &insert(&two, &other, "14:00", &[("duration", 105)])).await;
    refused(&clinic, &insert(&two, &other, "17:00", &[("duration", 16)]), "doctor-day-full").await;
    accepted(&clinic, &insert(&two, &other, "17:00", &[("duration", 15)])).await;
}

#[tokio::test]
async fn schema_names_the_rule_that_a_row_breaks() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let a_year_ago = seconds(NOW) - 365 * 86400;
    let (yesterday, later) = (seconds("2030-01-07T00:00:00Z"), seconds("2030-01-08T10:01:00Z"));

    for (time, other, word) in [
        ("07:59", &[][..], "out-of-hours"),
        ("17:31", &[], "out-of-hours"),
        ("10:00", &[("duration", 14)], "invalid-times"),
        ("10:00", &[("duration", 121)], "invalid-times"),
        ("10:00", &[("duration", 0)], "CHECK constraint failed: duration"),
        ("10:00", &[("duration", -30)], "CHECK constraint failed: duration"),
        ("10:00", &[("duration", 1441)], "CHECK constraint failed: duration"),
        ("10:00", &[("at", seconds("2030-01-08T10:00:00Z"))], "invalid-times"),
        ("10:00", &[("at", seconds("2030-01-08T11:00:00Z"))], "invalid-times"),
        ("10:00", &[("at", a_year_ago)], "invalid-times"),
        ("10:00", &[("doctor_id", patient.id)], "doctor-not-active"),
        ("10:00", &[("doctor_id", 999)], "doctor-not-active"),
        ("10:00", &[("patient_id", doctor.id), ("booked_by", doctor.id)], "not-a-patient"),
        ("10:00", &[("patient_id", 999), ("booked_by", doctor.id)], "not-a-patient"),
        ("10:00", &[("patient_id", 999)], "not-their-patient"),
        ("10:00", &[("start_at", seconds("2030-01-08T10:00:30Z"))], "start_at % 60 = 0"),
        ("10:00", &[("busy_from", seconds("2030-01-08T10:01:00Z"))], "CHECK constraint failed: busy_from"),
        ("10:00", &[("busy_until", seconds("2030-01-08T10:29:00Z"))], "CHECK constraint failed: busy_until"),
        ("10:00", &[("day.start_at", later), ("day.end_at", later + 86400)], "day-unknown"),
        ("10:00", &[("day.start_at", yesterday), ("day.end_at", yesterday + 86400)], "day-unknown"),
        ("10:00", &[("day.end_at", seconds("2030-01-10T00:01:00Z"))], "CHECK constraint failed: end_at"),
        ("10:00", &[("day.weekday", 0)], "CHECK constraint failed: weekday"),
    ] {
        refused(&clinic, &insert(&doctor, &patient, time, other), word).await;
    }
    accepted(&clinic, &insert(&doctor, &patient, "10:00", &[])).await;
}

#[tokio::test]
async fn changing_the_time_zone_deletes_all_days() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let row = |time: &str| {
        let insert = insert(&doctor, &patient, time, &[]);
        insert.split_once("INSERT INTO operations").map(|(_, rest)| format!("INSERT INTO operations{rest}")).unwrap()
    };
    refused(&clinic, &row("10:00"), "day-unknown").await;
    accepted(&clinic, &insert(&doctor, &patient, "10:00", &[])).await;
    accepted(&clinic, &row("11:00")).await;
    accepted(&clinic, "UPDATE clinic SET time_zone = 'UTC', operation_id = :operation").await;
    accepted(&clinic, &row("12:00")).await;

    let to = |zone: &str, version: i64| {
        format!("UPDATE clinic SET time_zone = '{zone}', calendar_version = {version}, operation_id = :operation")
    };
    for version in [0, 1, 3] {
        refused(&clinic, &to("Europe/Berlin", version), "calendar-version-must-count").await;
    }
    accepted(&clinic, &to("Europe/Berlin", 2)).await;
    refused(&clinic, &row("13:00"), "day-unknown").await;
    refused(&clinic, &to("Europe/Berlin", 3), "calendar-version-must-count").await;
    accepted(&clinic, &to("UTC", 3)).await;
    refused(&clinic, &row("13:00"), "day-unknown").await;
    accepted(&clinic, &insert(&doctor, &patient, "13:00", &[])).await;
}

/// Otherwise a Patient could fill the database with the days of ten thousand years.
#[tokio::test]
async fn start_that_cannot_be_booked_adds_no_days() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let days = clinic.rows("SELECT CAST(count(*) AS TEXT) FROM days").await;

    for start_date in ["0001-06-01T10:00:00Z", "2029-06-01T10:00:00Z", "2032-06-01T10:00:00Z", "9998-06-01T10:00:00Z"] {
        patient.try_book(&doctor, start_date, 30).await.problem(422, "invalid-booking");
        let path = format!("/appointments/{id}/reschedule");
        doctor.post(&path, json!({ "start_date": start_date })).await.problem(422, "invalid-booking");
        assert_eq!(clinic.rows("SELECT CAST(count(*) AS TEXT) FROM days").await, days, "{start_date}");
    }
}

#[tokio::test]
async fn schema_refuses_deleting_rows() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let booked = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let cancelled = patient.book(&doctor, "2030-01-08T11:00:00Z", 30).await;
    doctor.cancel(cancelled).await.expect(200);
    let off = json!({ "start_date": "2030-02-01T00:00:00Z", "end_date": "2030-02-02T00:00:00Z" });
    doctor.post(&format!("/doctors/{}/time_off", doctor.id), off).await.expect(201);

    refused(&clinic, "DELETE FROM appointments", "appointments-stay").await;
    for id in [booked, cancelled] {
        refused(&clinic, &format!("DELETE FROM appointments WHERE id = {id}"), "appointments-stay").await;
    }
    for account in [&doctor, &patient, &clinic.admin().await] {
        refused(&clinic, &format!("DELETE FROM people WHERE id = {}", account.id), "people-stay").await;
        refused(&clinic, &format!("DELETE FROM logins WHERE person_id = {}", account.id), "logins-stay").await;
    }
    refused(&clinic, "DELETE FROM time_off", "time-off-stays").await;
    refused(&clinic, "DELETE FROM clinic", "clinic-stays").await;
    refused(&clinic, "DELETE FROM audit", "audit-stays").await;
    let history = patient.get(&format!("/patients/{}/history", patient.id)).await.expect(200);
    assert_eq!(history.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn schema_refuses_another_patient_of_an_appointment() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient, other) = (clinic.doctor().await, clinic.patient().await, clinic.patient().await);
    let body = json!({ "start_date": "2030-01-08T10:00:00Z", "duration": 30 }).to_string();
    let key = [("content-type", "application/json"), ("idempotency-key", "k")];
    let id = patient.send("POST", &format!("/doctors/{}/book", doctor.id), Some(&body), &key).await.expect(201);
    let before = patient.get(&format!("/appointments/{id}")).await.expect(200);

    for change in [
        "id = id + 1".to_owned(),
        "requested_start_at = requested_start_at - 60".to_owned(),
        "idempotency_key = 'another'".to_owned(),
        "idempotency_key = NULL, requested_start_at = NULL, requested_duration = NULL".to_owned(),
        format!("patient_id = {}", other.id),
        format!("booked_by = {}", other.id),
    ] {
        let statement = format!("UPDATE appointments SET {change}, version = version + 1, operation_id = :operation");
        refused(&clinic, &statement, "appointments-stay").await;
    }
    // Another doctor must follow the rules of a booking.
    let to = format!("doctor_id = {}, version = version + 1, operation_id = :operation", patient.id);
    refused(&clinic, &format!("UPDATE appointments SET {to}"), "doctor-not-active").await;
    assert_eq!(patient.get(&format!("/appointments/{id}")).await.expect(200), before);
}

#[tokio::test]
async fn schema_refuses_changes_of_cancelled_and_marked_appointments() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);

    for (hour, status) in [("10", "Cancelled"), ("11", "Done"), ("12", "NoShow")] {
        let id = patient.book(&doctor, &format!("2030-01-08T{hour}:00:00Z"), 30).await;
        let change = |change: &str| {
            format!(
                "UPDATE appointments SET {change}, version = version + 1, operation_id = :operation WHERE id = {id}"
            )
        };
        clinic.set_status(id, status).await;
        if status == "Cancelled" {
            refused(&clinic, &change("status = 'Booked'"), "appointment-has-ended").await;
        }
        refused(&clinic, &change("status = 'Cancelled'"), "appointment-has-ended").await;
        for changed in [
            "start_at = start_at + 3600, busy_from = busy_from + 3600, busy_until = busy_until + 3600",
            "duration = duration + 1, busy_until = busy_until + 60",
        ] {
            refused(&clinic, &change(changed), "appointment-has-ended").await;
        }
        assert_eq!(patient.get(&format!("/appointments/{id}")).await.expect(200)["status"], status);
    }
}

#[tokio::test]
async fn schema_applies_the_rules_to_rescheduled_rows() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient, other) = (clinic.doctor().await, clinic.patient().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    other.book(&doctor, "2030-01-08T11:00:00Z", 30).await;
    let change = |change: &str| {
        format!("UPDATE appointments SET {change}, version = version + 1, operation_id = :operation WHERE id = {id}")
    };
    let to = |time: &str| {
        let at = seconds(&format!("2030-01-08T{time}:00Z"));
        change(&format!("start_at = {at}, busy_from = {at}, busy_until = {at} + 1800"))
    };
    refused(&clinic, &to("10:45"), "doctor-busy").await;
    refused(&clinic, &to("17:45"), "out-of-hours").await;
    let free = seconds("2030-01-08T13:00:00Z");
    let too_long = format!("start_at = {free}, busy_from = {free}, duration = 121, busy_until = {free} + 121 * 60");
    refused(&clinic, &change(&too_long), "invalid-times").await;
    refused(&clinic, &change("start_at = start_at + 60"), "CHECK constraint failed: busy_").await;
    accepted(&clinic, &to("10:15")).await;
    // An appointment keeps its buffers. The rules apply to the doctor's busy time, which includes them.
    refused(&clinic, &change("busy_until = busy_until + 60"), "appointments-stay").await;
    let until = |time: &str| ("busy_until", seconds(&format!("2030-01-08T{time}:00Z")));
    refused(&clinic, &insert(&doctor, &patient, "09:30", &[until("10:16")]), "doctor-busy").await;
    accepted(&clinic, &insert(&doctor, &patient, "09:30", &[until("10:15")])).await;
    refused(&clinic, &insert(&doctor, &other, "10:00", &[("duration", 15)]), "doctor-busy").await;
}

#[tokio::test]
async fn schema_refuses_replacing_rows() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let row = insert(&doctor, &patient, "11:00", &[("id", id)]);
    let row = row.replace("INSERT INTO appointments", "INSERT OR REPLACE INTO appointments");
    refused(&clinic, &row, "appointments-stay").await;
    let body = json!({ "start_date": "2030-01-08T12:00:00Z", "duration": 30 }).to_string();
    let key = [("content-type", "application/json"), ("idempotency-key", "k")];
    patient.send("POST", &format!("/doctors/{}/book", doctor.id), Some(&body), &key).await.expect(201);
    let same_key = "INSERT OR REPLACE INTO appointments
          (doctor_id, patient_id, booked_by, start_at, duration, busy_from, busy_until, operation_id,
           idempotency_key, requested_start_at, requested_duration)
        SELECT doctor_id, patient_id, booked_by, start_at + 3600, duration, busy_from + 3600, busy_until + 3600, :operation,
          idempotency_key, requested_start_at, requested_duration
        FROM appointments WHERE idempotency_key = 'k'";
    refused(&clinic, same_key, "idempotency-key-taken").await;
    let person = format!("REPLACE INTO people SELECT * FROM people WHERE id = {}", patient.id);
    refused(&clinic, &person, "people-stay").await;
    for (key, word) in [("email_key", "email-taken"), ("'new'", "logins-stay")] {
        let login = format!(
            "REPLACE INTO logins SELECT person_id, email, {key}, search_key, password_hash, signed_in_at, operation_id, verified_at
             FROM logins WHERE person_id = {}",
            patient.id
        );
        refused(&clinic, &login, word).await;
    }
    let with_other_email = format!(
        "UPDATE OR REPLACE logins SET operation_id = :operation,
           email_key = (SELECT email_key FROM logins WHERE person_id = {}) WHERE person_id = {}",
        doctor.id, patient.id
    );
    refused(&clinic, &with_other_email, "email-taken").await;
    refused(&clinic, "INSERT OR REPLACE INTO clinic SELECT * FROM clinic", "clinic-stays").await;
    let audit = "INSERT OR REPLACE INTO audit (id, at, action) VALUES (1, 0, 'login')";
    refused(&clinic, audit, "audit-stays").await;
    let of_the_clinic = |change: &str| format!("UPDATE clinic SET operation_id = :operation, {change}");
    refused(&clinic, &of_the_clinic("calendar_version = 7"), "calendar-version-must-count").await;
    refused(&clinic, &of_the_clinic("public_id = lower(hex(randomblob(16)))"), "clinic-stays").await;
    clinic.sql(&format!("INSERT INTO working_hours VALUES ({}, 1, 1100, 1200)", doctor.id)).await.unwrap();
    refused(&clinic, "UPDATE working_hours SET end_minute = 1100 WHERE weekday = 1", "working-hours-overlap").await;
}

/// One change of each table, with an operation.
fn changes(doctor: &Actor, patient: &Actor, operation: &str) -> Vec<String> {
    let start_at = seconds("2030-01-08T12:00:00Z");
    let (doctor, patient) = (doctor.id, patient.id);
    vec![
        format!("UPDATE appointments SET status = 'Cancelled', version = version + 1, operation_id = {operation}"),
        format!(
            "INSERT INTO appointments
               (doctor_id, patient_id, booked_by, start_at, duration, busy_from, busy_until, operation_id)
             VALUES ({doctor}, {patient}, {patient}, {start_at}, 30, {start_at}, {start_at} + 1800, {operation})"
        ),
        format!("UPDATE people SET details = 'Ahoy', operation_id = {operation} WHERE id = {doctor}"),
        format!(
            "INSERT INTO people (account_type, name, name_key, created_at, operation_id)
             VALUES ('Patient', 'Ada', 'ada', 0, {operation})"
        ),
        format!("UPDATE logins SET email = 'Ada@example.org', operation_id = {operation} WHERE person_id = {patient}"),
        format!("UPDATE clinic SET name = 'Ahoy', operation_id = {operation}"),
        format!(
            "INSERT INTO time_off (doctor_id, start_at, end_at, operation_id) VALUES ({doctor}, 0, 60, {operation})"
        ),
        format!("UPDATE time_off SET deleted_at = 0, operation_id = {operation}"),
        format!("INSERT INTO sessions (id, person_id, created_at) VALUES ({operation}, {patient}, 0)"),
    ]
}

#[tokio::test]
async fn every_change_needs_an_operation_of_its_own() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let off = json!({ "start_date": "2030-02-01T00:00:00Z", "end_date": "2030-02-02T00:00:00Z" });
    doctor.post(&format!("/doctors/{}/time_off", doctor.id), off).await.expect(201);
    for change in changes(&doctor, &patient, &new_operation()) {
        refused(&clinic, &change, "operation-missing").await;
    }
    // The row's previous operation is refused too.
    for change in changes(&doctor, &patient, "operation_id").iter().filter(|change| change.starts_with("UPDATE")) {
        refused(&clinic, change, "operation-missing").await;
    }
    for change in changes(&doctor, &patient, ":operation") {
        accepted(&clinic, &change).await;
    }
}

#[tokio::test]
async fn operation_id_is_used_once_and_never_after_pruning() {
    let clinic = Clinic::on_disk(NOW).await;
    let insert = |id: &str| format!("INSERT INTO operations (id, at) VALUES ({id}, 0)");
    let (made, limit, below_limit) =
        (new_operation(), format!("x'{}'", "fe".repeat(16)), format!("x'{}'", "fe7f".repeat(8)));
    accepted(&clinic, &insert(&made)).await;
    refused(&clinic, &insert(&made), "UNIQUE constraint failed: operations.id").await;
    refused(&clinic, &insert("x'ff'"), "CHECK constraint failed: length(id) = 16").await;
    accepted(&clinic, &insert(&limit)).await;
    let stored = "SELECT hex(id) FROM operations WHERE id >= x'fe' ORDER BY id";
    assert_eq!(clinic.rows(stored).await.len(), 2);
    // Pruned operations are deleted, and their ids are refused from then on.
    accepted(&clinic, &format!("UPDATE pruned_operations SET up_to = {limit}")).await;
    assert_eq!(clinic.rows(stored).await, [made[2..made.len() - 1].to_uppercase()]);
    for id in [limit.as_str(), below_limit.as_str(), "zeroblob(16)"] {
        refused(&clinic, &insert(id), "operation-expired").await;
    }
    refused(&clinic, &insert(&made), "UNIQUE constraint failed: operations.id").await;
    // This also holds for the operation that triggers the next pruning.
    accepted(&clinic, "UPDATE pruned_operations SET up_to = zeroblob(16), pruned_at = 0").await;
    refused(&clinic, &insert(&format!("x'{}'", "01".repeat(16))), "operation-expired").await;
}

#[tokio::test]
async fn schema_limits_open_bookings_of_a_patient() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient, other) = (clinic.doctor().await, clinic.patient().await, clinic.patient().await);
    accepted(&clinic, "UPDATE clinic SET max_open_bookings = 2, operation_id = :operation").await;
    accepted(&clinic, &insert(&doctor, &patient, "10:00", &[])).await;
    accepted(&clinic, &insert(&doctor, &patient, "11:00", &[])).await;
    let third = || insert(&doctor, &patient, "12:00", &[]);
    refused(&clinic, &third(), "too-many-open-bookings").await;
    // The limit applies neither to other patients nor to bookings by staff.
    accepted(&clinic, &insert(&doctor, &other, "13:00", &[])).await;
    accepted(&clinic, &insert(&doctor, &patient, "14:00", &[("booked_by", doctor.id)])).await;
    refused(&clinic, &third(), "too-many-open-bookings").await;
    accepted(&clinic, "UPDATE clinic SET max_open_bookings = 4, operation_id = :operation").await;
    accepted(&clinic, &third()).await;
    for invalid in [0, -1, 10_001] {
        let change = format!("UPDATE clinic SET max_open_bookings = {invalid}, operation_id = :operation");
        refused(&clinic, &change, "CHECK constraint failed: max_open_bookings").await;
    }
}

#[tokio::test]
async fn schema_refuses_bookings_by_patients_without_verified_email() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    accepted(&clinic, "UPDATE clinic SET require_verified_email = 1, operation_id = :operation").await;
    refused(&clinic, &insert(&doctor, &patient, "10:00", &[]), "email-not-verified").await;
    // Bookings by staff need no verified email.
    accepted(&clinic, &insert(&doctor, &patient, "10:00", &[("booked_by", doctor.id)])).await;
    let verify =
        format!("UPDATE logins SET verified_at = 1, operation_id = :operation WHERE person_id = {}", patient.id);
    accepted(&clinic, &verify).await;
    accepted(&clinic, &insert(&doctor, &patient, "11:00", &[])).await;
}

#[tokio::test]
async fn schema_checks_phone_numbers_and_quiet_hours() {
    let clinic = Clinic::on_disk(NOW).await;
    let patient = clinic.patient().await;
    let phone = |phone: &str| {
        format!("UPDATE people SET phone = '{phone}', operation_id = :operation WHERE id = {}", patient.id)
    };
    for invalid in ["4930123456", "+0930123456", "+", "+1234567890123456"] {
        refused(&clinic, &phone(invalid), "CHECK constraint failed").await;
    }
    accepted(&clinic, &phone("+4930123456")).await;
    let quiet = |start: &str, end: &str| {
        format!("UPDATE clinic SET quiet_start = {start}, quiet_end = {end}, operation_id = :operation")
    };
    for (start, end) in [("60", "60"), ("60", "NULL"), ("NULL", "60"), ("1440", "60"), ("60", "-1")] {
        refused(&clinic, &quiet(start, end), "CHECK constraint failed").await;
    }
    accepted(&clinic, &quiet("1260", "420")).await;
    accepted(&clinic, &quiet("NULL", "NULL")).await;
}

/// New values are new rows: no table has to be rebuilt.
#[tokio::test]
async fn statuses_actions_and_types_are_rows() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let insert_held =
        insert(&doctor, &patient, "10:00", &[]).replace("(doctor_id, patient_id,", "(status, doctor_id, patient_id,");
    let insert_held = insert_held.replace(
        &format!("VALUES ({}, {},", doctor.id, patient.id),
        &format!("VALUES ('Held', {}, {},", doctor.id, patient.id),
    );
    for (table, name, insert) in [
        ("statuses", "Held", insert_held.as_str()),
        ("actions", "look", "INSERT INTO audit (at, action) VALUES (0, 'look')"),
        (
            "account_types",
            "Nurse",
            "INSERT INTO people (account_type, name, name_key, created_at, operation_id)
             VALUES ('Nurse', 'Ada', 'ada', 0, :operation)",
        ),
    ] {
        refused(&clinic, insert, "FOREIGN KEY constraint failed").await;
        accepted(&clinic, &format!("INSERT INTO {table} VALUES ('{name}')")).await;
        // The operation of the refused insert was stored, so the second try needs another id.
        let again = if table == "statuses" { insert.replace("x'ff", "x'fe") } else { insert.to_owned() };
        accepted(&clinic, &again).await;
    }
}

#[tokio::test]
async fn schema_refuses_marking_before_and_changes_after_the_start() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    for (column, value) in [("status", "'Done'"), ("status", "'Cancelled'"), ("version", "2")] {
        let statement = insert(&doctor, &patient, "10:00", &[]).replace(
            &format!("(doctor_id, patient_id, booked_by, start_at, duration, busy_from, busy_until, operation_id) VALUES ({}", doctor.id),
            &format!("({column}, doctor_id, patient_id, booked_by, start_at, duration, busy_from, busy_until, operation_id) VALUES ({value}, {}", doctor.id),
        );
        assert!(statement.contains(column), "{statement}");
        refused(&clinic, &statement, "appointments-stay").await;
    }
    let id = patient.book(&doctor, "2030-01-07T09:00:00Z", 30).await;
    let change = |change: &str| {
        format!("UPDATE appointments SET {change}, version = version + 1, operation_id = :operation WHERE id = {id}")
    };
    for mark in ["Done", "NoShow"] {
        refused(&clinic, &change(&format!("status = '{mark}'")), "appointment-not-started").await;
    }
    clinic.pass(chrono::TimeDelta::hours(1));
    let later = "start_at = start_at + 3600, busy_from = busy_from + 3600, busy_until = busy_until + 3600";
    for too_late in [later, "duration = 15, busy_until = busy_until - 900"] {
        refused(&clinic, &change(too_late), "appointment-has-started").await;
    }
    for status in ["Done", "NoShow", "Booked", "Done"] {
        accepted(&clinic, &change(&format!("status = '{status}'"))).await;
    }
    // The day of the appointment is over.
    clinic.pass(chrono::TimeDelta::hours(15));
    refused(&clinic, &change("status = 'Booked'"), "appointment-day-over").await;
    accepted(&clinic, &change("status = 'NoShow'")).await;
}

#[tokio::test]
async fn only_doctors_have_working_hours_and_time_off_rows() {
    let clinic = Clinic::on_disk(NOW).await;
    for someone in [clinic.patient().await, clinic.admin().await] {
        let hours = format!("INSERT INTO working_hours VALUES ({}, 1, 600, 700)", someone.id);
        refused(&clinic, &hours, "not-a-doctor").await;
        let off = format!(
            "INSERT INTO time_off (doctor_id, start_at, end_at, operation_id) VALUES ({}, 0, 60, :operation)",
            someone.id
        );
        refused(&clinic, &off, "not-a-doctor").await;
    }
}

#[tokio::test]
async fn schema_limits_texts_to_the_lengths_of_the_program() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let person =
        |column: &str| format!("UPDATE people SET {column} = $, operation_id = :operation WHERE id = {}", doctor.id);
    let clinic_column = |column: &str| format!("UPDATE clinic SET {column} = $, operation_id = :operation");
    let reason =
        "UPDATE appointments SET status = 'Cancelled', reason = $, version = version + 1, operation_id = :operation";
    let off = format!(
        "INSERT INTO time_off (doctor_id, start_at, end_at, reason, operation_id) VALUES ({}, 0, 60, $, :operation)",
        doctor.id
    );
    for (statement, longest) in [
        (person("name"), 100),
        (person("specialty_key = 'x', specialty"), 100),
        (person("details"), 5000),
        (person("language"), 35),
        (clinic_column("phone"), 50),
        (clinic_column("address"), 500),
        (clinic_column("language"), 35),
        (reason.into(), 500),
        (off, 500),
    ] {
        let with = |length: usize| statement.replace('$', &format!("'{}'", "é".repeat(length)));
        refused(&clinic, &with(longest + 1), "CHECK constraint failed").await;
        accepted(&clinic, &with(longest)).await;
    }
}

#[tokio::test]
async fn deactivating_deletes_all_sessions() {
    let clinic = Clinic::on_disk(NOW).await;
    let patient = clinic.patient().await;
    let set = |active: u8| {
        format!("UPDATE people SET active = {active}, operation_id = :operation WHERE id = {}", patient.id)
    };
    patient.get("/me").await.expect(200);
    accepted(&clinic, &set(0)).await;
    accepted(&clinic, &set(1)).await;
    patient.get("/me").await.problem(401, "unauthorized");
}

#[tokio::test]
async fn schema_refuses_changes_of_account_type_and_login_owner() {
    let clinic = Clinic::on_disk(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let person =
        |change: &str, id: i64| format!("UPDATE people SET {change}, operation_id = :operation WHERE id = {id}");
    let login = |change: &str| {
        format!("UPDATE logins SET {change}, operation_id = :operation WHERE person_id = {}", patient.id)
    };
    let erased = "erased_at = unixepoch('2030-01-07T08:00:00Z'), active = 0";
    for (change, word) in [
        (person("account_type = 'Admin'", patient.id), "people-stay"),
        (person("id = 999", patient.id), "people-stay"),
        (person("active = 0", admin.id), "last-admin"),
        (person("active = 2", admin.id), "CHECK constraint failed: active"),
        (person("name = ''", patient.id), "CHECK constraint failed: length(name)"),
        (person("specialty = 'Cardiology', specialty_key = 'cardiology'", patient.id), "CHECK constraint failed"),
        (person("specialty = 'Cardiology'", doctor.id), "CHECK constraint failed"),
        (person(erased, doctor.id), "not-a-patient"),
        (person(erased, patient.id), "appointments-ahead"),
        (login("person_id = 999"), "logins-stay"),
        (login(&format!("email_key = (SELECT email_key FROM logins WHERE person_id = {})", doctor.id)), "email-taken"),
        (login("password_hash = 'a long password'"), "CHECK constraint failed: password_hash"),
    ] {
        refused(&clinic, &change, word).await;
    }
    doctor.cancel(1).await.expect(200);
    accepted(&clinic, &person(erased, patient.id)).await;
    refused(&clinic, &person("active = 1", patient.id), "account-erased").await;
}

#[tokio::test]
async fn every_change_of_an_appointment_increments_its_version() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;

    let change = |change: &str| format!("UPDATE appointments SET operation_id = :operation, {change}");
    for version in ["", ", version = version", ", version = version + 2", ", version = version - 1"] {
        refused(&clinic, &change(&format!("status = 'Cancelled'{version}")), "version-must-count").await;
    }
    let other = change("status = 'Moved', version = version + 1");
    refused(&clinic, &other, "constraint failed").await;
    let reason = change("reason = 'Snow', version = version + 1");
    refused(&clinic, &reason, "CHECK constraint failed").await;
    accepted(&clinic, &change("status = 'Cancelled', reason = 'Snow', version = 2")).await;
}

#[tokio::test]
async fn changed_policy_applies_to_the_next_booking() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    patient.book(&doctor, "2030-01-08T10:00:00Z", 15).await;

    for (change, start, duration) in [
        ("min_duration = 20", "2030-01-08T11:00:00Z", 19),
        ("max_duration = 40", "2030-01-08T11:00:00Z", 41),
        ("booking_horizon_days = 2", "2030-01-09T08:01:00Z", 30),
    ] {
        accepted(&clinic, &format!("UPDATE clinic SET operation_id = :operation, {change}")).await;
        patient.try_book(&doctor, start, duration).await.problem(422, "invalid-booking");
    }
    for cap in ["max_appointments_per_day = 1", "max_appointments_per_day = 9, max_booked_mins_per_day = 44"] {
        accepted(&clinic, &format!("UPDATE clinic SET operation_id = :operation, {cap}")).await;
        patient.try_book(&doctor, "2030-01-08T11:00:00Z", 30).await.problem(409, "doctor-day-full");
    }
    accepted(&clinic, "UPDATE clinic SET operation_id = :operation, max_booked_mins_per_day = 45").await;
    patient.book(&doctor, "2030-01-08T11:00:00Z", 30).await;
}

#[tokio::test]
async fn lowered_limits_keep_booked_appointments() {
    let clinic = Clinic::on_disk(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let mut booked = Vec::new();
    for hour in ["09", "10", "11"] {
        booked.push(patient.book(&doctor, &format!("2030-01-08T{hour}:00:00Z"), 30).await);
    }
    accepted(&clinic, "UPDATE clinic SET operation_id = :operation, max_appointments_per_day = 1, min_duration = 40")
        .await;

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
async fn changed_working_hours_apply_to_the_next_booking() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let booked = patient.book(&doctor, "2030-01-08T08:00:00Z", 30).await;
    let later =
        format!("UPDATE working_hours SET start_minute = 720, end_minute = 840 WHERE doctor_id = {}", doctor.id);
    accepted(&clinic, &later).await;

    for start in ["2030-01-08T11:45:00Z", "2030-01-08T13:45:00Z"] {
        let answer = patient.try_book(&doctor, start, 30).await;
        assert_eq!(answer.pointers("invalid-booking"), ["/start_date"], "{start}");
    }
    patient.book(&doctor, "2030-01-08T12:00:00Z", 120).await;
    let appointment = patient.get(&format!("/appointments/{booked}")).await.expect(200);
    assert_eq!(appointment["status"], json!("Booked"));
}
