//! What a merge does to the patient that stays, and to appointments.

use chrono::TimeDelta;

use super::{NOW, add, book_for, ids, show};
use crate::support::{Actor, Answer, Clinic, Value, json};

pub(super) async fn merge(desk: &Actor, id: i64, into: i64) -> Answer {
    desk.post(&format!("/patients/{id}/merge"), json!({ "into": into })).await
}

#[tokio::test]
async fn patient_that_stays_gets_what_it_lacks() {
    let clinic = Clinic::at(NOW).await;
    let desk = clinic.receptionist().await;
    let full = json!({
        "name": "A. Lovelace", "phone": "+442079460000", "email": "ada@example.org", "birth_date": "1984-03-07",
        "language": "de", "notes": "Deaf",
    });
    let (bare, full) = (add(&desk, json!({ "name": "Ada", "notes": "Mornings" })).await, add(&desk, full).await);
    let merged = merge(&desk, full, bare).await.expect(200);
    let expected = json!({
        "id": bare, "name": "Ada", "phone": "+442079460000", "email": "ada@example.org", "birth_date": "1984-03-07",
        "has_login": false, "language": "de", "guardians": [], "notes": "Mornings\n\nDeaf",
    });
    assert_eq!(merged, expected);
    assert_eq!(show(&desk, bare).await.expect(200), expected);
    for q in ["ada", "030", "lovelace", "merged", ""] {
        let found = ids(&desk.get(&format!("/patients?q={q}")).await.expect(200));
        assert_eq!(found, if ["ada", ""].contains(&q) { vec![bare] } else { vec![] }, "{q}");
    }

    // What it has stays.
    let other = json!({ "name": "Ada", "phone": "+442079460009", "email": "other@example.org", "notes": "Late" });
    let other = add(&desk, other).await;
    let merged = merge(&desk, other, bare).await.expect(200);
    assert_eq!((&merged["phone"], &merged["email"]), (&expected["phone"], &expected["email"]));
    assert_eq!(merged["notes"], "Mornings\n\nDeaf\n\nLate");
}

#[tokio::test]
async fn merged_id_answers_as_the_patient_that_stays() {
    let clinic = Clinic::at(NOW).await;
    let (desk, doctor, patient) = (clinic.receptionist().await, clinic.doctor().await, clinic.patient().await);
    let first = add(&desk, json!({ "name": "First" })).await;
    let second = add(&desk, json!({ "name": "Second" })).await;
    let earlier = book_for(&desk, &doctor, first, "2030-01-08T09:00:00Z").await;
    let later = book_for(&desk, &doctor, second, "2030-01-08T10:00:00Z").await;
    merge(&desk, first, second).await.expect(200);
    // A patient who has others merged into them is merged too.
    merge(&desk, second, patient.id).await.expect(200);
    for id in [first, second, patient.id] {
        assert_eq!(show(&desk, id).await.expect(200)["id"], patient.id);
        assert_eq!(show(&patient, id).await.expect(200)["id"], patient.id);
        let history = patient.get(&format!("/patients/{id}/history")).await.expect(200);
        assert_eq!(ids(&history), [later, earlier]);
        assert_eq!(ids(&desk.get(&format!("/appointments?patient_id={id}")).await.expect(200)), [earlier, later]);
        let changed = desk.patch(&format!("/patients/{id}"), json!({ "notes": format!("{id}") })).await.expect(200);
        assert_eq!((&changed["id"], &changed["notes"]), (&json!(patient.id), &json!(id.to_string())));
        desk.send("POST", &format!("/patients/{id}/invite"), None, &[]).await.problem(409, "patient-has-login");
        let path = format!("/doctors/{}/availability?date=2030-01-08&patient_id={id}", doctor.id);
        let free = desk.get(&path).await.expect(200).to_string();
        assert!(!free.contains("T09:00") && !free.contains("T10:15") && free.contains("T11:00"), "{free}");
    }
    let booked = book_for(&desk, &doctor, first, "2030-01-08T11:00:00Z").await;
    assert_eq!(desk.get(&format!("/appointments/{booked}")).await.expect(200)["patient_id"], patient.id);
    // The merge of a merged id is done already, also from another one.
    assert_eq!(merge(&desk, first, patient.id).await.expect(200)["id"], patient.id);
    assert_eq!(merge(&desk, second, first).await.expect(200)["id"], patient.id);
    let third = add(&desk, json!({ "name": "Third" })).await;
    assert_eq!(merge(&desk, third, second).await.expect(200)["id"], patient.id);
    let fourth = add(&desk, json!({ "name": "Fourth" })).await;
    assert_eq!(merge(&desk, first, fourth).await.expect(200)["id"], fourth, "the patient that stayed is merged");
    assert_eq!(show(&desk, patient.id).await.expect(200)["id"], fourth);
}

#[tokio::test]
async fn all_appointments_move_with_their_notes_and_versions() {
    let clinic = Clinic::at(NOW).await;
    let (mut desk, mut doctor, admin) = (clinic.receptionist().await, clinic.doctor().await, clinic.admin().await);
    let (one, other) = (add(&desk, json!({ "name": "One" })).await, add(&desk, json!({ "name": "Other" })).await);
    let past = book_for(&desk, &doctor, one, "2030-01-07T09:00:00Z").await;
    let cancelled = book_for(&desk, &doctor, one, "2030-01-08T09:00:00Z").await;
    let ahead = book_for(&desk, &doctor, one, "2030-01-08T10:00:00Z").await;
    desk.post(&format!("/appointments/{cancelled}/cancel"), json!({ "reason": "ill" })).await.expect(200);
    desk.patch(&format!("/appointments/{ahead}"), json!({ "note": "fasting" })).await.expect(200);
    clinic.pass(TimeDelta::hours(2));
    for actor in [&mut desk, &mut doctor] {
        clinic.renew(actor);
    }
    doctor.send("POST", &format!("/appointments/{past}/done"), None, &[]).await.expect(200);
    let version = desk.get(&format!("/appointments/{ahead}")).await.version();
    merge(&desk, one, other).await.expect(200);
    let history = desk.get(&format!("/patients/{other}/history")).await.expect(200);
    let row = |index: usize| {
        let text = |member: &str| history[index][member].as_str().unwrap_or_default().to_owned();
        (history[index]["id"].as_i64().unwrap(), text("status"), text("reason") + &text("note"))
    };
    assert_eq!(row(0), (ahead, "Booked".into(), "fasting".into()));
    assert_eq!(row(1), (cancelled, "Cancelled".into(), "ill".into()));
    assert_eq!(row(2), (past, "Done".into(), String::new()));
    let moved = desk.get(&format!("/appointments/{ahead}")).await;
    assert_eq!((moved.version(), &moved.json()["patient_name"]), (version + 1, &json!("Other")));
    doctor.cancel(ahead).await.expect(200);
    let mut admin = admin;
    clinic.renew(&mut admin);
    let entries = admin.get(&format!("/audit?appointment_id={ahead}")).await.expect(200);
    let merged = entries.as_array().unwrap().iter().find(|entry| entry["action"] == "merge").unwrap();
    assert_eq!((&merged["actor_id"], &merged["changes"]), (&json!(desk.id), &json!({ "patient_id": [one, other] })));
}

#[tokio::test]
async fn overlapping_appointments_are_listed_and_nothing_is_merged() {
    let clinic = Clinic::at(NOW).await;
    let (desk, doctor, colleague) = (clinic.receptionist().await, clinic.doctor().await, clinic.doctor().await);
    let (one, other) = (add(&desk, json!({ "name": "One" })).await, add(&desk, json!({ "name": "Other" })).await);
    let first = book_for(&desk, &doctor, one, "2030-01-08T10:00:00Z").await;
    let second = book_for(&desk, &colleague, other, "2030-01-08T10:15:00Z").await;
    let third = book_for(&desk, &doctor, other, "2030-01-08T11:00:00Z").await;
    // Back-to-back appointments do not overlap.
    book_for(&desk, &colleague, one, "2030-01-08T11:30:00Z").await;
    let before = [show(&desk, one).await.expect(200), show(&desk, other).await.expect(200)];
    for (id, into) in [(one, other), (other, one)] {
        let problem = merge(&desk, id, into).await.problem(409, "patients-overlap");
        assert_eq!(problem["appointments"], json!([first, second]));
    }
    assert_eq!([show(&desk, one).await.expect(200), show(&desk, other).await.expect(200)], before);
    desk.cancel(second).await.expect(200);
    merge(&desk, one, other).await.expect(200);
    assert!(ids(&desk.get(&format!("/appointments?patient_id={other}")).await.expect(200)).contains(&third));
}

#[tokio::test]
async fn appointments_of_the_past_may_overlap() {
    let clinic = Clinic::at(NOW).await;
    let (mut desk, doctor, colleague) = (clinic.receptionist().await, clinic.doctor().await, clinic.doctor().await);
    let (one, other) = (add(&desk, json!({ "name": "One" })).await, add(&desk, json!({ "name": "Other" })).await);
    book_for(&desk, &doctor, one, "2030-01-07T09:00:00Z").await;
    book_for(&desk, &colleague, other, "2030-01-07T09:00:00Z").await;
    clinic.pass(TimeDelta::hours(2));
    clinic.renew(&mut desk);
    merge(&desk, one, other).await.problem(409, "patients-overlap");
    clinic.pass(TimeDelta::minutes(30));
    clinic.renew(&mut desk);
    merge(&desk, one, other).await.expect(200);
    assert_eq!(ids(&desk.get(&format!("/patients/{one}/history")).await.expect(200)).len(), 2);
}

#[tokio::test]
async fn refused_merges() {
    let clinic = Clinic::at(NOW).await;
    let (desk, doctor, patient) = (clinic.receptionist().await, clinic.doctor().await, clinic.patient().await);
    let id = add(&desk, json!({ "name": "Ada" })).await;
    let same = merge(&desk, id, id).await.violations("invalid-input");
    assert_eq!(same, [("/into".into(), "same_patient".into())]);
    merge(&desk, patient.id, clinic.patient().await.id).await.problem(409, "patients-have-logins");
    for absent in [doctor.id, 999_999] {
        merge(&desk, id, absent).await.problem(404, "not-found");
        merge(&desk, absent, id).await.problem(404, "not-found");
    }
    for other in [&doctor, &patient] {
        merge(other, id, patient.id).await.problem(403, "forbidden");
    }
    let no_id = desk.post(&format!("/patients/{id}/merge"), json!({ "into": "7" })).await;
    assert_eq!(no_id.pointers("invalid-input"), ["/into"]);
}

#[tokio::test]
async fn notes_of_both_must_fit() {
    let clinic = Clinic::at(NOW).await;
    let desk = clinic.receptionist().await;
    let with = |notes: String| json!({ "name": "Ada", "notes": notes });
    let one = add(&desk, with("a".repeat(3000))).await;
    let other = add(&desk, with("b".repeat(1999))).await;
    let answer = merge(&desk, one, other).await;
    assert_eq!(answer.violations("invalid-input"), [("/into".into(), "too_long".into())]);
    desk.patch(&format!("/patients/{other}"), json!({ "notes": "b".repeat(1998) })).await.expect(200);
    let merged: Value = merge(&desk, one, other).await.expect(200);
    assert_eq!(merged["notes"].as_str().unwrap().len(), 5000);
}
