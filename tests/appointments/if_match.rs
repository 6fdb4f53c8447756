use chrono::TimeDelta;

use crate::support::{Actor, Answer, Clinic, json};

const NOW: &str = "2030-01-07T08:00:00Z";

async fn act(actor: &Actor, id: i64, action: &str, tag: &str) -> Answer {
    let path = format!("/appointments/{id}/{action}");
    if action == "reschedule" {
        let body = json!({ "start_date": "2030-01-09T10:00:00Z" }).to_string();
        return actor
            .send("POST", &path, Some(&body), &[("content-type", "application/json"), ("if-match", tag)])
            .await;
    }
    actor.send("POST", &path, None, &[("if-match", tag)]).await
}

async fn tag(actor: &Actor, id: i64) -> String {
    actor.get(&format!("/appointments/{id}")).await.header("etag").to_owned()
}

#[tokio::test]
async fn matching_etag_allows_one_change() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;

    let first = tag(&doctor, id).await;
    act(&doctor, id, "reschedule", &first).await.expect(200);
    for action in ["reschedule", "cancel"] {
        act(&doctor, id, action, &first).await.problem(412, "appointment-changed");
    }
    let second = tag(&doctor, id).await;
    assert_eq!(act(&doctor, id, "cancel", &second).await.expect(200)["status"], "Cancelled");
}

#[tokio::test]
async fn if_match_applies_to_marking() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-07T08:30:00Z", 30).await;
    clinic.pass(TimeDelta::minutes(30));

    let first = tag(&doctor, id).await;
    act(&doctor, id, "done", &first).await.expect(200);
    act(&doctor, id, "no_show", &first).await.problem(412, "appointment-changed");
    assert_eq!(doctor.get(&format!("/appointments/{id}")).await.expect(200)["status"], "Done");
}

#[tokio::test]
async fn if_match_accepts_a_star_and_lists_and_rejects_invalid_values() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;

    for wrong in ["\"nonsense\"", "nonsense", "\"999\", \"x\""] {
        for action in ["reschedule", "cancel"] {
            act(&doctor, id, action, wrong).await.problem(412, "appointment-changed");
        }
    }
    let list = format!("\"x\", {}", tag(&doctor, id).await);
    act(&doctor, id, "reschedule", &list).await.expect(200);
    act(&doctor, id, "cancel", "*").await.expect(200);
}

#[tokio::test]
async fn permission_is_checked_before_if_match() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    for tag in [tag(&doctor, id).await.as_str(), "\"x\"", "*"] {
        for action in ["reschedule", "cancel", "done", "no_show"] {
            for actor in [&patient, &clinic.patient().await, &clinic.doctor().await] {
                act(actor, id, action, tag).await.problem(403, "forbidden");
            }
        }
    }
}
