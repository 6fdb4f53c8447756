use chrono::TimeDelta;

use crate::support::{Actor, Clinic, Value, json};

const NOW: &str = "2030-01-07T08:00:00Z";

/// Returns the starts of a doctor's slots.
pub(super) async fn starts(actor: &Actor, doctor: &Actor, query: &str) -> Vec<String> {
    let free = actor.get(&format!("/doctors/{}/availability?{query}", doctor.id)).await.expect(200);
    free.as_array().unwrap().iter().map(|slot| slot["start_date"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn free_day_is_available_every_15_minutes() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let path = format!("/doctors/{}/availability?date=2030-01-08", doctor.id);
    let free = patient.get(&path).await.expect(200);
    assert_eq!(free.as_array().unwrap().len(), 39);
    assert_eq!(free[0], json!({ "start_date": "2030-01-08T08:00:00+00:00", "duration": 30 }));
    assert_eq!(free[1]["start_date"], "2030-01-08T08:15:00+00:00");
    assert_eq!(free[38]["start_date"], "2030-01-08T17:30:00+00:00");
    assert_eq!(starts(&patient, &doctor, "date=2030-01-08&days=31&duration=120").await.len(), 31 * 33);
    patient.get("/doctors/999/availability?date=2030-01-08").await.problem(404, "not-found");
}

#[tokio::test]
async fn slots_of_one_doctor_need_no_token_and_moving_does() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient, anyone) = (clinic.doctor().await, clinic.patient().await, clinic.anonymous());
    let booked = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    // The other doctor is free, but the Patient is not.
    let other = clinic.doctor().await;
    patient.book(&other, "2030-01-08T12:00:00Z", 30).await;
    let path = format!("/doctors/{}/availability?date=2030-01-08", doctor.id);
    let free = anyone.get(&path).await.expect(200);
    assert_eq!(free, clinic.patient().await.get(&path).await.expect(200));
    let times = |slots: &Value| slots.to_string();
    assert!(!times(&free).contains("T10:00") && times(&free).contains("T12:00"));
    assert!(!times(&patient.get(&path).await.expect(200)).contains("T12:00"));
    anyone.get("/doctors/999/availability?date=2030-01-08").await.problem(404, "not-found");
    assert_eq!(anyone.get(&format!("{path}&duration=1")).await.pointers("invalid-input"), ["/duration"]);
    for query in ["", "&days=0"] {
        anyone.get(&format!("{path}&moving={booked}{query}")).await.problem(401, "unauthorized");
    }
}

#[tokio::test]
async fn all_violations_of_a_query_are_named_at_once() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    for path in [format!("/doctors/{}/availability", doctor.id), "/availability".to_owned()] {
        for days in ["0", "32", "x", "-1", "1.5"] {
            for duration in ["14", "121", "x"] {
                let answer = patient.get(&format!("{path}?date=2030-01-08&days={days}&duration={duration}")).await;
                assert_eq!(answer.pointers("invalid-input"), ["/days", "/duration"], "{path} {days} {duration}");
            }
        }
        for duration in ["14", "121"] {
            let answer = patient.get(&format!("{path}?date=2030-01-08&duration={duration}")).await;
            assert_eq!(answer.pointers("invalid-input"), ["/duration"]);
        }
    }
}

#[tokio::test]
async fn slots_exclude_the_patients_own_appointments() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, other_doctor) = (clinic.doctor().await, clinic.doctor().await);
    let (patient, other) = (clinic.patient().await, clinic.patient().await);
    patient.book(&other_doctor, "2030-01-08T10:00:00Z", 30).await;

    let slots = starts(&patient, &doctor, "date=2030-01-08").await;
    let overlapping = ["09:45", "10:00", "10:15"].map(|time| format!("2030-01-08T{time}:00+00:00"));
    assert_eq!(slots.len(), 36);
    assert!(overlapping.iter().all(|start| !slots.contains(start)));
    for actor in [&other, &doctor, &other_doctor, &clinic.admin().await] {
        assert_eq!(starts(actor, &doctor, "date=2030-01-08").await.len(), 39);
        assert_eq!(starts(actor, &other_doctor, "date=2030-01-08").await.len(), 36);
    }
}

#[tokio::test]
async fn full_days_past_hours_and_deactivated_doctors_have_no_slots() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    for hour in ["08", "10", "12", "14"] {
        patient.book(&doctor, &format!("2030-01-08T{hour}:00:00Z"), 120).await;
    }
    assert!(starts(&patient, &doctor, "date=2030-01-08").await.is_empty());
    clinic.pass(TimeDelta::minutes(45));
    assert_eq!(starts(&patient, &doctor, "date=2030-01-07").await[0], "2030-01-07T09:00:00+00:00");
    assert!(starts(&patient, &doctor, "date=2030-01-06").await.is_empty());

    clinic
        .sql(&format!("UPDATE people SET operation_id = :operation, active = 0 WHERE id = {}", doctor.id))
        .await
        .unwrap();
    assert!(starts(&patient, &doctor, "date=2030-01-09").await.is_empty());
    assert_eq!(patient.get("/availability?date=2030-01-09").await.expect(200), json!([]));
}

#[tokio::test]
async fn grid_and_time_zone_are_the_clinics() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor) = (clinic.admin().await, clinic.doctor().await);
    let body = json!({ "slot_step": 60, "time_zone": "Asia/Kolkata" }).to_string();
    admin.send("PATCH", "/clinic", Some(&body), &[("content-type", "application/json")]).await.expect(200);

    let free = starts(&doctor, &doctor, "date=2030-01-08").await;
    assert_eq!(free.len(), 10);
    assert_eq!((free[0].as_str(), free[9].as_str()), ("2030-01-08T08:00:00+05:30", "2030-01-08T17:00:00+05:30"));
}

#[tokio::test]
async fn availability_equals_what_can_be_booked_on_a_day() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    clinic.patient().await.book(&doctor, "2030-01-08T10:05:00Z", 50).await;
    let off = json!({ "start_date": "2030-01-08T13:00:00Z", "end_date": "2030-01-08T15:10:00Z" });
    doctor.post(&format!("/doctors/{}/time_off", doctor.id), off).await.expect(201);

    let free = starts(&patient, &doctor, "date=2030-01-08&duration=45").await;
    for quarter in 0..96 {
        let start = format!("2030-01-08T{:02}:{:02}:00+00:00", quarter / 4, quarter % 4 * 15);
        let answer = patient.try_book(&doctor, &start, 45).await;
        assert_eq!(answer.status == 201, free.contains(&start), "{start}");
        if answer.status == 201 {
            doctor.cancel(answer.json().as_i64().unwrap()).await.expect(200);
        }
    }
}

#[tokio::test]
async fn repeated_hour_is_available_twice_and_skipped_hour_never() {
    let clinic = Clinic::on_disk(NOW).await;
    let (admin, doctor) = (clinic.admin().await, clinic.doctor().await);
    let json_type = [("content-type", "application/json")];
    admin.send("PATCH", "/clinic", Some(r#"{"time_zone":"Europe/Berlin"}"#), &json_type).await.expect(200);
    let week = json!([{ "weekday": "Sun", "start": "00:00", "end": "24:00" }]).to_string();
    let path = format!("/doctors/{}/working_hours", doctor.id);
    doctor.send("PUT", &path, Some(&week), &json_type).await.expect(200);

    let spring = starts(&doctor, &doctor, "date=2030-03-31&duration=15").await;
    assert_eq!(spring.len(), 23 * 4);
    assert!(spring.iter().all(|start| !start.contains("T02:")));
    let autumn = starts(&doctor, &doctor, "date=2030-10-27&duration=15").await;
    assert_eq!(autumn.len(), 25 * 4);
    assert_eq!(autumn.iter().filter(|start| start.contains("T02:")).count(), 8);
}

/// Returns the path of the times to which an appointment can be rescheduled.
fn times_to_reschedule(doctor: &Actor, appointment: i64, query: &str) -> String {
    format!("/doctors/{}/availability?date=2030-01-08&moving={appointment}{query}", doctor.id)
}

async fn reschedule_times(actor: &Actor, doctor: &Actor, appointment: i64, query: &str) -> Vec<String> {
    let free = actor.get(&times_to_reschedule(doctor, appointment, query)).await.expect(200);
    let time = |slot: &Value| slot["start_date"].as_str().unwrap()[11..16].to_owned();
    free.as_array().unwrap().iter().map(time).collect()
}

#[tokio::test]
async fn times_to_reschedule_to_may_overlap_the_present_time() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, other_doctor) = (clinic.admin().await, clinic.doctor().await, clinic.doctor().await);
    let (patient, other) = (clinic.patient().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 60).await;
    other.book(&doctor, "2030-01-08T11:30:00Z", 30).await;
    // The patient has an appointment with another doctor. This doctor sees only that those times are missing.
    patient.book(&other_doctor, "2030-01-08T14:00:00Z", 30).await;

    for actor in [&doctor, &admin] {
        let free = reschedule_times(actor, &doctor, id, "").await;
        for time in ["09:15", "09:30", "10:00", "10:15", "10:30", "12:00", "13:00", "14:30", "17:00"] {
            assert!(free.contains(&time.to_owned()), "{time}: {free:?}");
        }
        for time in ["10:45", "11:30", "13:15", "14:00", "14:15", "17:15"] {
            assert!(!free.contains(&time.to_owned()), "{time}: {free:?}");
        }
        // The duration stays the same unless another one is given.
        let short = actor.get(&times_to_reschedule(&doctor, id, "&duration=15")).await.expect(200);
        assert!(short.as_array().unwrap().iter().all(|slot| slot["duration"] == 15));
        assert!(reschedule_times(actor, &doctor, id, "&duration=15").await.contains(&"17:45".to_owned()));
    }
    // Rescheduling within a day does not add to the daily limits.
    for hour in ["08", "12", "16"] {
        other.book(&doctor, &format!("2030-01-08T{hour}:00:00Z"), 120).await;
    }
    assert!(starts(&admin, &doctor, "date=2030-01-08&duration=60").await.is_empty());
    assert_eq!(
        reschedule_times(&doctor, &doctor, id, "").await,
        ["10:00", "10:15", "10:30", "14:30", "14:45", "15:00"]
    );
}

#[tokio::test]
async fn alternatives_of_a_reschedule_are_available_for_it() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient, other) = (clinic.doctor().await, clinic.patient().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 60).await;
    other.book(&doctor, "2030-01-08T11:00:00Z", 120).await;
    let body = json!({ "start_date": "2030-01-08T11:00:00Z" });
    let refused = doctor.post(&format!("/appointments/{id}/reschedule"), body).await.problem(409, "doctor-busy");
    let nearest = ["10:00", "09:45", "09:30"];
    let slot = |time| json!({ "start_date": format!("2030-01-08T{time}:00+00:00"), "duration": 60 });
    assert_eq!(refused["alternatives"], json!(nearest.map(slot)));
    let free = reschedule_times(&doctor, &doctor, id, "").await;
    assert!(nearest.iter().all(|time| free.contains(&(*time).to_owned())), "{free:?}");
}

#[tokio::test]
async fn times_to_reschedule_to_need_permission_to_reschedule() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, other_doctor) = (clinic.admin().await, clinic.doctor().await, clinic.doctor().await);
    let patient = clinic.patient().await;
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let refused = patient.get(&times_to_reschedule(&doctor, id, "")).await.problem(403, "forbidden");
    let path = format!("/appointments/{id}/reschedule");
    let itself = patient.post(&path, json!({ "start_date": "2030-01-08T12:00:00Z" })).await.problem(403, "forbidden");
    assert_eq!(refused["detail"], itself["detail"]);
    admin.get(&times_to_reschedule(&doctor, 999, "")).await.problem(404, "not-found");
    admin.patch("/clinic", json!({ "patient_reschedule_notice": 0 })).await.expect(200);
    let foreign = patient.get(&times_to_reschedule(&other_doctor, id, "")).await;
    assert_eq!(foreign.violations("invalid-input"), [("/moving".into(), "other_doctor".into())]);
    for bad in ["0", "-1", "x", ""] {
        let path = format!("/doctors/{}/availability?date=2030-01-08&days=0&moving={bad}", doctor.id);
        assert_eq!(doctor.get(&path).await.pointers("invalid-input"), ["/days", "/moving"], "{bad:?}");
    }
    let wrong = doctor.get(&times_to_reschedule(&doctor, id, "&days=0&duration=5")).await;
    assert_eq!(wrong.pointers("invalid-input"), ["/days", "/duration"]);
}

#[tokio::test]
async fn cancelled_or_started_appointment_has_no_times_to_reschedule_to() {
    let clinic = Clinic::at(NOW).await;
    let (mut doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let cancelled = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let started = patient.book(&doctor, "2030-01-07T08:30:00Z", 30).await;
    doctor.cancel(cancelled).await.expect(200);
    clinic.pass(TimeDelta::minutes(30));
    clinic.renew(&mut doctor);
    for query in ["", "&days=0"] {
        doctor.get(&times_to_reschedule(&doctor, cancelled, query)).await.problem(409, "appointment-cancelled");
        doctor.get(&times_to_reschedule(&doctor, started, query)).await.problem(409, "appointment-started");
    }
}

/// After the policy has changed, an appointment that is too long can only be rescheduled with another duration.
#[tokio::test]
async fn reschedule_names_a_duration_that_the_policy_no_longer_allows() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 120).await;
    admin.patch("/clinic", json!({ "max_duration": 60 })).await.expect(200);
    assert_eq!(doctor.get(&times_to_reschedule(&doctor, id, "")).await.pointers("invalid-input"), ["/duration"]);
    let body = json!({ "start_date": "2030-01-08T12:00:00Z" });
    let refused = doctor.post(&format!("/appointments/{id}/reschedule"), body).await;
    assert_eq!(refused.pointers("invalid-booking"), ["/duration"]);
    assert!(reschedule_times(&doctor, &doctor, id, "&duration=60").await.contains(&"10:30".to_owned()));
}
