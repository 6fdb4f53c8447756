use super::{each, walk};
use crate::support::{Actor, Answer, Clinic, Value, json};

const NOW: &str = "2030-01-07T08:00:00Z";
const DAY: &str = "2030-01-08";

fn path(doctor: &Actor, query: &str) -> String {
    format!("/doctors/{}/slots?{query}", doctor.id)
}

/// Returns the starts in a list of booked times.
fn starts(slots: &Value) -> Vec<Value> {
    each(slots.as_array().unwrap(), "start_date")
}

/// Sends the date in the body of a GET.
async fn slots_by_body(actor: &Actor, doctor: &Actor, query: &str, body: Value) -> Answer {
    let json = [("content-type", "application/json")];
    actor.send("GET", &path(doctor, query), Some(&body.to_string()), &json).await
}

#[tokio::test]
async fn bookings_and_cancellations_change_the_booked_times() {
    let clinic = Clinic::shared().await;
    let (doctor, patient, day) = (clinic.doctor().await, clinic.patient().await, clinic.day());
    let date = format!("date={day}");
    assert_eq!(patient.get(&path(&doctor, &date)).await.expect(200), json!([]));

    patient.book(&doctor, &format!("{day}T14:00:00Z"), 45).await;
    let morning = patient.book(&doctor, &format!("{day}T09:30:00Z"), 30).await;
    let expected = [format!("{day}T09:30:00+00:00"), format!("{day}T14:00:00+00:00")];
    assert_eq!(starts(&patient.get(&path(&doctor, &date)).await.expect(200)), expected);

    doctor.cancel(morning).await.expect(200);
    let left = slots_by_body(&doctor, &doctor, "", json!({ "date": day })).await.expect(200);
    assert_eq!(starts(&left), expected[1..]);
}

#[tokio::test]
async fn booked_times_show_only_what_the_account_may_see() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let shown = patient.get(&path(&doctor, "date=2030-01-08")).await.expect(200);
    let hidden = json!({ "id": null, "patient_id": null, "patient_name": null,
        "start_date": "2030-01-08T10:00:00+00:00", "duration": 30, "status": null });
    assert_eq!(shown, json!([hidden]), "a Patient sees no more of an own appointment");

    let seen_by = async |actor: Actor| actor.get(&path(&doctor, "date=2030-01-08")).await.expect(200)[0].clone();
    assert_eq!(seen_by(clinic.patient().await).await, hidden);
    let mut known = hidden.clone();
    known["patient_id"] = json!(patient.id);
    assert_eq!(seen_by(clinic.doctor().await).await, known);
    known["id"] = json!(id);
    known["status"] = json!("Booked");
    for in_charge in [doctor.clone(), clinic.admin().await] {
        let mut slot = seen_by(in_charge).await;
        assert!(slot["patient_name"].as_str().unwrap().starts_with("Patient "));
        slot["patient_name"] = Value::Null;
        assert_eq!(slot, known);
    }
}

#[tokio::test]
async fn anonymous_cannot_read_booked_times() {
    let clinic = Clinic::at(NOW).await;
    let doctor = clinic.doctor().await;
    for path in [path(&doctor, "date=2030-01-08"), path(&doctor, ""), "/doctors/999/slots?date=x".to_owned()] {
        let answer = clinic.anonymous().get(&path).await;
        answer.problem(401, "unauthorized");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
}

#[tokio::test]
async fn booked_times_exclude_cancelled_appointments() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    for (hour, status) in [(13, "Done"), (9, "NoShow"), (11, "Cancelled"), (10, "Booked")] {
        let id = patient.book(&doctor, &format!("{DAY}T{hour:02}:00:00Z"), 60).await;
        if status != "Booked" {
            clinic.set_status(id, status).await;
        }
    }
    patient.book(&doctor, "2030-01-09T09:00:00Z", 60).await;

    let slots = doctor.get(&path(&doctor, "date=2030-01-08")).await.expect(200);
    assert_eq!(each(slots.as_array().unwrap(), "status"), ["NoShow", "Booked", "Done"]);
    let hours = [9, 10, 13].map(|hour| format!("{DAY}T{hour:02}:00:00+00:00"));
    assert_eq!(starts(&slots), hours);
}

#[tokio::test]
async fn date_can_be_a_day_or_a_timestamp_in_query_or_body() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    for day in ["2030-01-07", DAY, "2030-01-09"] {
        patient.book(&doctor, &format!("{day}T10:00:00Z"), 30).await;
    }
    let expected = ["2030-01-08T10:00:00+00:00"];

    for date in [DAY, "2030-01-08T00:00:00Z", "2030-01-08T23:59:59.9Z", "2030-01-09T01:30:00%2B02:00"] {
        let slots = patient.get(&path(&doctor, &format!("date={date}"))).await.expect(200);
        assert_eq!(starts(&slots), expected, "{date}");
    }
    for date in [DAY, "2030-01-08T12:00:00Z", "2030-01-07T23:00:00-01:00"] {
        let slots = slots_by_body(&patient, &doctor, "", json!({ "date": date })).await.expect(200);
        assert_eq!(starts(&slots), expected, "{date}");
    }
    let twice = slots_by_body(&patient, &doctor, "date=2030-01-08", json!({ "date": DAY })).await;
    assert_eq!(starts(&twice.expect(200)), expected);
}

#[tokio::test]
async fn days_and_times_are_in_the_clinics_time_zone() {
    let clinic = Clinic::on_disk(NOW).await;
    clinic.sql("UPDATE clinic SET operation_id = :operation, calendar_version = calendar_version + 1, time_zone = 'Asia/Tokyo'").await.unwrap();
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    // From 08:00 to 18:00 in Tokyo.
    for start in ["2030-01-07T23:00:00Z", "2030-01-08T08:30:00Z", "2030-01-08T23:00:00Z"] {
        patient.book(&doctor, start, 30).await;
    }

    let expected = ["2030-01-08T08:00:00+09:00", "2030-01-08T17:30:00+09:00"];
    for date in [DAY, "2030-01-07T15:00:00Z", "2030-01-08T14:59:00Z"] {
        let slots = patient.get(&path(&doctor, &format!("date={date}"))).await.expect(200);
        assert_eq!(starts(&slots), expected, "{date}");
    }
}

/// Working hours end with the day. But after a change of the time zone, an existing appointment can cross midnight.
#[tokio::test]
async fn appointment_over_midnight_is_in_the_lists_of_both_days() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient, admin) = (clinic.doctor().await, clinic.patient().await, clinic.admin().await);
    for time in ["13:30", "14:30", "15:30"] {
        patient.book(&doctor, &format!("{DAY}T{time}:00Z"), 60).await;
    }
    admin.patch("/clinic", json!({ "time_zone": "Asia/Tokyo" })).await.expect(200);
    let [before, across, after] =
        ["2030-01-08T22:30:00+09:00", "2030-01-08T23:30:00+09:00", "2030-01-09T00:30:00+09:00"];

    for (date, expected) in
        [("2030-01-08", vec![before, across]), ("2030-01-09", vec![across, after]), ("2030-01-10", vec![])]
    {
        for limit in [1, 50] {
            let (slots, _) = walk(&patient, &path(&doctor, &format!("limit={limit}&date={date}"))).await;
            assert_eq!(each(&slots, "start_date"), expected, "{date}, limit {limit}");
        }
    }
}

#[tokio::test]
async fn exactly_one_date_is_required() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    patient.get(&path(&doctor, "")).await.problem(400, "malformed-request");
    for (query, body) in [
        ("", json!({})),
        ("", json!({ "date": null })),
        ("date=2030-01-08", json!({ "date": "2030-01-09" })),
        ("date=2030-02-30", json!({ "date": DAY })),
    ] {
        slots_by_body(&patient, &doctor, query, body).await.problem(400, "malformed-request");
    }
}

#[tokio::test]
async fn invalid_dates_are_refused() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let no_days =
        ["2030-02-30", "2030-13-01", "2031-02-29", "2030-01-08T10:00:00", "2030-1-8", "20300108", "tomorrow", ""];
    for date in no_days {
        let answer = patient.get(&path(&doctor, &format!("date={date}"))).await;
        assert_eq!(answer.pointers("invalid-input"), ["/date"], "{date}");
        let answer = slots_by_body(&patient, &doctor, "", json!({ "date": date })).await;
        assert_eq!(answer.pointers("invalid-input"), ["/date"], "{date}");
    }
    let number = slots_by_body(&patient, &doctor, "", json!({ "date": 20300108 })).await;
    assert_eq!(number.pointers("invalid-input"), ["/date"]);
    let all = patient.get(&path(&doctor, "date=2030-02-30&limit=0&after=x")).await;
    assert_eq!(all.pointers("invalid-input"), ["/after", "/date", "/limit"]);
}

#[tokio::test]
async fn only_doctors_have_booked_times() {
    let clinic = Clinic::at(NOW).await;
    let (patient, admin) = (clinic.patient().await, clinic.admin().await);
    for id in ["999", &patient.id.to_string(), &admin.id.to_string(), "0", "-1", "9223372036854775808", "x"] {
        for actor in [&patient, &admin] {
            actor.get(&format!("/doctors/{id}/slots?date={DAY}")).await.problem(404, "not-found");
        }
    }
}

#[tokio::test]
async fn pages_of_booked_times_follow_each_other() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    for minute in [45, 0, 30, 15] {
        patient.book(&doctor, &format!("{DAY}T09:{minute:02}:00Z"), 15).await;
    }
    patient.book(&doctor, "2030-01-09T09:00:00Z", 15).await;
    let expected = [0, 15, 30, 45].map(|minute| format!("{DAY}T09:{minute:02}:00+00:00"));

    for (limit, pages) in [(1, 4), (2, 2), (3, 2), (4, 1)] {
        let (slots, walked) = walk(&patient, &path(&doctor, &format!("limit={limit}&date={DAY}"))).await;
        assert_eq!(each(&slots, "start_date"), expected, "limit {limit}");
        assert_eq!(walked, pages, "limit {limit}");
    }
    let first = slots_by_body(&patient, &doctor, "limit=3", json!({ "date": DAY })).await;
    let rest = patient.get(&first.next().unwrap()).await.expect(200);
    assert_eq!(starts(&rest), expected[3..], "the link names the day, which came in the body");
}
