use super::{NOW, add, add_dependant, ids, set_guardian};
use crate::support::{Clinic, json};

#[tokio::test]
async fn patient_lists_themselves_and_then_their_dependants() {
    let clinic = Clinic::at(NOW).await;
    let desk = clinic.receptionist().await;
    let earlier = add(&desk, json!({ "name": "Mother", "notes": "Secret" })).await;
    let (patient, other) = (clinic.patient().await, clinic.patient().await);
    add_dependant(&other, "Other kid").await;
    let answer = patient.post("/me/patients", json!({ "name": "Kid", "birth_date": "2017-01-12" })).await;
    let kid = answer.expect(201);
    let guardians = json!([{ "account_id": patient.id, "name": patient.name().await }]);
    let expected = json!({
        "id": kid["id"], "name": "Kid", "phone": null, "email": null, "birth_date": "2017-01-12", "has_login": false,
        "language": null, "guardians": guardians,
    });
    assert_eq!(kid, expected);
    assert_eq!(answer.header("location"), format!("/patients/{}", kid["id"]));
    assert_eq!(set_guardian(&desk, "PUT", earlier, patient.id).await.status, 204);
    let own = patient.get("/me/patients").await.expect(200);
    assert_eq!(ids(&own), [patient.id, earlier, kid["id"].as_i64().unwrap()]);
    assert_eq!(own[2], expected);
    assert!(!own.to_string().contains("Secret"));
    for other in [&desk, &clinic.doctor().await] {
        other.get("/me/patients").await.problem(403, "forbidden");
        other.post("/me/patients", json!({ "name": "Kid" })).await.problem(403, "forbidden");
    }
    clinic.anonymous().get("/me/patients").await.problem(401, "unauthorized");
}

#[tokio::test]
async fn dependant_has_a_name_and_a_birth_date() {
    let clinic = Clinic::at(NOW).await;
    let patient = clinic.patient().await;
    let answer = patient.post("/me/patients", json!({ "birth_date": "tomorrow", "notes": "x", "email": "x" })).await;
    assert_eq!(answer.pointers("invalid-input"), ["/birth_date", "/email", "/name", "/notes"]);
}

#[tokio::test]
async fn account_adds_twenty_dependants_at_most() {
    let clinic = Clinic::at(NOW).await;
    let (desk, patient) = (clinic.receptionist().await, clinic.patient().await);
    // Those whom the front desk adds do not count.
    let mother = add(&desk, json!({ "name": "Mother" })).await;
    set_guardian(&desk, "PUT", mother, patient.id).await;
    let mut kids = Vec::new();
    for number in 0..20 {
        kids.push(add_dependant(&patient, &format!("Kid {number}")).await);
    }
    patient.post("/me/patients", json!({ "name": "Kid 21" })).await.problem(409, "too-many-dependants");
    assert_eq!(set_guardian(&desk, "DELETE", kids[7], patient.id).await.status, 204);
    add_dependant(&patient, "Kid 21").await;
    patient.post("/me/patients", json!({ "name": "Kid 22" })).await.problem(409, "too-many-dependants");
    assert_eq!(ids(&patient.get("/me/patients").await.expect(200)).len(), 22);
}
