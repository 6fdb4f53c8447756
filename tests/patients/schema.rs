//! What the schema refuses, whoever writes.

use super::{NOW, add, add_dependant, book_for, merge::merge, set_guardian};
use crate::support::{Clinic, json};

async fn refused(clinic: &Clinic, statement: &str, word: &str) {
    let error = clinic.sql(statement).await.expect_err(statement).to_string();
    assert!(error.contains(word), "{statement}: {error}");
}

#[tokio::test]
async fn merged_patient_no_longer_changes_except_to_be_erased() {
    let clinic = Clinic::on_disk(NOW).await;
    let (desk, doctor) = (clinic.receptionist().await, clinic.doctor().await);
    let (merged, stays) = (add(&desk, json!({ "name": "One" })).await, add(&desk, json!({ "name": "Two" })).await);
    let set = |change: &str, id: i64| format!("UPDATE people SET {change}, operation_id = :operation WHERE id = {id}");
    let into = |other: i64| format!("merged_into = {other}, active = 0");
    refused(&clinic, &set(&into(doctor.id), merged), "not-a-patient").await;
    refused(&clinic, &set(&into(stays), doctor.id), "not-a-patient").await;
    refused(&clinic, &set(&into(merged), merged), "CHECK constraint failed").await;
    merge(&desk, merged, stays).await.expect(200);
    let third = add(&desk, json!({ "name": "Three" })).await;
    refused(&clinic, &set(&into(merged), third), "not-a-patient").await;
    for change in [
        "name = 'Eve'",
        "phone = '+442079460000'",
        "birth_date = '1984-03-07'",
        "notes = 'x'",
        "contact_email = 'a@b', contact_email_key = 'a@b'",
        "active = 1, merged_into = NULL",
        &format!("merged_into = {third}"),
    ] {
        refused(&clinic, &set(change, merged), "patient-merged").await;
    }
    clinic.sql(&set("erased_at = 1, active = 0", merged)).await.unwrap();
}

#[tokio::test]
async fn guardians_are_patients_with_logins_and_their_rows_stay() {
    let clinic = Clinic::on_disk(NOW).await;
    let (desk, doctor, parent) = (clinic.receptionist().await, clinic.doctor().await, clinic.patient().await);
    let kid = add_dependant(&parent, "Kid").await;
    let (other, without_login) = (clinic.patient().await.id, add(&desk, json!({ "name": "Ada" })).await);
    let insert = |patient: i64, account: i64| {
        format!(
            "INSERT INTO guardians (patient_id, account_id, operation_id) VALUES ({patient}, {account}, :operation)"
        )
    };
    for (patient, account, word) in [
        (kid, kid, "CHECK constraint failed"),
        (kid, without_login, "not-a-patient"),
        (kid, doctor.id, "not-a-patient"),
        (doctor.id, other, "not-a-patient"),
    ] {
        refused(&clinic, &insert(patient, account), word).await;
    }
    let update =
        |change: &str| format!("UPDATE guardians SET {change}, operation_id = :operation WHERE patient_id = {kid}");
    refused(&clinic, &update(&format!("account_id = {other}")), "guardians-stay").await;
    refused(&clinic, &format!("DELETE FROM guardians WHERE patient_id = {kid}"), "guardians-stay").await;
    assert_eq!(set_guardian(&desk, "DELETE", kid, parent.id).await.status, 204);
    clinic
        .sql(&format!("UPDATE people SET erased_at = 1, active = 0, operation_id = :operation WHERE id = {kid}"))
        .await
        .unwrap();
    refused(&clinic, &update("active = 1"), "not-a-patient").await;
}

#[tokio::test]
async fn appointment_and_login_move_only_with_a_merge() {
    let clinic = Clinic::on_disk(NOW).await;
    let (desk, doctor, patient) = (clinic.receptionist().await, clinic.doctor().await, clinic.patient().await);
    let other = add(&desk, json!({ "name": "Ada" })).await;
    let booked = book_for(&desk, &doctor, patient.id, "2030-01-08T10:00:00Z").await;
    let moved = format!(
        "UPDATE appointments SET patient_id = {other}, version = version + 1, operation_id = :operation WHERE id = {booked}"
    );
    refused(&clinic, &moved, "appointments-stay").await;
    let login =
        format!("UPDATE logins SET person_id = {other}, operation_id = :operation WHERE person_id = {}", patient.id);
    refused(&clinic, &login, "logins-stay").await;
    let second = clinic.patient().await;
    let merged = format!(
        "UPDATE people SET merged_into = {}, active = 0, operation_id = :operation WHERE id = {}",
        second.id, patient.id
    );
    refused(&clinic, &merged, "patients-have-logins").await;
}
