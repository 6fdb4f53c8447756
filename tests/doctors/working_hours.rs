use crate::support::{Actor, Answer, Clinic, Value, json};

const NOW: &str = "2030-01-07T08:00:00Z";

async fn put(actor: &Actor, doctor: i64, body: Value) -> Answer {
    let (path, json_type) = (format!("/doctors/{doctor}/working_hours"), [("content-type", "application/json")]);
    actor.send("PUT", &path, Some(&body.to_string()), &json_type).await
}

fn hours(weekday: &str, start: &str, end: &str) -> Value {
    json!({ "weekday": weekday, "start": start, "end": end })
}

#[tokio::test]
async fn new_doctor_works_from_8_to_18_every_day() {
    let clinic = Clinic::at(NOW).await;
    let doctor = clinic.doctor().await;
    let week = clinic.anonymous().get(&format!("/doctors/{}/working_hours", doctor.id)).await.expect(200);
    let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    assert_eq!(week, json!(days.map(|day| hours(day, "08:00", "18:00"))));
    clinic.anonymous().get("/doctors/999/working_hours").await.problem(404, "not-found");
}

#[tokio::test]
async fn that_doctor_and_admins_replace_working_hours() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor) = (clinic.admin().await, clinic.doctor().await);
    let week = json!([hours("Mon", "09:00", "12:00")]);

    for actor in [clinic.doctor().await, clinic.patient().await] {
        put(&actor, doctor.id, week.clone()).await.problem(403, "forbidden");
    }
    put(&clinic.anonymous(), doctor.id, week.clone()).await.problem(401, "unauthorized");
    put(&admin, 999, week.clone()).await.problem(404, "not-found");
    for actor in [&admin, &doctor] {
        assert_eq!(put(actor, doctor.id, week.clone()).await.expect(200), week);
    }
    assert_eq!(doctor.get(&format!("/doctors/{}/working_hours", doctor.id)).await.expect(200), week);
}

#[tokio::test]
async fn touching_working_hours_merge_and_stay_in_order() {
    let clinic = Clinic::at(NOW).await;
    let doctor = clinic.doctor().await;
    let week = json!([
        hours("Sun", "20:00", "24:00"),
        hours("Mon", "12:00", "14:00"),
        hours("Mon", "16:00", "18:00"),
        hours("Mon", "08:00", "12:00"),
    ]);
    let merged =
        json!([hours("Mon", "08:00", "14:00"), hours("Mon", "16:00", "18:00"), hours("Sun", "20:00", "24:00")]);
    assert_eq!(put(&doctor, doctor.id, week).await.expect(200), merged);
    assert_eq!(doctor.get(&format!("/doctors/{}/working_hours", doctor.id)).await.expect(200), merged);
}

#[tokio::test]
async fn all_violations_of_working_hours_are_named_at_once() {
    let clinic = Clinic::at(NOW).await;
    let doctor = clinic.doctor().await;
    let week = json!([
        hours("Monday", "8", "18:60"),
        hours("Tue", "24:00", "24:00"),
        hours("Wed", "12:00", "12.00"),
        hours("Thu", "12:00", "-1:00"),
        5,
        {},
        hours("Fri", "08:00", "24:01"),
    ]);
    let pointers = [
        "/0/end",
        "/0/start",
        "/0/weekday",
        "/1/start",
        "/2/end",
        "/3/end",
        "/4",
        "/5/end",
        "/5/start",
        "/5/weekday",
        "/6/end",
    ];
    assert_eq!(put(&doctor, doctor.id, week).await.pointers("invalid-input"), pointers);
    for (body, pointer) in [(json!({}), ""), (json!("Mon"), "")] {
        assert_eq!(put(&doctor, doctor.id, body).await.pointers("invalid-input"), [pointer]);
    }
}

/// A doctor works from the evening to the morning. Each weekday has its own part of the night.
#[tokio::test]
async fn hours_over_midnight_are_one_stretch() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let path = format!("/doctors/{}/working_hours", doctor.id);
    let nights = json!([hours("Mon", "22:00", "06:00"), hours("Sun", "20:00", "20:00")]);
    assert_eq!(put(&doctor, doctor.id, nights.clone()).await.expect(200), nights);
    assert_eq!(doctor.get(&path).await.expect(200), nights);
    // The same hours, written as two time ranges. They touch at midnight.
    let parts = json!([
        hours("Tue", "00:00", "06:00"),
        hours("Mon", "22:00", "24:00"),
        hours("Sun", "20:00", "00:00"),
        hours("Mon", "00:00", "20:00"),
    ]);
    assert_eq!(put(&doctor, doctor.id, parts).await.expect(200), nights);

    // Monday night. The appointment counts for Monday, and is a booked time of both days.
    let booked = patient.book(&doctor, "2030-01-07T23:30:00Z", 60).await;
    for date in ["2030-01-07", "2030-01-08"] {
        let slots = doctor.get(&format!("/doctors/{}/slots?date={date}", doctor.id)).await.expect(200);
        assert_eq!((slots.as_array().unwrap().len(), &slots[0]["id"]), (1, &json!(booked)), "{date}");
    }
    let top = clinic.admin().await.get("/doctors/by_top_appointments?date=2030-01-08").await.expect(200);
    assert_eq!(top, json!([]));
    let free =
        patient.get(&format!("/doctors/{}/availability?date=2030-01-07&duration=60", doctor.id)).await.expect(200);
    let free: Vec<_> = free.as_array().unwrap().iter().map(|slot| slot["start_date"].as_str().unwrap()).collect();
    assert_eq!(free.last(), Some(&"2030-01-07T22:30:00+00:00"));
    let refused = patient.try_book(&doctor, "2030-01-08T05:30:00Z", 60).await;
    assert_eq!(refused.pointers("invalid-booking"), ["/start_date"]);
    let overlapping = json!([hours("Mon", "22:00", "06:00"), hours("Tue", "05:00", "10:00")]);
    assert_eq!(put(&doctor, doctor.id, overlapping).await.pointers("invalid-input"), ["/1"]);
}

#[tokio::test]
async fn overlapping_hours_are_refused() {
    let clinic = Clinic::at(NOW).await;
    let doctor = clinic.doctor().await;
    let before = doctor.get(&format!("/doctors/{}/working_hours", doctor.id)).await.expect(200);
    for (start, end) in [("11:59", "13:00"), ("08:00", "12:00"), ("09:00", "10:00"), ("07:00", "13:00")] {
        let week = json!([hours("Mon", "08:00", "12:00"), hours("Mon", start, end)]);
        let pointers = put(&doctor, doctor.id, week).await.pointers("invalid-input");
        assert!(!pointers.is_empty() && pointers.iter().all(|pointer| pointer.starts_with('/')), "{pointers:?}");
    }
    assert_eq!(doctor.get(&format!("/doctors/{}/working_hours", doctor.id)).await.expect(200), before);
}

#[tokio::test]
async fn replaced_working_hours_apply_to_the_next_booking() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let booked = patient.book(&doctor, "2030-01-09T10:00:00Z", 30).await;
    put(&doctor, doctor.id, json!([hours("Tue", "09:00", "11:00"), hours("Tue", "20:00", "24:00")])).await.expect(200);

    for start in ["08T08:30:00Z", "08T10:45:00Z", "08T12:00:00Z", "08T23:45:00Z", "09T12:00:00Z"] {
        let answer = patient.try_book(&doctor, &format!("2030-01-{start}"), 30).await;
        assert_eq!(answer.pointers("invalid-booking"), ["/start_date"], "{start}");
    }
    for start in ["08T09:00:00Z", "08T10:30:00Z", "08T20:00:00Z", "08T23:30:00Z"] {
        patient.book(&doctor, &format!("2030-01-{start}"), 30).await;
    }
    assert_eq!(patient.get(&format!("/appointments/{booked}")).await.expect(200)["status"], "Booked");
}

#[tokio::test]
async fn doctor_without_working_hours_cannot_be_booked() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    assert_eq!(put(&doctor, doctor.id, json!([])).await.expect(200), json!([]));
    let answer = patient.try_book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    assert_eq!(answer.pointers("invalid-booking"), ["/start_date"]);
}

#[tokio::test]
async fn only_doctors_have_hours_and_time_off() {
    let clinic = Clinic::at(NOW).await;
    let (admin, patient) = (clinic.admin().await, clinic.patient().await);
    put(&admin, patient.id, json!([])).await.problem(404, "not-found");
    admin.get(&format!("/doctors/{}/working_hours", patient.id)).await.problem(404, "not-found");
    admin.get(&format!("/doctors/{}/time_off", patient.id)).await.problem(404, "not-found");
    admin.get(&format!("/doctors/{}/availability?date=2030-01-08", patient.id)).await.problem(404, "not-found");
}
