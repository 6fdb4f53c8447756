//! Concurrent bookings through several instances of the functions.

use std::collections::HashSet;

use tokio::task::JoinSet;

use crate::support::{Actor, Clinic, json};

/// Sends all bookings at once. Returns the ids of the appointments, and the refusals.
async fn at_once(bookings: Vec<(Actor, Actor, String)>) -> (Vec<i64>, Vec<crate::support::Answer>) {
    let mut answers = JoinSet::new();
    for (patient, doctor, start) in bookings {
        answers.spawn(async move { patient.try_book(&doctor, &start, 30).await });
    }
    let answers = answers.join_all().await;
    let (booked, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
    (booked.iter().map(|answer| answer.json().as_i64().unwrap()).collect(), refused)
}

async fn patients(clinic: &Clinic, count: usize) -> Vec<Actor> {
    let mut patients = Vec::new();
    for _ in 0..count {
        patients.push(clinic.patient().await);
    }
    patients
}

#[tokio::test]
async fn only_one_of_many_concurrent_bookings_of_a_slot_succeeds() {
    let clinic = Clinic::crowded().await;
    let (doctor, day) = (clinic.doctor().await, clinic.day());
    let patients = patients(&clinic, 8).await;
    for round in 0..5 {
        let start = format!("{day}T{:02}:00:00Z", 9 + round);
        let bookings = patients.iter().map(|patient| (patient.clone(), doctor.clone(), start.clone())).collect();
        let (booked, refused) = at_once(bookings).await;
        assert_eq!(booked.len(), 1, "{start}");
        assert_eq!(refused.len(), 7);
        for answer in refused {
            answer.problem(409, "doctor-busy");
        }
        let slots = doctor.get(&format!("/doctors/{}/slots?date={day}", doctor.id)).await.expect(200);
        let booked_ids: HashSet<i64> =
            slots.as_array().unwrap().iter().map(|slot| slot["id"].as_i64().unwrap()).collect();
        assert!(booked_ids.contains(&booked[0]));
        assert_eq!(booked_ids.len(), round + 1);
    }
}

#[tokio::test]
async fn patient_cannot_book_two_doctors_at_the_same_time_concurrently() {
    let clinic = Clinic::crowded().await;
    let (patient, day) = (clinic.patient().await, clinic.day());
    let mut doctors = Vec::new();
    for _ in 0..6 {
        doctors.push(clinic.doctor().await);
    }
    let start = format!("{day}T09:00:00Z");
    let bookings = doctors.iter().map(|doctor| (patient.clone(), doctor.clone(), start.clone())).collect();
    let (booked, refused) = at_once(bookings).await;
    assert_eq!(booked.len(), 1);
    for answer in refused {
        answer.problem(409, "patient-busy");
    }
}

#[tokio::test]
async fn concurrent_bookings_do_not_exceed_the_daily_limit() {
    let clinic = Clinic::crowded().await;
    let (doctor, day) = (clinic.doctor().await, clinic.day());
    let patients = patients(&clinic, 16).await;
    let start = |place: usize| format!("{day}T{:02}:{:02}:00Z", 8 + place / 2, place % 2 * 30);
    let bookings =
        patients.iter().enumerate().map(|(place, patient)| (patient.clone(), doctor.clone(), start(place))).collect();
    let (booked, refused) = at_once(bookings).await;
    assert_eq!(booked.len(), 12);
    for answer in refused {
        assert_eq!(answer.problem(409, "doctor-day-full")["violations"], json!(["/problems/doctor-day-full"]));
    }
}
