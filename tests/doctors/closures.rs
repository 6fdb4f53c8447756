use crate::support::{Actor, Answer, Clinic, json};

const NOW: &str = "2030-01-07T08:00:00Z";

async fn close(actor: &Actor, start: &str, end: &str) -> Answer {
    actor.post("/closures", json!({ "start_date": start, "end_date": end, "name": "Holiday" })).await
}

#[tokio::test]
async fn admin_closes_the_clinic_and_opens_it_again() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let body = json!({
        "start_date": "2030-01-08T10:00:00+02:00", "end_date": "2030-01-08T12:00:00Z", "name": " Staff outing ",
    });
    let answer = admin.post("/closures", body).await;
    let created = answer.expect(201);
    let expected = json!({
        "id": created["id"], "start_date": "2030-01-08T08:00:00+00:00", "end_date": "2030-01-08T12:00:00+00:00",
        "name": "Staff outing",
    });
    assert_eq!(created, expected);
    assert_eq!(answer.header("location"), format!("/closures/{}", created["id"]));
    for actor in [&clinic.anonymous(), &patient, &doctor, &admin] {
        assert_eq!(actor.get("/closures").await.expect(200), json!([created]));
    }

    let refused = patient.try_book(&doctor, "2030-01-08T11:45:00Z", 30).await;
    assert_eq!(refused.codes("invalid-booking"), ["during_closure"]);
    let free = format!("/doctors/{}/availability?date=2030-01-08", doctor.id);
    assert_eq!(patient.get(&free).await.expect(200)[0]["start_date"], "2030-01-08T12:00:00+00:00");
    let free = "/availability?date=2030-01-08&limit=1";
    assert_eq!(patient.get(free).await.expect(200)[0]["start_date"], "2030-01-08T12:00:00+00:00");
    let available = admin.get("/doctors/available?date=2030-01-08").await.expect(200);
    assert_eq!(available[0]["free_mins"], 360);
    patient.book(&doctor, "2030-01-08T12:00:00Z", 30).await;

    let location = answer.header("location");
    assert_eq!(admin.send("DELETE", location, None, &[]).await.status, 204);
    admin.send("DELETE", location, None, &[]).await.problem(404, "not-found");
    assert_eq!(admin.get("/closures").await.expect(200), json!([]));
    patient.book(&doctor, "2030-01-08T11:00:00Z", 30).await;

    let entries = admin.get("/audit?action=closure_end").await.expect(200);
    assert_eq!(entries[0]["changes"]["name"], json!(["Staff outing", null]));
    let entries = admin.get("/audit?action=closure").await.expect(200);
    assert_eq!(entries[0]["changes"]["start_date"], json!([null, "2030-01-08T08:00:00+00:00"]));
}

#[tokio::test]
async fn closure_cannot_overlap_booked_appointments_of_any_doctor() {
    let clinic = Clinic::at(NOW).await;
    let admin = clinic.admin().await;
    let (one, other, patient) = (clinic.doctor().await, clinic.doctor().await, clinic.patient().await);
    let first = patient.book(&other, "2030-01-08T10:00:00Z", 30).await;
    let cancelled = patient.book(&one, "2030-01-08T10:30:00Z", 30).await;
    let second = patient.book(&one, "2030-01-08T11:00:00Z", 30).await;
    one.cancel(cancelled).await.expect(200);

    let over = close(&admin, "2030-01-08T10:29:00Z", "2030-01-08T11:01:00Z").await;
    assert_eq!(over.problem(409, "closure-over-appointments")["appointments"], json!([first, second]));
    close(&admin, "2030-01-08T10:30:00Z", "2030-01-08T11:00:00Z").await.expect(201);
}

/// Staff book against the working hours with a reason, but never while the clinic is closed.
#[tokio::test]
async fn nobody_is_booked_while_the_clinic_is_closed() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    close(&admin, "2030-01-08T00:00:00Z", "2030-01-09T00:00:00Z").await.expect(201);
    let body = json!({
        "doctor_id": doctor.id, "patient_id": patient.id, "start_date": "2030-01-08T20:00:00Z", "duration": 30,
        "override": true, "reason": "An emergency",
    });
    assert_eq!(admin.post("/appointments", body).await.codes("invalid-booking"), ["during_closure"]);

    let booked = patient.book(&doctor, "2030-01-09T10:00:00Z", 30).await;
    let body = json!({ "start_date": "2030-01-08T10:00:00Z" });
    let answer = doctor.post(&format!("/appointments/{booked}/reschedule"), body).await;
    assert_eq!(answer.codes("invalid-booking"), ["during_closure"]);
}

#[tokio::test]
async fn closures_are_listed_by_start_in_pages() {
    let clinic = Clinic::at(NOW).await;
    let admin = clinic.admin().await;
    for day in ["12", "10", "14", "08", "11"] {
        close(&admin, &format!("2030-01-{day}T00:00:00Z"), &format!("2030-01-{day}T09:00:00Z")).await.expect(201);
    }
    let (mut next, mut days) = (Some("/closures?limit=2".to_owned()), Vec::new());
    while let Some(path) = next {
        let answer = admin.get(&path).await;
        let page = answer.expect(200);
        days.extend(page.as_array().unwrap().iter().map(|row| row["start_date"].as_str().unwrap()[8..10].to_owned()));
        next = answer.next();
    }
    assert_eq!(days, ["08", "10", "11", "12", "14"]);
}

#[tokio::test]
async fn closure_has_a_name_a_start_and_a_later_end() {
    let clinic = Clinic::at(NOW).await;
    let admin = clinic.admin().await;
    let (ten, nine) = ("2030-01-08T10:00:00Z", "2030-01-08T09:00:00Z");
    assert_eq!(close(&admin, ten, nine).await.pointers("invalid-input"), ["/end_date"]);
    let named = |name: &str| json!({ "start_date": nine, "end_date": ten, "name": name });
    for name in ["", "two\nlines", &"x".repeat(101)] {
        assert_eq!(admin.post("/closures", named(name)).await.pointers("invalid-input"), ["/name"]);
    }
    let pointers = ["/end_date", "/name", "/start_date"];
    assert_eq!(admin.post("/closures", json!({})).await.pointers("invalid-input"), pointers);
}
