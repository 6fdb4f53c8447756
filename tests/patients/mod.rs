//! Patients: found, added, changed, invited, merged and erased, and the guardians who act for them.

mod add;
mod change;
mod erase;
mod guardians;
mod invite;
mod list;
mod merge;
mod merge_people;
mod own;
mod privacy;
mod schema;
mod show;

use crate::support::{Actor, Answer, Value, json};

const NOW: &str = "2030-01-07T08:00:00Z";

/// Adds a patient and returns the id.
pub(crate) async fn add(desk: &Actor, patient: Value) -> i64 {
    desk.post("/patients", patient).await.expect(201)["id"].as_i64().unwrap()
}

/// Adds a dependant of a Patient and returns the id.
pub(crate) async fn add_dependant(patient: &Actor, name: &str) -> i64 {
    patient.post("/me/patients", json!({ "name": name })).await.expect(201)["id"].as_i64().unwrap()
}

pub(crate) async fn set_guardian(desk: &Actor, method: &str, patient: i64, account: i64) -> Answer {
    desk.send(method, &format!("/patients/{patient}/guardians/{account}"), None, &[]).await
}

/// Books for a patient as the front desk, and returns the appointment's id.
pub(crate) async fn book_for(desk: &Actor, doctor: &Actor, patient: i64, start: &str) -> i64 {
    let body = json!({ "doctor_id": doctor.id, "patient_id": patient, "start_date": start, "duration": 30 });
    desk.post("/appointments", body).await.expect(201)["id"].as_i64().unwrap()
}

async fn show(actor: &Actor, id: i64) -> Answer {
    actor.get(&format!("/patients/{id}")).await
}

/// Returns the ids of a list.
fn ids(list: &Value) -> Vec<i64> {
    list.as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
}
