use proptest::prelude::*;
use tokio::runtime::Builder;

use crate::support::{Actor, Answer, Clinic, Value, cases, json};

const NOW: &str = "2030-01-07T08:00:00Z";

async fn patch(actor: &Actor, doctor: i64, body: Value) -> Answer {
    let (path, json_type) = (format!("/doctors/{doctor}"), [("content-type", "application/json")]);
    actor.send("PATCH", &path, Some(&body.to_string()), &json_type).await
}

#[tokio::test]
async fn doctor_and_admin_can_change_the_profile() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor) = (clinic.admin().await, clinic.doctor().await);

    let changed = patch(&doctor, doctor.id, json!({ "specialty": "Cardiology" })).await.expect(200);
    assert_eq!((&changed["specialty"], &changed["details"]), (&json!("Cardiology"), &Value::Null));
    let changed = patch(&admin, doctor.id, json!({ "details": "Room 5" })).await.expect(200);
    assert_eq!((&changed["specialty"], &changed["details"]), (&json!("Cardiology"), &json!("Room 5")));
    assert_eq!(clinic.anonymous().get(&format!("/doctors/{}", doctor.id)).await.expect(200), changed);
}

#[tokio::test]
async fn only_that_doctor_and_admins_change_the_profile() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor) = (clinic.admin().await, clinic.doctor().await);
    let body = json!({ "specialty": "Cardiology" });

    for actor in [clinic.doctor().await, clinic.patient().await] {
        patch(&actor, doctor.id, body.clone()).await.problem(403, "forbidden");
    }
    patch(&clinic.anonymous(), doctor.id, body.clone()).await.problem(401, "unauthorized");
    patch(&admin, 999, body).await.problem(404, "not-found");
    let shown = doctor.get(&format!("/doctors/{}", doctor.id)).await.expect(200);
    assert_eq!(shown["specialty"], Value::Null);
}

#[tokio::test]
async fn null_clears_a_member_and_missing_members_stay() {
    let clinic = Clinic::at(NOW).await;
    let doctor = clinic.doctor().await;
    let full = json!({ "specialty": "Cardiology", "details": "Room 5" });
    let full = patch(&doctor, doctor.id, full).await.expect(200);

    assert_eq!(patch(&doctor, doctor.id, json!({})).await.expect(200), full);
    let emptied = patch(&doctor, doctor.id, json!({ "specialty": null })).await.expect(200);
    assert_eq!((&emptied["specialty"], &emptied["details"]), (&Value::Null, &json!("Room 5")));
}

#[tokio::test]
async fn details_must_be_text_of_limited_length() {
    let clinic = Clinic::at(NOW).await;
    let doctor = clinic.doctor().await;
    for wrong in [json!("x".repeat(20_000)), json!(5), json!(["x"])] {
        let body = json!({ "specialty": wrong, "details": wrong });
        assert_eq!(patch(&doctor, doctor.id, body).await.pointers("invalid-input"), ["/details", "/specialty"]);
    }
}

#[tokio::test]
async fn search_finds_a_changed_specialty() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, _other) = (clinic.doctor().await, clinic.doctor().await);
    let search = "/doctors?specialty=Cardiology";
    assert_eq!(doctor.get(search).await.expect(200), json!([]));

    patch(&doctor, doctor.id, json!({ "specialty": "Cardiology" })).await.expect(200);
    let found = doctor.get(search).await.expect(200);
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!(found[0]["id"], doctor.id);
}

/// Characters of every kind, including those with a meaning in SQL.
fn texts() -> impl Strategy<Value = String> {
    let character =
        prop_oneof![any::<char>(), proptest::sample::select(vec!['\'', '"', ';', '-', ':', '\\', '%', '\u{1}'])];
    proptest::collection::vec(character, 1..12).prop_map(|characters| characters.into_iter().collect())
}

#[test]
fn accepted_text_is_unchanged_except_for_trimming_and_nfc() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let (clinic, doctor) = runtime.block_on(async {
        let clinic = Clinic::at(NOW).await;
        let doctor = clinic.doctor().await;
        (clinic, doctor)
    });
    // Texts with control characters are refused, so they are skipped. Other tests check them.
    let config =
        ProptestConfig { cases: cases(), max_global_rejects: 100_000, failure_persistence: None, ..Default::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let property = |text: String| {
        let answer = runtime.block_on(patch(&doctor, doctor.id, json!({ "details": text })));
        prop_assume!(answer.status == 200);
        let stored = runtime.block_on(clinic.anonymous().get(&format!("/doctors/{}", doctor.id))).expect(200);
        // Surrounding spaces are trimmed, and the text is stored in NFC.
        prop_assert_eq!(&stored["details"], &json!(rounds_domain::nfc(&text).trim()));
        Ok(())
    };
    runner.run(&texts(), property).unwrap();
}
