use crate::support::{Clinic, json};

/// Returns the value of a property of a calendar with one event.
fn property(calendar: &str, name: &str) -> String {
    let unfolded = calendar.replace("\r\n ", "");
    let value = unfolded.lines().find_map(|line| line.strip_prefix(&format!("{name}:"))).unwrap_or_default();
    value.to_owned()
}

#[tokio::test]
async fn calendar_file_is_the_event_of_the_mails() {
    let clinic = Clinic::at("2030-01-07T08:00:00Z").await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    admin.patch("/clinic", json!({ "address": "1 High Street,\nBerlin" })).await.expect(200);
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let path = format!("/appointments/{id}/calendar");
    let answer = patient.get(&path).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("content-type"), "text/calendar; charset=utf-8");
    assert_eq!(answer.header("content-disposition"), format!("attachment; filename=\"appointment-{id}.ics\""));
    let uid = format!("appointment-{id}@{}.rounds", admin.get("/clinic").await.expect(200)["id"].as_str().unwrap());
    for (name, value) in [
        ("METHOD", "PUBLISH"),
        ("UID", &uid),
        ("SEQUENCE", "0"),
        ("DTSTAMP", "20300107T080000Z"),
        ("DTSTART", "20300108T100000Z"),
        ("DTEND", "20300108T103000Z"),
        ("STATUS", "CONFIRMED"),
        ("LOCATION", "1 High Street\\,\\, Berlin"),
    ] {
        assert_eq!(property(&answer.body, name), value, "{name} in {}", answer.body);
    }
    // Each sees the other person. An Admin sees the Doctor, as the Patient does.
    let admins = admin.get(&path).await.body;
    assert_eq!(admins, answer.body);
    assert!(property(&admins, "SUMMARY").starts_with("Appointment with Doctor"), "{admins}");
    let doctors = doctor.get(&path).await.body;
    assert!(property(&doctors, "SUMMARY").starts_with("Appointment with Patient"), "{doctors}");
    let known = [("if-none-match", answer.header("etag"))];
    assert_eq!(patient.send("GET", &path, None, &known).await.status, 304);

    let later = json!({ "start_date": "2030-01-09T10:00:00Z" });
    doctor.post(&format!("/appointments/{id}/reschedule"), later).await.expect(200);
    doctor.cancel(id).await.expect(200);
    let cancelled = patient.get(&path).await.body;
    let seen = ["UID", "SEQUENCE", "DTSTART", "STATUS"].map(|name| property(&cancelled, name));
    assert_eq!(seen, [uid, "2".into(), "20300109T100000Z".into(), "CANCELLED".into()]);
    admin.get("/appointments/999/calendar").await.problem(404, "not-found");
    clinic.patient().await.get(&path).await.problem(403, "forbidden");
}
