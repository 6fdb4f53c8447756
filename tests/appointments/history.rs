use crate::support::{Actor, Clinic, Value, json};

const NOW: &str = "2030-01-07T08:00:00Z";

fn path(patient: &Actor) -> String {
    format!("/patients/{}/history", patient.id)
}

fn ids(history: &Value) -> Vec<i64> {
    history.as_array().unwrap().iter().map(|appointment| appointment["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn history_is_newest_first_and_includes_cancelled() {
    let clinic = Clinic::shared().await;
    let (doctor, other, patient) = (clinic.doctor().await, clinic.doctor().await, clinic.patient().await);
    let day = clinic.day();
    let early = patient.book(&doctor, &format!("{day}T09:00:00Z"), 30).await;
    let late = patient.book(&other, &format!("{day}T11:00:00Z"), 15).await;
    let middle = patient.book(&doctor, &format!("{day}T10:00:00Z"), 60).await;
    doctor.post(&format!("/appointments/{middle}/cancel"), json!({ "reason": "Snow" })).await.expect(200);

    let (one_name, other_name, name) = (doctor.name().await, other.name().await, patient.name().await);
    let row = |id: i64, doctor: &Actor, time: &str, duration: i64, status: &str| {
        json!({
            "id": id, "doctor_id": doctor.id, "patient_id": patient.id, "patient_name": name,
            "doctor_name": if doctor.id == other.id { &other_name } else { &one_name },
            "start_date": format!("{day}T{time}:00+00:00"), "duration": duration, "status": status,
            "confirmed_at": null, "arrived_at": null, "moved_from": null, "series_id": null, "type_id": null, "type_name": null, "note": null,
            "overridden": false,
        })
    };
    let mut cancelled = row(middle, &doctor, "10:00", 60, "Cancelled");
    cancelled["reason"] = json!("Snow");
    let expected = [row(late, &other, "11:00", 15, "Booked"), cancelled, row(early, &doctor, "09:00", 30, "Booked")];
    for actor in [&patient, &doctor, &clinic.admin().await] {
        let mut expected = expected.clone();
        if actor.id != patient.id {
            expected.iter_mut().for_each(|row| row["patient_phone"] = json!(null));
        }
        assert_eq!(actor.get(&path(&patient)).await.expect(200), json!(expected));
    }
}

#[tokio::test]
async fn history_of_a_new_patient_is_empty() {
    let clinic = Clinic::at(NOW).await;
    let patient = clinic.patient().await;

    for actor in [&patient, &clinic.admin().await] {
        let answer = actor.get(&path(&patient)).await;
        assert_eq!(answer.expect(200), json!([]));
        assert_eq!(answer.next(), None);
    }
}

#[tokio::test]
async fn history_is_for_its_patient_admins_and_doctors_with_appointments() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, former, stranger) = (clinic.doctor().await, clinic.doctor().await, clinic.doctor().await);
    let (patient, other) = (clinic.patient().await, clinic.patient().await);
    patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let cancelled = patient.book(&former, "2030-01-08T11:00:00Z", 30).await;
    former.get(&path(&patient)).await.expect(200);
    former.cancel(cancelled).await.expect(200);
    other.book(&stranger, "2030-01-08T10:00:00Z", 30).await;

    for actor in [&former, &stranger, &other] {
        actor.get(&path(&patient)).await.problem(403, "forbidden");
    }
    clinic.anonymous().get(&path(&patient)).await.problem(401, "unauthorized");
    for actor in [&patient, &doctor, &clinic.admin().await] {
        assert_eq!(actor.get(&path(&patient)).await.expect(200).as_array().unwrap().len(), 2);
    }
}

#[tokio::test]
async fn doctor_sees_the_history_after_the_appointment_is_done_or_missed() {
    for status in ["Done", "NoShow"] {
        let clinic = Clinic::on_disk(NOW).await;
        let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
        clinic.set_status(patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await, status).await;
        assert_eq!(doctor.get(&path(&patient)).await.expect(200)[0]["status"], status);
    }
}

#[tokio::test]
async fn only_admins_get_404_for_a_missing_patient() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);

    for id in [admin.id, doctor.id, 999] {
        admin.get(&format!("/patients/{id}/history")).await.problem(404, "not-found");
    }
    let mut there = doctor.get(&path(&patient)).await.problem(403, "forbidden");
    let mut absent = doctor.get("/patients/999/history").await.problem(403, "forbidden");
    there["request_id"].take();
    absent["request_id"].take();
    assert_eq!(there, absent);
    patient.get("/patients/999/history").await.problem(403, "forbidden");
    for id in ["0", "-1", "9223372036854775808", "x"] {
        admin.get(&format!("/patients/{id}/history")).await.problem(404, "not-found");
    }
}

#[tokio::test]
async fn history_can_be_filtered_by_status() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    for (hour, status) in [("09", "Booked"), ("10", "Cancelled"), ("11", "Done"), ("12", "NoShow")] {
        let id = patient.book(&doctor, &format!("2030-01-08T{hour}:00:00Z"), 30).await;
        if status != "Booked" {
            clinic.set_status(id, status).await;
        }
    }

    for status in ["Booked", "Cancelled", "Done", "NoShow"] {
        let history = patient.get(&format!("{}?status={status}", path(&patient))).await.expect(200);
        assert_eq!(history.as_array().unwrap().len(), 1);
        assert_eq!(history[0]["status"], status);
    }
}

#[tokio::test]
async fn history_can_be_filtered_by_days_and_timestamps() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let (mut ninth, mut tenth) = (Vec::new(), Vec::new());
    for hour in ["08", "12"] {
        ninth.insert(0, patient.book(&doctor, &format!("2030-01-09T{hour}:00:00Z"), 30).await);
        tenth.insert(0, patient.book(&doctor, &format!("2030-01-10T{hour}:00:00Z"), 30).await);
    }
    let all = [&tenth[..], &ninth].concat();

    for (filter, expected) in [
        ("from=2030-01-09", &all[..]),
        ("from=2030-01-10", &tenth),
        ("from=2030-01-11", &[]),
        ("to=2030-01-10", &all),
        ("to=2030-01-09", &ninth),
        ("to=2030-01-08", &[]),
        ("from=2030-01-10&to=2030-01-10", &tenth),
        ("from=2030-01-10&to=2030-01-09", &[]),
        ("from=2030-01-09T12:00:00Z", &all[..3]),
        ("from=2030-01-09T13:00:00%2B01:00", &all[..3]),
        ("from=2030-01-09T12:00:01Z", &tenth),
        ("to=2030-01-10T08:00:00Z", &ninth),
        ("to=2030-01-10T08:00:01Z", &all[1..]),
        ("from=2030-01-09T08:00:00Z&to=2030-01-09T12:00:00Z&status=Booked", &ninth[1..]),
    ] {
        let history = patient.get(&format!("{}?{filter}", path(&patient))).await.expect(200);
        assert_eq!(ids(&history), expected, "{filter}");
    }
}

#[tokio::test]
async fn all_invalid_filters_are_named() {
    let clinic = Clinic::at(NOW).await;
    let patient = clinic.patient().await;

    let answer =
        patient.get(&format!("{}?status=booked&from=soon&to=2030-02-30&limit=0&after=x", path(&patient))).await;
    assert_eq!(answer.pointers("invalid-input"), ["/after", "/from", "/limit", "/status", "/to"]);
    for (filter, pointer) in [
        ("status=", "/status"),
        ("from=", "/from"),
        ("from=2030-01-08T10:00:00", "/from"),
        ("to=2030-1-8", "/to"),
        ("limit=101", "/limit"),
        ("limit=ten", "/limit"),
        ("after=", "/after"),
        ("status=Booked&status=Done", "/status"),
    ] {
        let answer = patient.get(&format!("{}?{filter}", path(&patient))).await;
        assert_eq!(answer.pointers("invalid-input"), [pointer], "{filter}");
    }
}

#[tokio::test]
async fn history_pages_stay_in_order_while_more_is_booked() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let mut expected = Vec::new();
    for day in 10..17 {
        expected.insert(0, patient.book(&doctor, &format!("2030-01-{day}T10:00:00Z"), 30).await);
    }

    let (mut read, mut next) = (Vec::new(), Some(format!("{}?limit=3", path(&patient))));
    while let Some(page) = next {
        let answer = patient.get(&page).await;
        read.extend(ids(&answer.expect(200)));
        next = answer.next();
        // It starts later than all pages. The list is newest first, so it is before the cursor.
        patient.book(&doctor, &format!("2030-02-{}T10:00:00Z", 10 + read.len()), 30).await;
    }
    assert_eq!(read, expected);
}

#[tokio::test]
async fn appointment_booked_after_the_cursor_is_on_the_next_page() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let early = patient.book(&doctor, "2030-01-10T10:00:00Z", 30).await;
    let late = patient.book(&doctor, "2030-01-12T10:00:00Z", 30).await;

    let first = patient.get(&format!("{}?limit=1", path(&patient))).await;
    assert_eq!(ids(&first.expect(200)), [late]);
    let between = patient.book(&doctor, "2030-01-11T10:00:00Z", 30).await;
    let second = patient.get(&first.next().unwrap()).await;
    assert_eq!(ids(&second.expect(200)), [between]);
    let third = patient.get(&second.next().unwrap()).await;
    assert_eq!(ids(&third.expect(200)), [early]);
    assert_eq!(third.next(), None);
}

#[tokio::test]
async fn next_page_keeps_the_filters() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let mut booked = Vec::new();
    for hour in 9..14 {
        booked.insert(0, patient.book(&doctor, &format!("2030-01-10T{hour:02}:00:00Z"), 30).await);
    }
    doctor.cancel(booked[2]).await.expect(200);

    let filters = "limit=2&status=Booked&from=2030-01-10T11:00:00%2B01:00&to=2030-01-10";
    let first = patient.get(&format!("{}?{filters}", path(&patient))).await;
    assert_eq!(ids(&first.expect(200)), booked[..2]);
    let second = patient.get(&first.next().unwrap()).await;
    assert_eq!(ids(&second.expect(200)), [booked[3]]);
    assert_eq!(second.next(), None);
}
