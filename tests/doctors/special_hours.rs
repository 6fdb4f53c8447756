use crate::support::{Actor, Clinic, Value, json};

/// A Monday.
const NOW: &str = "2030-01-07T08:00:00Z";

fn path(doctor: &Actor, date: &str) -> String {
    format!("/doctors/{}/special_hours/{date}", doctor.id)
}

fn hours(ranges: &[(&str, &str)]) -> Value {
    ranges.iter().map(|(start, end)| json!({ "start": start, "end": end })).collect()
}

/// Returns the first and the last start of appointments of 30 minutes on a day, and how many there are.
async fn free(clinic: &Clinic, doctor: &Actor, date: &str) -> (Value, Value, usize) {
    let path = format!("/doctors/{}/availability?date={date}", doctor.id);
    let slots = clinic.anonymous().get(&path).await.expect(200);
    let slots = slots.as_array().unwrap();
    let start =
        |slot: Option<&Value>| slot.map_or(Value::Null, |slot| slot["start_date"].as_str().unwrap()[11..16].into());
    (start(slots.first()), start(slots.last()), slots.len())
}

#[tokio::test]
async fn hours_of_a_date_apply_in_place_of_those_of_the_weekday() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let noon = hours(&[("08:00", "10:00"), ("10:00", "12:00")]);
    assert_eq!(doctor.put(&path(&doctor, "2030-01-08"), noon).await.expect(200), hours(&[("08:00", "12:00")]));
    assert_eq!(admin.put(&path(&doctor, "2030-01-09"), json!([])).await.expect(200), json!([]));
    assert_eq!(free(&clinic, &doctor, "2030-01-08").await, (json!("08:00"), json!("11:30"), 15));
    assert_eq!(free(&clinic, &doctor, "2030-01-09").await, (Value::Null, Value::Null, 0));
    assert_eq!(free(&clinic, &doctor, "2030-01-15").await, (json!("08:00"), json!("17:30"), 39));

    patient.book(&doctor, "2030-01-08T11:30:00Z", 30).await;
    for start in ["2030-01-08T11:45:00Z", "2030-01-09T10:00:00Z"] {
        let refused = patient.try_book(&doctor, start, 30).await;
        assert_eq!(refused.codes("invalid-booking"), ["outside_working_hours"]);
    }

    let list = format!("/doctors/{}/special_hours", doctor.id);
    let both = json!([
        { "date": "2030-01-08", "hours": hours(&[("08:00", "12:00")]) }, { "date": "2030-01-09", "hours": [] },
    ]);
    assert_eq!(clinic.anonymous().get(&list).await.expect(200), both);
    for query in ["from=2030-01-09", "from=2030-01-09T05:00:00Z&to=2030-01-20", "limit=1&from=2030-01-09"] {
        assert_eq!(patient.get(&format!("{list}?{query}")).await.expect(200), json!([both[1]]));
    }
    let page = patient.get(&format!("{list}?limit=1")).await;
    assert_eq!(page.expect(200), json!([both[0]]));
    assert_eq!(patient.get(&page.next().unwrap()).await.expect(200), json!([both[1]]));

    for date in ["2030-01-09", "2030-01-09", "2030-01-10"] {
        assert_eq!(doctor.send("DELETE", &path(&doctor, date), None, &[]).await.status, 204);
    }
    assert_eq!(free(&clinic, &doctor, "2030-01-09").await.2, 39);
    patient.book(&doctor, "2030-01-09T10:00:00Z", 30).await;
    let entries = admin.get("/audit?action=special_hours").await.expect(200);
    let changes: Vec<_> = entries.as_array().unwrap().iter().map(|entry| &entry["changes"]["special_hours"]).collect();
    let noon = hours(&[("08:00", "12:00")]);
    assert_eq!(changes, [&json!([[], null]), &json!([null, []]), &json!([null, noon])]);
}

/// A night from one date to the next adds to the hours of the next date.
#[tokio::test]
async fn hours_of_a_date_can_end_after_midnight() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let night = hours(&[("22:00", "02:00")]);
    assert_eq!(doctor.put(&path(&doctor, "2030-01-08"), night.clone()).await.expect(200), night);
    assert_eq!(free(&clinic, &doctor, "2030-01-08").await, (json!("22:00"), json!("23:45"), 8));
    // From midnight to 01:30, and the hours of the weekday.
    assert_eq!(free(&clinic, &doctor, "2030-01-09").await, (json!("00:00"), json!("17:30"), 7 + 39));
    patient.book(&doctor, "2030-01-08T23:45:00Z", 60).await;
    let refused = patient.try_book(&doctor, "2030-01-09T01:45:00Z", 30).await;
    assert_eq!(refused.codes("invalid-booking"), ["outside_working_hours"]);
}

#[tokio::test]
async fn only_that_doctor_and_admins_set_hours_of_a_date() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor) = (clinic.admin().await, clinic.doctor().await);
    let path = path(&doctor, "2030-01-08");
    for actor in [clinic.doctor().await, clinic.patient().await, clinic.receptionist().await] {
        actor.put(&path, json!([])).await.problem(403, "forbidden");
        actor.send("DELETE", &path, None, &[]).await.problem(403, "forbidden");
    }
    clinic.anonymous().put(&path, json!([])).await.problem(401, "unauthorized");
    admin.put("/doctors/999/special_hours/2030-01-08", json!([])).await.problem(404, "not-found");
    admin.get("/doctors/999/special_hours").await.problem(404, "not-found");
}

#[tokio::test]
async fn invalid_hours_and_dates_are_refused() {
    let clinic = Clinic::at(NOW).await;
    let doctor = clinic.doctor().await;
    let invalid = hours(&[("8", "18:60"), ("24:00", "24:00"), ("23:00", "25:00")]);
    let answer = doctor.put(&path(&doctor, "2030-01-08"), invalid).await;
    assert_eq!(answer.pointers("invalid-input"), ["/0/end", "/0/start", "/1/start", "/2/end"]);
    let overlapping = hours(&[("20:00", "04:00"), ("22:00", "23:00")]);
    assert_eq!(doctor.put(&path(&doctor, "2030-01-08"), overlapping).await.pointers("invalid-input"), ["/1"]);
    for date in ["2030-02-30", "today", "2030-1-8", "2030-01-08T10:00:00Z"] {
        assert_eq!(doctor.put(&path(&doctor, date), json!([])).await.pointers("invalid-input"), ["/date"]);
    }
}
