//! The slots of all doctors.

use super::{availability::starts, walk};
use crate::support::{Actor, Clinic, Value, json};

const NOW: &str = "2030-01-07T08:00:00Z";

/// Returns the rows that the list must have for these doctors: at most `most` of each.
async fn expected(actor: &Actor, doctors: &[&Actor], query: &str, most: usize) -> Vec<Value> {
    let mut slots = Vec::new();
    for doctor in doctors {
        let free = starts(actor, doctor, query).await;
        slots.extend(free.into_iter().take(most).map(|start| (start, doctor.id)));
    }
    slots.sort();
    slots.iter().map(|(start, id)| json!({ "doctor_id": id, "start_date": start, "duration": 30 })).collect()
}

#[tokio::test]
async fn list_is_paged_soonest_first() {
    let clinic = Clinic::at(NOW).await;
    let (one, two, patient) = (clinic.doctor().await, clinic.doctor().await, clinic.patient().await);
    patient.book(&one, "2030-01-08T12:00:00Z", 60).await;

    let (all, _) = walk(&clinic.admin().await, "/availability?date=2030-01-08&days=2&limit=7").await;
    let mut expected = Vec::new();
    for doctor in [&one, &two] {
        let free = starts(doctor, doctor, "date=2030-01-08&days=2").await;
        expected.extend(free.into_iter().map(|start| (start, doctor.id)));
    }
    expected.sort();
    let row = |(start, id): (String, i64)| json!({ "doctor_id": id, "start_date": start, "duration": 30 });
    assert_eq!(all, expected.into_iter().map(row).collect::<Vec<Value>>());
}

#[tokio::test]
async fn specialty_filters_the_list() {
    let clinic = Clinic::at(NOW).await;
    let (one, _two) = (clinic.doctor().await, clinic.doctor().await);
    let (path, json_type) = (format!("/doctors/{}", one.id), [("content-type", "application/json")]);
    one.send("PATCH", &path, Some(r#"{"specialty":"Cardiology"}"#), &json_type).await.expect(200);

    let found = one.get("/availability?date=2030-01-08&specialty=Cardiology&limit=100").await.expect(200);
    let found = found.as_array().unwrap();
    assert_eq!(found.len(), 39);
    assert!(found.iter().all(|slot| slot["doctor_id"] == one.id));
}

#[tokio::test]
async fn anyone_can_read_the_list_without_a_token() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, other, patient) = (clinic.doctor().await, clinic.doctor().await, clinic.patient().await);
    patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let (path, anyone) = ("/availability?date=2030-01-08&limit=100", clinic.anonymous());

    let shown = anyone.get(path).await.expect(200);
    assert_eq!(shown, json!(expected(&anyone, &[&doctor, &other], "date=2030-01-08", usize::MAX).await));
    assert_eq!(shown, clinic.patient().await.get(path).await.expect(200));
    // The Patient is busy at ten, so the other doctor's slots at this time are missing too.
    assert_ne!(shown, patient.get(path).await.expect(200));
    let invalid = anyone.get("/availability?date=2030-01-08&days=0&duration=1&per_doctor=0").await;
    assert_eq!(invalid.pointers("invalid-input"), ["/days", "/duration", "/per_doctor"]);
}

#[tokio::test]
async fn days_are_those_of_a_changed_time_zone_for_anyone() {
    let clinic = Clinic::on_disk(NOW).await;
    let _doctor = clinic.doctor().await;
    let (path, anyone) = ("/availability?date=2030-01-08&limit=1", clinic.anonymous());
    assert_eq!(anyone.get(path).await.expect(200)[0]["start_date"], "2030-01-08T08:00:00+00:00");
    // Another program changes the time zone, so this one has the old calendar in its cache.
    let change = "UPDATE clinic SET operation_id = :operation, calendar_version = calendar_version + 1, \
                  time_zone = 'Asia/Tokyo'";
    clinic.sql(change).await.unwrap();
    assert_eq!(anyone.get(path).await.expect(200)[0]["start_date"], "2030-01-08T08:00:00+09:00");
}

#[tokio::test]
async fn per_doctor_returns_the_first_slots_of_each_doctor_over_all_pages() {
    let clinic = Clinic::at(NOW).await;
    let (one, two, three, away) =
        (clinic.doctor().await, clinic.doctor().await, clinic.doctor().await, clinic.doctor().await);
    let (patient, other) = (clinic.patient().await, clinic.patient().await);
    // The second doctor has a full first day, the third begins late, and the fourth is away on all days.
    for hour in ["08", "10", "12", "14"] {
        other.book(&two, &format!("2030-01-08T{hour}:00:00Z"), 120).await;
    }
    patient.book(&three, "2030-01-08T08:00:00Z", 45).await;
    let off = json!({ "start_date": "2030-01-08T00:00:00Z", "end_date": "2030-02-08T00:00:00Z" });
    away.post(&format!("/doctors/{}/time_off", away.id), off).await.expect(201);

    let anyone = clinic.anonymous();
    let days = "date=2030-01-08&days=4";
    for actor in [&anyone, &patient, &one] {
        for per_doctor in [1, 2, 33, 50, 100] {
            let expected = expected(actor, &[&one, &two, &three], days, per_doctor).await;
            // Fewer than a hundred pages.
            for limit in [1, 2, 3, 7, 100].into_iter().filter(|limit| expected.len() < limit * 50) {
                let path = format!("/availability?{days}&per_doctor={per_doctor}&limit={limit}");
                let (rows, _) = walk(actor, &path).await;
                assert_eq!(rows, expected, "{path}");
            }
        }
    }
    let (first, pages) = walk(&anyone, &format!("/availability?{days}&per_doctor=1")).await;
    let row = |doctor: &Actor, start: &str| json!({ "doctor_id": doctor.id, "start_date": start, "duration": 30 });
    assert_eq!(pages, 1);
    assert_eq!(
        first,
        [
            row(&one, "2030-01-08T08:00:00+00:00"),
            row(&three, "2030-01-08T08:45:00+00:00"),
            row(&two, "2030-01-09T08:00:00+00:00"),
        ]
    );
    for bad in ["0", "101", "-1", "x", "1.5"] {
        let answer = anyone.get(&format!("/availability?{days}&per_doctor={bad}")).await;
        assert_eq!(answer.pointers("invalid-input"), ["/per_doctor"], "{bad}");
    }
}
