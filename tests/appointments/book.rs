use crate::support::{Clinic, json};

#[tokio::test]
async fn a_patient_books_and_the_doctor_sees_it() {
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
async fn of_two_bookings_that_overlap_the_second_is_refused_with_alternatives() {
    let clinic = Clinic::at("2030-01-07T08:00:00Z").await;
    let (doctor, one, other) = (clinic.doctor().await, clinic.patient().await, clinic.patient().await);
    one.book(&doctor, "2030-01-08T10:00:00Z", 30).await;

    let problem = other.try_book(&doctor, "2030-01-08T10:15:00Z", 30).await.problem(409, "doctor-busy");
    assert_eq!(problem["violations"], json!(["/problems/doctor-busy"]));
    let starts: Vec<_> = problem["alternatives"].as_array().unwrap().iter().map(|slot| &slot["start_date"]).collect();
    assert_eq!(starts, ["2030-01-08T10:30:00+00:00", "2030-01-08T10:45:00+00:00", "2030-01-08T09:30:00+00:00"]);
}
