use super::{each, walk};
use crate::support::{Actor, Clinic, Value, json};

const NOW: &str = "2030-01-07T08:00:00Z";

/// Returns the row of a doctor in the list of a day.
async fn row(admin: &Actor, doctor: &Actor, date: &str) -> Option<Value> {
    let (rows, _) = walk(admin, &format!("/doctors/available?date={date}&limit=100")).await;
    rows.into_iter().find(|row| row["doctor_id"] == doctor.id)
}

/// Returns the booked appointments, booked minutes and free minutes of 8 January.
async fn numbers(admin: &Actor, doctor: &Actor) -> Option<[i64; 3]> {
    let row = row(admin, doctor, "2030-01-08").await?;
    Some(["appointments_count", "booked_mins", "free_mins"].map(|name| row[name].as_i64().unwrap()))
}

#[tokio::test]
async fn admin_sees_the_available_doctors() {
    let clinic = Clinic::shared().await;
    let (admin, doctor, patient, day) =
        (clinic.admin().await, clinic.doctor().await, clinic.patient().await, clinic.day());
    let free = row(&admin, &doctor, &day).await.unwrap();
    assert_eq!(free["free_mins"], 480);

    let first = patient.book(&doctor, &format!("{day}T09:00:00Z"), 90).await;
    patient.book(&doctor, &format!("{day}T11:00:00Z"), 30).await;
    let busier = json!({ "doctor_id": doctor.id, "name": free["name"], "appointments_count": 2, "booked_mins": 120,
        "free_mins": 360 });
    assert_eq!(row(&admin, &doctor, &day).await, Some(busier));

    doctor.cancel(first).await.expect(200);
    let freed = json!({ "doctor_id": doctor.id, "name": free["name"], "appointments_count": 1, "booked_mins": 30,
        "free_mins": 450 });
    assert_eq!(row(&admin, &doctor, &day).await, Some(freed));
}

#[tokio::test]
async fn only_admins_can_read_the_available_doctors() {
    let clinic = Clinic::at(NOW).await;
    for path in ["/doctors/available?date=2030-01-08", "/doctors/available?date=x&limit=0"] {
        clinic.anonymous().get(path).await.problem(401, "unauthorized");
        clinic.patient().await.get(path).await.problem(403, "forbidden");
        clinic.doctor().await.get(path).await.problem(403, "forbidden");
    }
}

#[tokio::test]
async fn only_doctors_are_listed_as_available_by_id() {
    let clinic = Clinic::at(NOW).await;
    let (admin, _, one, other) =
        (clinic.admin().await, clinic.patient().await, clinic.doctor().await, clinic.doctor().await);
    let rows = admin.get("/doctors/available?date=2030-01-08").await.expect(200);
    assert_eq!(each(rows.as_array().unwrap(), "doctor_id"), [one.id, other.id]);
    let name = &rows[0]["name"];
    assert!(name.as_str().unwrap().starts_with("Doctor "));
    let expected =
        json!({ "doctor_id": one.id, "name": name, "appointments_count": 0, "booked_mins": 0, "free_mins": 480 });
    assert_eq!(rows[0], expected);
}

#[tokio::test]
async fn doctor_with_12_appointments_is_not_available() {
    let clinic = Clinic::at(NOW).await;
    clinic.without_open_booking_limit().await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    for number in 0..11 {
        let start = format!("2030-01-08T{:02}:{:02}:00Z", 9 + number / 4, number % 4 * 15);
        patient.book(&doctor, &start, 15).await;
    }
    assert_eq!(numbers(&admin, &doctor).await, Some([11, 165, 315]));

    let last = patient.book(&doctor, "2030-01-08T11:45:00Z", 15).await;
    assert_eq!(numbers(&admin, &doctor).await, None);
    assert!(row(&admin, &doctor, "2030-01-09").await.is_some(), "other days are not affected");
    doctor.cancel(last).await.expect(200);
    assert_eq!(numbers(&admin, &doctor).await, Some([11, 165, 315]));
}

#[tokio::test]
async fn doctor_with_too_few_minutes_left_is_not_available() {
    let clinic = Clinic::at(NOW).await;
    let admin = clinic.admin().await;
    for (last, expected) in [(105, Some([4, 465, 15])), (106, None), (120, None)] {
        let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
        for (hour, duration) in [(8, 120), (10, 120), (12, 120), (14, last)] {
            patient.book(&doctor, &format!("2030-01-08T{hour:02}:00:00Z"), duration).await;
        }
        assert_eq!(numbers(&admin, &doctor).await, expected, "{last}");
    }
}

#[tokio::test]
async fn gaps_shorter_than_the_shortest_appointment_do_not_count() {
    let clinic = Clinic::on_disk(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    clinic.sql("UPDATE working_hours SET end_minute = 12 * 60").await.unwrap();
    assert_eq!(numbers(&admin, &doctor).await, Some([0, 0, 240]));

    // Gaps: 14 minutes before (too short), 15 between (long enough), 151 after.
    patient.book(&doctor, "2030-01-08T08:14:00Z", 30).await;
    patient.book(&doctor, "2030-01-08T08:59:00Z", 30).await;
    assert_eq!(numbers(&admin, &doctor).await, Some([2, 60, 15 + 151]));

    // This leaves gaps of 14, 15, 14 and 17 minutes, and then of 14, 14 and 2.
    patient.book(&doctor, "2030-01-08T09:43:00Z", 120).await;
    assert_eq!(numbers(&admin, &doctor).await, Some([3, 180, 15 + 17]));
    patient.book(&doctor, "2030-01-08T11:45:00Z", 15).await;
    patient.book(&doctor, "2030-01-08T08:44:00Z", 15).await;
    assert_eq!(numbers(&admin, &doctor).await, None);
}

#[tokio::test]
async fn doctor_without_hours_that_day_is_not_available() {
    let clinic = Clinic::on_disk(NOW).await;
    let (admin, doctor) = (clinic.admin().await, clinic.doctor().await);
    // 8 January 2030 is a Tuesday.
    clinic.sql("DELETE FROM working_hours WHERE weekday = 2").await.unwrap();
    assert_eq!(row(&admin, &doctor, "2030-01-08").await, None);
    assert_eq!(row(&admin, &doctor, "2030-01-09").await.unwrap()["free_mins"], 480);
}

#[tokio::test]
async fn only_the_rest_of_today_is_available() {
    let clinic = Clinic::at("2030-01-08T06:00:00Z").await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    patient.book(&doctor, "2030-01-08T09:00:00Z", 30).await;
    patient.book(&doctor, "2030-01-08T16:30:00Z", 30).await;

    // A start must be in the future: at 12:00 the first is 12:01.
    for (hours, minutes, expected) in [
        (6, 0, Some([2, 60, 420])),
        (12, 0, Some([2, 60, 269 + 60])),
        (15, 59, Some([2, 60, 30 + 60])),
        (16, 45, Some([2, 60, 60])),
        (17, 44, Some([2, 60, 15])),
        (17, 45, None),
        (19, 0, None),
    ] {
        let passed = clinic.now().timestamp() % 86_400;
        clinic.pass(chrono::TimeDelta::seconds(hours * 3600 + minutes * 60 - passed));
        // The tokens from the morning have expired.
        assert_eq!(numbers(&clinic.admin().await, &doctor).await, expected, "{hours}:{minutes}");
    }
}

#[tokio::test]
async fn no_doctor_is_available_outside_the_horizon() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor) = (clinic.admin().await, clinic.doctor().await);
    for date in ["2030-01-06", "2029-06-01", "0001-01-01", "2031-01-08", "2040-01-01", "9999-12-31"] {
        assert_eq!(admin.get(&format!("/doctors/available?date={date}")).await.expect(200), json!([]), "{date}");
    }
    for date in ["2030-01-07", "2031-01-06", "2031-01-07"] {
        assert!(row(&admin, &doctor, date).await.is_some(), "{date}");
    }
}

#[tokio::test]
async fn deactivated_doctor_is_not_listed_as_available() {
    let clinic = Clinic::on_disk(NOW).await;
    let (admin, one, other) = (clinic.admin().await, clinic.doctor().await, clinic.doctor().await);
    clinic
        .sql(&format!("UPDATE people SET operation_id = :operation, active = 0 WHERE id = {}", one.id))
        .await
        .unwrap();
    assert_eq!(numbers(&admin, &one).await, None);
    assert_eq!(numbers(&admin, &other).await, Some([0, 0, 480]));
}

#[tokio::test]
async fn pages_of_available_doctors_skip_full_doctors() {
    let clinic = Clinic::at(NOW).await;
    let admin = clinic.admin().await;
    let mut expected = Vec::new();
    for _ in 0..3 {
        expected.push(json!(clinic.doctor().await.id));
        let (full, patient) = (clinic.doctor().await, clinic.patient().await);
        for hour in [8, 10, 12, 14] {
            patient.book(&full, &format!("2030-01-08T{hour:02}:00:00Z"), 120).await;
        }
    }
    for (limit, pages) in [(1, 3), (2, 2), (3, 1)] {
        let (rows, walked) = walk(&admin, &format!("/doctors/available?date=2030-01-08&limit={limit}")).await;
        assert_eq!(each(&rows, "doctor_id"), expected, "limit {limit}");
        assert_eq!(walked, pages, "limit {limit}");
    }
}

#[tokio::test]
async fn available_doctors_need_exactly_one_valid_date() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor) = (clinic.admin().await, clinic.doctor().await);
    let json = [("content-type", "application/json")];
    let by_body = async |query: &str, body: &str| {
        admin.send("GET", &format!("/doctors/available{query}"), Some(body), &json).await
    };
    assert_eq!(by_body("", r#"{"date": "2030-01-08"}"#).await.expect(200)[0]["doctor_id"], doctor.id);
    assert!(row(&admin, &doctor, "2030-01-08T15:00:00-02:00").await.is_some());

    admin.get("/doctors/available").await.problem(400, "malformed-request");
    by_body("?date=2030-01-08", r#"{"date": "2030-01-09"}"#).await.problem(400, "malformed-request");
    for query in ["date=2030-02-30", "date=2030-01-08T10:00:00", "date="] {
        let answer = admin.get(&format!("/doctors/available?{query}")).await;
        assert_eq!(answer.pointers("invalid-input"), ["/date"], "{query}");
    }
    let all = admin.get("/doctors/available?date=x&limit=101&after=x").await;
    assert_eq!(all.pointers("invalid-input"), ["/after", "/date", "/limit"]);
}

#[tokio::test]
async fn working_hours_joined_by_a_clock_change_count_once() {
    let clinic = Clinic::on_disk("2030-03-30T08:00:00Z").await;
    let (admin, doctor) = (clinic.admin().await, clinic.doctor().await);
    clinic.sql("UPDATE clinic SET operation_id = :operation, calendar_version = calendar_version + 1, time_zone = 'Europe/Berlin'").await.unwrap();
    let hours = json!([{ "weekday": "Sun", "start": "02:00", "end": "02:30" }, { "weekday": "Sun", "start": "03:00", "end": "04:00" }]);
    let path = format!("/doctors/{}/working_hours", doctor.id);
    admin.send("PUT", &path, Some(&hours.to_string()), &[("content-type", "application/json")]).await.expect(200);
    let row = row(&admin, &doctor, "2030-03-31").await.unwrap();
    assert_eq!(row["free_mins"], 60);
}
