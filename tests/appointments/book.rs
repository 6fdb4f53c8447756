use crate::support::{Clinic, json};

const NOW: &str = "2030-01-07T08:00:00Z";

#[tokio::test]
async fn patient_books_and_doctor_sees_the_appointment() {
    let clinic = Clinic::shared().await;
    let (doctor, patient, day) = (clinic.doctor().await, clinic.patient().await, clinic.day());

    let answer = patient.try_book(&doctor, &format!("{day}T09:00:00Z"), 30).await;
    let id = answer.expect(201).as_i64().unwrap();
    assert_eq!(answer.header("location"), format!("/appointments/{id}"));

    let slots = doctor.get(&format!("/doctors/{}/slots?date={day}", doctor.id)).await.expect(200);
    assert_eq!(slots[0]["id"], id);
    assert_eq!(slots[0]["patient_id"], patient.id);
    assert_eq!(slots[0]["start_date"], format!("{day}T09:00:00+00:00"));
    assert_eq!(slots[0]["status"], "Booked");
}

#[tokio::test]
async fn only_patients_can_book() {
    let clinic = Clinic::at(NOW).await;
    let doctor = clinic.doctor().await;

    for actor in [&doctor, &clinic.doctor().await, &clinic.admin().await] {
        actor.try_book(&doctor, "2030-01-08T10:00:00Z", 30).await.problem(403, "forbidden");
    }
    let answer = clinic.anonymous().try_book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    answer.problem(401, "unauthorized");
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    clinic.patient().await.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
}

#[tokio::test]
async fn booking_an_account_that_is_not_a_doctor_is_404() {
    let clinic = Clinic::at(NOW).await;
    let (admin, patient, other) = (clinic.admin().await, clinic.patient().await, clinic.patient().await);
    let ids = [admin.id, patient.id, other.id, 999, i64::MAX].map(|id| id.to_string());
    let no_ids = ["0", "-1", "+1", "1.0", "9223372036854775808", "x"].map(String::from);

    for id in ids.into_iter().chain(no_ids) {
        let good = json!({ "start_date": "2030-01-08T10:00:00Z", "duration": 30 });
        for body in [good, json!({ "start_date": "2030-01-06T10:00:00Z", "duration": 5 }), json!({})] {
            patient.post(&format!("/doctors/{id}/book"), body).await.problem(404, "not-found");
        }
    }
}

#[tokio::test]
async fn starts_off_the_grid_can_be_booked() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, one, other) = (clinic.doctor().await, clinic.patient().await, clinic.patient().await);

    let id = one.book(&doctor, "2030-01-08T10:07:00Z", 17).await;
    other.book(&doctor, "2030-01-08T10:24:00Z", 61).await;
    let appointment = one.get(&format!("/appointments/{id}")).await.expect(200);
    assert_eq!(appointment["start_date"], "2030-01-08T10:07:00+00:00");
    assert_eq!(appointment["duration"], 17);
}

#[tokio::test]
async fn overlapping_booking_is_refused_with_alternatives() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, one, other) = (clinic.doctor().await, clinic.patient().await, clinic.patient().await);
    one.book(&doctor, "2030-01-08T10:00:00Z", 30).await;

    let problem = other.try_book(&doctor, "2030-01-08T10:15:00Z", 30).await.problem(409, "doctor-busy");
    assert_eq!(problem["violations"], json!(["/problems/doctor-busy"]));
    let starts: Vec<_> = problem["alternatives"].as_array().unwrap().iter().map(|slot| &slot["start_date"]).collect();
    assert_eq!(starts, ["2030-01-08T10:30:00+00:00", "2030-01-08T10:45:00+00:00", "2030-01-08T09:30:00+00:00"]);
}

#[tokio::test]
async fn every_alternative_can_be_booked() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, one, other) = (clinic.doctor().await, clinic.patient().await, clinic.patient().await);
    one.book(&doctor, "2030-01-08T16:30:00Z", 90).await;
    one.book(&doctor, "2030-01-08T13:45:00Z", 60).await;

    // 104 minutes fit between 14:45 and 16:30 at 14:45 (on the grid) and 14:46 (off the grid).
    let problem = other.try_book(&doctor, "2030-01-08T16:00:00Z", 104).await.problem(409, "doctor-busy");
    let alternatives = problem["alternatives"].as_array().unwrap();
    assert_eq!(alternatives.len(), 3);
    assert_eq!(alternatives[0], json!({ "start_date": "2030-01-08T14:45:00+00:00", "duration": 104 }));
    for alternative in alternatives {
        let (start, duration) = (alternative["start_date"].as_str(), alternative["duration"].as_i64());
        let id = other.book(&doctor, start.unwrap(), duration.unwrap()).await;
        doctor.cancel(id).await.expect(200);
    }
}

#[tokio::test]
async fn alternatives_do_not_overlap_other_appointments_of_the_patient() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, other_doctor) = (clinic.doctor().await, clinic.doctor().await);
    let (one, other) = (clinic.patient().await, clinic.patient().await);
    one.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    other.book(&other_doctor, "2030-01-08T10:30:00Z", 60).await;

    let problem = other.try_book(&doctor, "2030-01-08T10:00:00Z", 30).await.problem(409, "doctor-busy");
    let starts: Vec<_> = problem["alternatives"].as_array().unwrap().iter().map(|slot| &slot["start_date"]).collect();
    assert_eq!(starts, ["2030-01-08T09:30:00+00:00", "2030-01-08T09:15:00+00:00", "2030-01-08T09:00:00+00:00"]);
}

#[tokio::test]
async fn alternatives_to_a_full_day_are_on_the_nearest_days() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, one, other) = (clinic.doctor().await, clinic.patient().await, clinic.patient().await);
    for hour in ["08", "10", "12", "14"] {
        one.book(&doctor, &format!("2030-01-09T{hour}:00:00Z"), 120).await;
    }

    let problem = other.try_book(&doctor, "2030-01-09T17:00:00Z", 60).await.problem(409, "doctor-day-full");
    let starts: Vec<_> = problem["alternatives"].as_array().unwrap().iter().map(|slot| &slot["start_date"]).collect();
    assert_eq!(starts, ["2030-01-10T08:00:00+00:00", "2030-01-10T08:15:00+00:00", "2030-01-10T08:30:00+00:00"]);
}

#[tokio::test]
async fn no_alternatives_if_no_day_within_a_month_is_free() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    clinic.sql("UPDATE clinic SET operation_id = :operation, max_appointments_per_day = 0").await.unwrap();

    let problem = patient.try_book(&doctor, "2030-06-05T10:00:00Z", 30).await.problem(409, "doctor-day-full");
    assert_eq!(problem["alternatives"], json!([]));
}

#[tokio::test]
async fn refused_booking_reveals_nothing_about_other_patients() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, one, other) = (clinic.doctor().await, clinic.patient().await, clinic.patient().await);
    one.book(&doctor, "2030-01-08T10:00:00Z", 30).await;

    let problem = other.try_book(&doctor, "2030-01-08T10:10:00Z", 20).await.problem(409, "doctor-busy");
    let members: Vec<_> = problem.as_object().unwrap().keys().collect();
    assert_eq!(members, ["alternatives", "detail", "request_id", "status", "title", "type", "violations"]);
    for alternative in problem["alternatives"].as_array().unwrap() {
        let members: Vec<_> = alternative.as_object().unwrap().keys().collect();
        assert_eq!(members, ["duration", "start_date"]);
    }
    assert!(!problem.to_string().contains(&one.email));
    assert!(!problem.to_string().contains("Patient "), "a name: {problem}");
}
