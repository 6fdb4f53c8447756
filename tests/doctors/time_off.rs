use crate::support::{Actor, Answer, Clinic, json};

const NOW: &str = "2030-01-07T08:00:00Z";

async fn take(actor: &Actor, doctor: &Actor, start: &str, end: &str) -> Answer {
    let body = json!({ "start_date": start, "end_date": end });
    actor.post(&format!("/doctors/{}/time_off", doctor.id), body).await
}

#[tokio::test]
async fn doctor_takes_time_off_and_deletes_it() {
    let clinic = Clinic::at(NOW).await;
    let doctor = clinic.doctor().await;
    let path = format!("/doctors/{}/time_off", doctor.id);
    let body = json!({
        "start_date": "2030-01-08T10:00:00+02:00", "end_date": "2030-01-08T12:00:00Z", "reason": "A conference",
    });
    let answer = doctor.post(&path, body).await;
    let created = answer.expect(201);
    let expected = json!({
        "id": created["id"], "start_date": "2030-01-08T08:00:00+00:00", "end_date": "2030-01-08T12:00:00+00:00",
        "reason": "A conference",
    });
    assert_eq!(created, expected);
    assert_eq!(answer.header("location"), format!("{path}/{}", created["id"]));
    assert_eq!(doctor.get(&path).await.expect(200), json!([created]));

    let location = answer.header("location");
    assert_eq!(doctor.send("DELETE", location, None, &[]).await.status, 204);
    doctor.send("DELETE", location, None, &[]).await.problem(404, "not-found");
    assert_eq!(doctor.get(&path).await.expect(200), json!([]));
}

#[tokio::test]
async fn time_off_is_listed_by_start_in_pages() {
    let clinic = Clinic::at(NOW).await;
    let doctor = clinic.doctor().await;
    for day in ["12", "10", "14", "08", "11"] {
        let (start, end) = (format!("2030-01-{day}T08:00:00Z"), format!("2030-01-{day}T09:00:00Z"));
        take(&doctor, &doctor, &start, &end).await.expect(201);
    }
    let (mut next, mut days) = (Some(format!("/doctors/{}/time_off?limit=2", doctor.id)), Vec::new());
    while let Some(path) = next {
        let answer = doctor.get(&path).await;
        let page = answer.expect(200);
        days.extend(page.as_array().unwrap().iter().map(|off| off["start_date"].as_str().unwrap()[8..10].to_owned()));
        next = answer.next();
    }
    assert_eq!(days, ["08", "10", "11", "12", "14"]);
}

#[tokio::test]
async fn time_off_cannot_overlap_booked_appointments() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let first = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let cancelled = patient.book(&doctor, "2030-01-08T10:30:00Z", 30).await;
    let second = patient.book(&doctor, "2030-01-08T11:00:00Z", 30).await;
    doctor.cancel(cancelled).await.expect(200);

    let over = take(&doctor, &doctor, "2030-01-08T10:29:00Z", "2030-01-08T11:01:00Z").await;
    assert_eq!(over.problem(409, "time-off-over-appointments")["appointments"], json!([first, second]));
    let over = take(&doctor, &doctor, "2030-01-08T10:30:00Z", "2030-01-08T12:00:00Z").await;
    assert_eq!(over.problem(409, "time-off-over-appointments")["appointments"], json!([second]));
    take(&doctor, &doctor, "2030-01-08T10:30:00Z", "2030-01-08T11:00:00Z").await.expect(201);
}

#[tokio::test]
async fn time_off_has_a_start_and_a_later_end() {
    let clinic = Clinic::at(NOW).await;
    let doctor = clinic.doctor().await;
    let (ten, eleven) = ("2030-01-08T10:00:00Z", "2030-01-08T11:00:00Z");

    for end in [ten, "2030-01-08T09:00:00Z", "2030-01-08T11:00:00+02:00"] {
        assert_eq!(take(&doctor, &doctor, ten, end).await.pointers("invalid-input"), ["/end_date"]);
    }
    for wrong in ["2030-01-08T10:00:00", "2030-01-08T10:00:30Z", "2030-01-08", ""] {
        assert_eq!(take(&doctor, &doctor, wrong, eleven).await.pointers("invalid-input"), ["/start_date"]);
        let both = take(&doctor, &doctor, wrong, wrong).await;
        assert_eq!(both.pointers("invalid-input"), ["/end_date", "/start_date"]);
    }
    let empty = doctor.post(&format!("/doctors/{}/time_off", doctor.id), json!({ "reason": 5 })).await;
    assert_eq!(empty.pointers("invalid-input"), ["/end_date", "/reason", "/start_date"]);
}

#[tokio::test]
async fn time_off_blocks_exactly_its_time() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    take(&doctor, &doctor, "2030-01-08T10:00:00Z", "2030-01-08T11:00:00Z").await.expect(201);

    for start in ["09:46", "10:00", "10:30", "10:59"] {
        let answer = patient.try_book(&doctor, &format!("2030-01-08T{start}:00Z"), 15).await;
        assert_eq!(answer.pointers("invalid-booking"), ["/start_date"], "{start}");
    }
    patient.book(&doctor, "2030-01-08T09:45:00Z", 15).await;
    patient.book(&doctor, "2030-01-08T11:00:00Z", 15).await;
}

#[tokio::test]
async fn only_that_doctor_and_admins_manage_time_off() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor) = (clinic.admin().await, clinic.doctor().await);
    let (start, end) = ("2030-01-08T10:00:00Z", "2030-01-08T11:00:00Z");
    let created = take(&admin, &doctor, start, end).await.expect(201);
    let list = format!("/doctors/{}/time_off", doctor.id);
    let location = format!("{list}/{}", created["id"]);

    let strangers = [clinic.doctor().await, clinic.patient().await, clinic.anonymous()];
    for (stranger, status) in strangers.iter().zip([403, 403, 401]) {
        let kind = if status == 403 { "forbidden" } else { "unauthorized" };
        stranger.get(&list).await.problem(status, kind);
        take(stranger, &doctor, start, end).await.problem(status, kind);
        stranger.send("DELETE", &location, None, &[]).await.problem(status, kind);
    }
    admin.get("/doctors/999/time_off").await.problem(404, "not-found");
    let of_other_doctor = format!("/doctors/{}/time_off/{}", strangers[0].id, created["id"]);
    admin.send("DELETE", &of_other_doctor, None, &[]).await.problem(404, "not-found");
    assert_eq!(admin.send("DELETE", &location, None, &[]).await.status, 204);
}

#[tokio::test]
async fn time_off_is_returned_in_the_present_time_zone() {
    let clinic = Clinic::on_disk("2030-01-07T08:00:00Z").await;
    let doctor = clinic.doctor().await;
    let path = format!("/doctors/{}/time_off", doctor.id);
    doctor.get(&path).await.expect(200);
    clinic.sql("UPDATE clinic SET operation_id = :operation, calendar_version = calendar_version + 1, time_zone = 'Asia/Tokyo'").await.unwrap();
    let body = json!({ "start_date": "2030-01-08T00:00:00Z", "end_date": "2030-01-09T00:00:00Z" });
    assert_eq!(doctor.post(&path, body).await.expect(201)["start_date"], "2030-01-08T09:00:00+09:00");
    for year in ["0000", "1969", "9999"] {
        let body = json!({ "start_date": format!("{year}-01-01T00:00:00Z"), "end_date": "9998-01-01T00:00:00Z" });
        assert!(doctor.post(&path, body).await.pointers("invalid-input").contains(&"/start_date".to_owned()));
    }
}
