//! The table `days`: the clinic's calendar days, which the triggers use.

use crate::support::Clinic;

const NOW: &str = "2030-01-07T08:00:00Z";

async fn count(clinic: &Clinic) -> Vec<String> {
    clinic.rows("SELECT CAST(count(*) AS TEXT) FROM days").await
}

/// Otherwise a Patient could fill the database with days.
#[tokio::test]
async fn days_that_cannot_be_booked_are_not_added() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    patient.book(&doctor, "2030-01-08T09:00:00Z", 30).await;
    let before = count(&clinic).await;
    for year in ["0001", "1867", "2029", "2032", "2500", "9999"] {
        patient.try_book(&doctor, &format!("{year}-06-06T09:00:00Z"), 30).await.problem(422, "invalid-booking");
    }
    assert_eq!(count(&clinic).await, before);
}

/// A deployment migrates the database first. Until the functions are replaced, the older program handles requests.
#[tokio::test]
async fn program_with_older_time_zone_data_adds_no_days() {
    let clinic = Clinic::on_disk(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let horizon = r#"{"booking_horizon_days":3000}"#;
    admin.send("PATCH", "/clinic", Some(horizon), &[("content-type", "application/json")]).await.expect(200);
    patient.book(&doctor, "2030-01-08T09:00:00Z", 30).await;
    let before = count(&clinic).await;
    clinic.sql("UPDATE days SET time_zone_data = '9999z'").await.unwrap();
    patient.try_book(&doctor, "2035-01-08T09:00:00Z", 30).await.problem(503, "contended");
    assert_eq!(count(&clinic).await, before);
    patient.book(&doctor, "2030-01-09T09:00:00Z", 30).await;

    clinic.sql("UPDATE days SET time_zone_data = '1999a'").await.unwrap();
    patient.book(&doctor, "2035-01-08T09:00:00Z", 30).await;
}
