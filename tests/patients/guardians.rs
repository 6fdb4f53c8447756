use super::{NOW, add, ids, set_guardian, show};
use crate::support::{Clinic, json};

#[tokio::test]
async fn front_desk_sets_and_takes_away_guardians() {
    let clinic = Clinic::at(NOW).await;
    let (desk, admin, guardian) = (clinic.receptionist().await, clinic.admin().await, clinic.patient().await);
    let id = add(&desk, json!({ "name": "Kid" })).await;
    for round in 0..2 {
        show(&guardian, id).await.problem(403, "forbidden");
        // Both can be repeated.
        for _ in 0..2 {
            assert_eq!(set_guardian(&desk, "PUT", id, guardian.id).await.status, 204, "{round}");
        }
        let guardians = show(&guardian, id).await.expect(200)["guardians"].clone();
        assert_eq!(guardians, json!([{ "account_id": guardian.id, "name": guardian.name().await }]));
        assert_eq!(ids(&guardian.get("/me/patients").await.expect(200)), [guardian.id, id]);
        for _ in 0..2 {
            assert_eq!(set_guardian(&admin, "DELETE", id, guardian.id).await.status, 204, "{round}");
        }
        assert_eq!(show(&desk, id).await.expect(200)["guardians"], json!([]));
    }
    let entries = admin.get("/audit?action=guardian").await.expect(200);
    let changes: Vec<_> =
        entries.as_array().unwrap().iter().map(|entry| entry["changes"]["guardian"].clone()).collect();
    let (set, ended) = (json!([null, guardian.id]), json!([guardian.id, null]));
    assert_eq!(changes, [ended.clone(), set.clone(), ended, set]);
}

#[tokio::test]
async fn guardian_is_another_patient_with_a_login() {
    let clinic = Clinic::at(NOW).await;
    let (desk, patient, doctor) = (clinic.receptionist().await, clinic.patient().await, clinic.doctor().await);
    let (kid, without_login) = (add(&desk, json!({ "name": "Kid" })).await, add(&desk, json!({ "name": "No" })).await);
    for method in ["PUT", "DELETE"] {
        for account in [without_login, doctor.id, desk.id, 999_999] {
            set_guardian(&desk, method, kid, account).await.problem(404, "not-found");
        }
        for patient_id in [doctor.id, 999_999] {
            set_guardian(&desk, method, patient_id, patient.id).await.problem(404, "not-found");
        }
        let own = set_guardian(&desk, method, patient.id, patient.id).await;
        assert_eq!(own.violations("invalid-input"), [("/account_id".into(), "own_guardian".into())]);
        for other in [&patient, &doctor] {
            set_guardian(other, method, kid, patient.id).await.problem(403, "forbidden");
        }
    }
}
