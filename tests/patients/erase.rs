use chrono::TimeDelta;

use super::{NOW, add, add_dependant, book_for, ids, merge::merge, set_guardian, show};
use crate::support::{Actor, Answer, Clinic, PASSWORD, TestDatabase, json};

async fn act(admin: &Actor, id: i64, verb: &str) -> Answer {
    admin.send("POST", &format!("/accounts/{id}/{verb}"), None, &[]).await
}

/// A patient of the front desk with appointments, messages and guardians, who is then merged into a registered one.
#[tokio::test]
async fn nothing_personal_of_an_erased_patient_stays_in_the_file() {
    let database = TestDatabase::file();
    let path = database.url();
    let clinic = Clinic::over(database, &path, NOW).await;
    let (mut desk, mut admin, mut doctor) = (clinic.receptionist().await, clinic.admin().await, clinic.doctor().await);
    let parent = clinic.patient().await;
    let personal = |number: i64| {
        json!({
            "name": format!("Zyxwname{number}"), "phone": format!("+4430777000{number}"),
            "email": format!("zyxwmail{number}@example.org"), "birth_date": format!("1984-03-0{number}"),
            "notes": format!("zyxwnotes{number}"),
        })
    };
    let key = [("content-type", "application/json"), ("idempotency-key", "zyxwkey")];
    let added = desk.send("POST", "/patients", Some(&personal(1).to_string()), &key).await.expect(201);
    let patient = added["id"].as_i64().unwrap();
    set_guardian(&desk, "PUT", patient, parent.id).await;
    let booked = book_for(&desk, &doctor, patient, "2030-01-07T09:00:00Z").await;
    desk.patch(&format!("/appointments/{booked}"), json!({ "note": "zyxwnote" })).await.expect(200);
    clinic.mails().await;
    desk.patch(&format!("/patients/{patient}"), json!({ "email": "zyxwmail3@example.org" })).await.expect(200);
    desk.patch(&format!("/patients/{patient}"), json!({ "email": "zyxwmail1@example.org" })).await.expect(200);
    let double = add(&desk, personal(2)).await;
    let account = json!({
        "name": "Zyxwname4", "email": "zyxwmail4@example.org", "password": PASSWORD, "account_type": "Patient" });
    let registered = clinic.anonymous().at("203.0.113.77").post("/register", account).await.expect(201);
    let registered = registered["id"].as_i64().unwrap();
    let sign_in = json!({ "email": "zyxwmail4@example.org", "password": PASSWORD });
    assert_eq!(clinic.anonymous().at("203.0.113.77").post("/login", sign_in).await.status, 200);
    let wrong = json!({ "email": "zyxwmail4@example.org", "password": "wrong" });
    clinic.anonymous().at("203.0.113.78").post("/login", wrong).await.problem(401, "unauthorized");
    merge(&desk, double, registered).await.expect(200);
    merge(&desk, registered, patient).await.expect(200);

    let words = ["zyxw", "Zyxw", "30777000", "1984-03-0", "203.0.113.7"];
    let left = || {
        let file = std::fs::read(&path).unwrap();
        let is_in_file = |word: &&&str| file.windows(word.len()).any(|bytes| bytes == word.as_bytes());
        words.iter().filter(is_in_file).copied().collect::<Vec<_>>()
    };
    assert_eq!(left(), words, "the test looks for what is there");
    act(&admin, patient, "erase").await.problem(409, "appointments-ahead");
    clinic.pass(TimeDelta::minutes(150));
    for actor in [&mut desk, &mut admin, &mut doctor] {
        clinic.renew(actor);
    }
    doctor.send("POST", &format!("/appointments/{booked}/done"), None, &[]).await.expect(200);
    // By a merged id. The attempts and registrations of the last hour are deleted by later ones.
    assert_eq!(act(&admin, double, "erase").await.status, 204);
    let account = json!({ "name": "New", "email": "n@example.org", "password": PASSWORD, "account_type": "Patient" });
    clinic.anonymous().post("/register", account).await.expect(201);
    clinic.login("n@example.org", PASSWORD).await;
    assert_eq!(left(), [""; 0]);

    for id in [patient, double, registered] {
        show(&desk, id).await.problem(404, "not-found");
        assert_eq!(act(&admin, id, "erase").await.status, 204, "again");
        act(&admin, id, "activate").await.problem(409, "account-erased");
        assert_eq!(ids(&desk.get(&format!("/patients/{id}/history")).await.expect(200)), [booked]);
        desk.patch(&format!("/patients/{id}"), json!({ "name": "Eve" })).await.problem(404, "not-found");
        set_guardian(&desk, "PUT", id, parent.id).await.problem(404, "not-found");
    }
}

#[tokio::test]
async fn erased_guardian_leaves_the_dependants() {
    let clinic = Clinic::at(NOW).await;
    let (desk, admin, parent) = (clinic.receptionist().await, clinic.admin().await, clinic.patient().await);
    let kid = add_dependant(&parent, "Kid").await;
    assert_eq!(act(&admin, parent.id, "erase").await.status, 204);
    let shown = show(&desk, kid).await.expect(200);
    assert_eq!((&shown["name"], &shown["guardians"]), (&json!("Kid"), &json!([])));
    set_guardian(&desk, "PUT", kid, parent.id).await.problem(404, "not-found");
    assert_eq!(act(&admin, kid, "erase").await.status, 204);
    show(&desk, kid).await.problem(404, "not-found");
}

#[tokio::test]
async fn patient_without_a_login_has_no_password_to_reset() {
    let clinic = Clinic::at(NOW).await;
    let (desk, admin) = (clinic.receptionist().await, clinic.admin().await);
    let id = add(&desk, json!({ "name": "Ada" })).await;
    let reset = json!({ "new_password": PASSWORD });
    admin.post(&format!("/accounts/{id}/password"), reset).await.problem(404, "not-found");
    for verb in ["deactivate", "activate"] {
        for _ in 0..2 {
            assert_eq!(act(&admin, id, verb).await.status, 204, "{verb}");
        }
    }
}

#[tokio::test]
async fn export_has_dependants_guardians_and_notes() {
    let clinic = Clinic::at(NOW).await;
    let (desk, doctor) = (clinic.receptionist().await, clinic.doctor().await);
    let (patient, guardian) = (clinic.patient().await, clinic.patient().await);
    let kid = add_dependant(&patient, "Kid").await;
    let change = json!({ "birth_date": "1984-03-07", "notes": "Deaf" });
    desk.patch(&format!("/patients/{}", patient.id), change).await.expect(200);
    desk.patch(&format!("/patients/{kid}"), json!({ "notes": "Secret", "language": "de" })).await.expect(200);
    set_guardian(&desk, "PUT", patient.id, guardian.id).await;
    let own = patient.book(&doctor, "2030-01-08T09:00:00Z", 30).await;
    patient.patch(&format!("/appointments/{own}"), json!({ "note": "Fasting" })).await.expect(200);
    let booked = book_for(&desk, &doctor, kid, "2030-01-08T10:00:00Z").await;
    let export = patient.get("/me/export").await.expect(200);
    assert_eq!((&export["account"]["birth_date"], &export["notes"]), (&json!("1984-03-07"), &json!("Deaf")));
    assert_eq!(export["guardians"], json!([{ "account_id": guardian.id, "name": guardian.name().await }]));
    assert_eq!((ids(&export["appointments"]), &export["appointments"][0]["note"]), (vec![own], &json!("Fasting")));
    let dependant = &export["dependants"][0];
    assert_eq!(
        (&dependant["id"], &dependant["name"], &dependant["language"]),
        (&json!(kid), &json!("Kid"), &json!("de"))
    );
    assert_eq!(ids(&dependant["appointments"]), [booked]);
    assert!(!export.to_string().contains("Secret"), "the notes about a dependant are for the staff");
    let doctors = doctor.get("/me/export").await.expect(200);
    assert_eq!((&doctors["guardians"], &doctors["dependants"]), (&json!(null), &json!([])));
}
