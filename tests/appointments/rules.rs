//! The rules of a booking, tested by its route.

use crate::support::{Actor, Answer, Clinic, Value, json};

const NOW: &str = "2030-01-07T12:00:00Z";

async fn post(patient: &Actor, doctor: &Actor, body: Value) -> Answer {
    patient.post(&format!("/doctors/{}/book", doctor.id), body).await
}

#[tokio::test]
async fn duration_is_15_to_120_minutes() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);

    for duration in [14, 121, 0, -5, i64::MIN] {
        let answer = patient.try_book(&doctor, "2030-01-08T10:00:00Z", duration).await;
        assert_eq!(answer.pointers("invalid-booking"), ["/duration"], "{duration}");
    }
    // Too long, and so beyond the working hours too.
    for duration in [json!(481), json!(i64::MAX), json!(u64::MAX), json!(1e300)] {
        let body = json!({ "start_date": "2030-01-08T10:00:00Z", "duration": duration });
        let answer = post(&patient, &doctor, body).await;
        assert_eq!(answer.pointers("invalid-booking"), ["/duration", "/start_date"], "{duration}");
    }
    for (duration, start) in [(json!(15), "08:00"), (json!(120), "08:15"), (json!(30.0), "10:15")] {
        let body = json!({ "start_date": format!("2030-01-08T{start}:00Z"), "duration": duration });
        post(&patient, &doctor, body).await.expect(201);
    }
}

#[tokio::test]
async fn duration_is_an_integer() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);

    for duration in [json!(30.5), json!("30"), json!(true), json!([30]), json!({}), Value::Null] {
        let body = json!({ "start_date": "2030-01-08T10:00:00Z", "duration": duration });
        assert_eq!(post(&patient, &doctor, body).await.pointers("invalid-input"), ["/duration"], "{duration}");
    }
    let answer = post(&patient, &doctor, json!({ "start_date": "2030-01-08T10:00:00Z" })).await;
    assert_eq!(answer.pointers("invalid-input"), ["/duration"]);
}

#[tokio::test]
async fn start_is_in_the_future_and_within_365_days() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);

    let past = ["2030-01-07T11:59:00Z", "2030-01-07T12:00:00Z", "2029-01-07T12:00:00Z", "0001-01-01T12:00:00Z"];
    let beyond = ["2031-01-07T12:01:00Z", "2032-01-07T12:00:00Z", "9999-12-31T12:00:00Z"];
    for start in past.into_iter().chain(beyond) {
        let answer = patient.try_book(&doctor, start, 30).await;
        assert_eq!(answer.pointers("invalid-booking"), ["/start_date"], "{start}");
    }
    for start in ["2030-01-07T12:01:00Z", "2031-01-07T12:00:00Z"] {
        patient.book(&doctor, start, 30).await;
    }
}

#[tokio::test]
async fn start_has_an_offset_and_is_on_a_whole_minute() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);

    let naive = ["2030-01-08T10:00:00", "2030-01-08 10:00", "2030-01-08", "10:00", "tomorrow", ""];
    let seconds = ["2030-01-08T10:00:30Z", "2030-01-08T10:00:00.5Z", "2030-01-08T10:00:60Z"];
    let not_existing =
        ["2030-02-30T10:00:00Z", "2030-01-08T24:00:00Z", "2030-01-08T10:60:00Z", "2030-01-08T10:00:00+24:00"];
    let texts = [&naive[..], &seconds, &not_existing].concat().into_iter().map(Value::from);
    for start in texts.chain([json!(1893492000), Value::Null, json!(["2030-01-08T10:00:00Z"])]) {
        let answer = post(&patient, &doctor, json!({ "start_date": start, "duration": 30 })).await;
        assert_eq!(answer.pointers("invalid-input"), ["/start_date"], "{start}");
    }
}

#[tokio::test]
async fn start_can_have_any_offset() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, one, other) = (clinic.doctor().await, clinic.patient().await, clinic.patient().await);

    let id = one.book(&doctor, "2030-01-08T23:30:00+14:00", 30).await;
    let appointment = one.get(&format!("/appointments/{id}")).await.expect(200);
    assert_eq!(appointment["start_date"], "2030-01-08T09:30:00+00:00");
    for same in ["2030-01-08T09:30:00Z", "2030-01-08T09:30:00+00:00", "2030-01-07T22:30:00-11:00"] {
        other.try_book(&doctor, same, 30).await.problem(409, "doctor-busy");
    }
    other.book(&doctor, "2030-01-08T15:30:00+05:30", 30).await;
}

#[tokio::test]
async fn appointment_is_within_working_hours() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);

    for (start, duration) in
        [("07:59", 15), ("07:59", 120), ("17:46", 15), ("16:01", 120), ("18:00", 15), ("03:00", 30)]
    {
        let answer = patient.try_book(&doctor, &format!("2030-01-08T{start}:00Z"), duration).await;
        assert_eq!(answer.pointers("invalid-booking"), ["/start_date"], "{start}");
    }
    for (start, duration) in [("08:00", 15), ("16:00", 120)] {
        patient.book(&doctor, &format!("2030-01-08T{start}:00Z"), duration).await;
    }
}

#[tokio::test]
async fn deactivated_doctor_cannot_be_booked() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    clinic
        .sql(&format!("UPDATE people SET operation_id = :operation, active = 0 WHERE id = {}", doctor.id))
        .await
        .unwrap();

    let problem = patient.try_book(&doctor, "2030-01-08T11:00:00Z", 30).await.problem(422, "invalid-booking");
    assert_eq!(problem["errors"].as_array().unwrap().len(), 1);
    let both = patient.try_book(&doctor, "2030-01-08T07:00:00Z", 30).await.problem(422, "invalid-booking");
    assert_eq!(both["errors"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn refused_booking_names_every_violation() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);

    // In the past and outside of working hours.
    let answer = patient.try_book(&doctor, "2030-01-06T03:00:00Z", 5).await;
    assert_eq!(answer.pointers("invalid-booking"), ["/duration", "/start_date", "/start_date"]);
    for body in [
        json!({}),
        json!({ "start_date": "2030-01-06T10:00:00Z", "duration": "30" }),
        json!({ "start_date": "2032-01-06T10:00:00Z" }),
        json!({ "start_date": "soon", "duration": 5 }),
    ] {
        assert_eq!(post(&patient, &doctor, body).await.pointers("invalid-input"), ["/duration", "/start_date"]);
    }
}

#[tokio::test]
async fn invalid_booking_does_not_reveal_conflicts() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    patient.book(&doctor, "2030-01-08T17:30:00Z", 30).await;

    let answer = patient.try_book(&doctor, "2030-01-08T17:45:00Z", 30).await;
    assert_eq!(answer.pointers("invalid-booking"), ["/start_date"]);
    assert_eq!(answer.json().get("alternatives"), None);
}

#[tokio::test]
async fn doctor_has_one_appointment_at_a_time() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, one, other) = (clinic.doctor().await, clinic.patient().await, clinic.patient().await);
    one.book(&doctor, "2030-01-08T10:00:00Z", 30).await;

    for (start, duration) in [("10:00", 30), ("09:46", 15), ("10:29", 15), ("10:10", 15), ("09:30", 120)] {
        let answer = other.try_book(&doctor, &format!("2030-01-08T{start}:00Z"), duration).await;
        assert_eq!(answer.problem(409, "doctor-busy")["violations"], json!(["/problems/doctor-busy"]), "{start}");
    }
    other.book(&doctor, "2030-01-08T09:30:00Z", 30).await;
    other.book(&doctor, "2030-01-08T10:30:00Z", 30).await;
}

#[tokio::test]
async fn patient_has_one_appointment_at_a_time() {
    let clinic = Clinic::at(NOW).await;
    let (one_doctor, other_doctor) = (clinic.doctor().await, clinic.doctor().await);
    let (one, other) = (clinic.patient().await, clinic.patient().await);
    one.book(&one_doctor, "2030-01-08T10:00:00Z", 30).await;

    for (start, duration) in [("10:00", 30), ("09:46", 15), ("10:29", 15), ("10:10", 15), ("09:30", 120)] {
        let answer = one.try_book(&other_doctor, &format!("2030-01-08T{start}:00Z"), duration).await;
        assert_eq!(answer.problem(409, "patient-busy")["violations"], json!(["/problems/patient-busy"]), "{start}");
    }
    other.book(&other_doctor, "2030-01-08T10:00:00Z", 30).await;
    one.book(&other_doctor, "2030-01-08T09:30:00Z", 30).await;
    one.book(&other_doctor, "2030-01-08T10:30:00Z", 30).await;
}

#[tokio::test]
async fn problem_type_is_the_first_conflict_and_all_are_listed() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, other_doctor) = (clinic.doctor().await, clinic.doctor().await);
    let (one, other) = (clinic.patient().await, clinic.patient().await);
    for hour in ["08", "10", "12", "14"] {
        one.book(&doctor, &format!("2030-01-08T{hour}:00:00Z"), 120).await;
    }
    other.book(&other_doctor, "2030-01-08T16:00:00Z", 30).await;

    let (busy, own, full) = ("/problems/doctor-busy", "/problems/patient-busy", "/problems/doctor-day-full");
    let first = one.try_book(&doctor, "2030-01-08T09:00:00Z", 30).await.problem(409, "doctor-busy");
    assert_eq!(first["violations"], json!([busy, own, full]));
    let second = other.try_book(&doctor, "2030-01-08T09:00:00Z", 30).await.problem(409, "doctor-busy");
    assert_eq!(second["violations"], json!([busy, full]));
    let third = other.try_book(&doctor, "2030-01-08T16:15:00Z", 30).await.problem(409, "patient-busy");
    assert_eq!(third["violations"], json!([own, full]));
}

#[tokio::test]
async fn doctor_has_at_most_12_appointments_a_day() {
    let clinic = Clinic::at(NOW).await;
    clinic.without_open_booking_limit().await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let mut last = 0;
    for quarter in 0..12 {
        let (hour, minute) = (8 + quarter / 4, quarter % 4 * 15);
        last = patient.book(&doctor, &format!("2030-01-08T{hour:02}:{minute:02}:00Z"), 15).await;
    }

    let problem = patient.try_book(&doctor, "2030-01-08T17:00:00Z", 15).await.problem(409, "doctor-day-full");
    assert_eq!(problem["violations"], json!(["/problems/doctor-day-full"]));
    patient.book(&clinic.doctor().await, "2030-01-08T17:00:00Z", 15).await;
    patient.book(&doctor, "2030-01-09T17:00:00Z", 15).await;
    doctor.cancel(last).await.expect(200);
    patient.book(&doctor, "2030-01-08T17:15:00Z", 15).await;
}

#[tokio::test]
async fn doctor_is_booked_for_at_most_480_minutes_a_day() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, one, other) = (clinic.doctor().await, clinic.patient().await, clinic.patient().await);
    for hour in ["08", "10", "12"] {
        one.book(&doctor, &format!("2030-01-08T{hour}:00:00Z"), 120).await;
    }

    one.book(&doctor, "2030-01-08T14:00:00Z", 60).await;
    other.try_book(&doctor, "2030-01-08T15:00:00Z", 61).await.problem(409, "doctor-day-full");
    let last = other.book(&doctor, "2030-01-08T15:00:00Z", 60).await;
    other.try_book(&doctor, "2030-01-08T17:00:00Z", 15).await.problem(409, "doctor-day-full");
    doctor.cancel(last).await.expect(200);
    other.book(&doctor, "2030-01-08T17:00:00Z", 60).await;
}

#[tokio::test]
async fn cancelling_frees_the_time_of_doctor_and_patient() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, other_doctor) = (clinic.doctor().await, clinic.doctor().await);
    let (one, other) = (clinic.patient().await, clinic.patient().await);
    let id = one.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    other.try_book(&doctor, "2030-01-08T10:00:00Z", 30).await.problem(409, "doctor-busy");
    one.try_book(&other_doctor, "2030-01-08T10:00:00Z", 30).await.problem(409, "patient-busy");

    doctor.cancel(id).await.expect(200);
    other.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    one.book(&other_doctor, "2030-01-08T10:00:00Z", 30).await;
}
