//! `ETag` and `If-None-Match`: a response that has not changed is not sent again.

use rounds_http::{Actor as Role, Verb};

use super::started;
use crate::support::{
    Actor, Answer, Clinic, Server, TestDatabase, filled, insert_appointment_link, insert_feed, json, routes,
};

const NOW: &str = "2030-01-07T08:00:00Z";

async fn get_unless(actor: &Actor, method: &str, path: &str, tags: &str) -> Answer {
    actor.send(method, path, None, &[("if-none-match", tags)]).await
}

#[tokio::test]
async fn every_get_has_etag_and_returns_304_for_it() {
    let server = Server::start_on(TestDatabase::of_this_run(), 1).await;
    let clinic = server.clinic();
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let appointment = started(&server, doctor.id, patient.id).await;
    let ahead = patient.book(&doctor, &format!("{}T10:00:00Z", clinic.day()), 30).await;
    let connection = server.database.connect().await;
    let values = [
        ("token", insert_appointment_link(&connection, ahead).await),
        ("file", insert_feed(&connection, patient.id).await),
        ("doctor_id", doctor.id.to_string()),
        ("patient_id", patient.id.to_string()),
        ("appointment_id", appointment.to_string()),
        ("day", "2030-01-08".to_owned()),
    ];
    // The response of /readyz has an age in seconds, so it changes each second.
    for route in routes().iter().filter(|route| route.verb == Verb::Get && route.path != "/readyz") {
        let (path, _) = filled(route, &route.samples[0], &values);
        let reader = if route.access.allows(Role::Admin) { &admin } else { &patient };
        let fresh = reader.get(&path).await;
        assert_eq!(fresh.status, 200, "{path}: {}", fresh.body);
        let tag = fresh.header("etag");
        assert!(tag.len() > 2 && tag.starts_with('"') && tag.ends_with('"'), "{path}: {tag}");

        for named in [tag.to_owned(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
            for method in ["GET", "HEAD"] {
                let not_modified = get_unless(reader, method, &path, &named).await;
                assert_eq!(
                    (not_modified.status, not_modified.body.as_str()),
                    (304, ""),
                    "{method} {path} unless {named}"
                );
                for name in ["etag", "cache-control", "vary", "link", "content-security-policy"] {
                    assert_eq!(not_modified.header(name), fresh.header(name), "{name} of {method} {path}");
                }
                for name in ["content-type", "content-encoding"] {
                    assert_eq!(not_modified.header(name), "", "{name} of {method} {path}");
                }
            }
        }
        let other = get_unless(reader, "GET", &path, "\"other\"").await;
        assert_eq!((other.status, other.body, other.headers["etag"].to_str().unwrap()), (200, fresh.body.clone(), tag));
        assert_eq!(get_unless(reader, "HEAD", &path, "\"other\"").await.header("etag"), tag, "{path}");
    }
}

#[tokio::test]
async fn sends_response_again_after_any_change() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let path = format!("/appointments/{id}");
    let before = doctor.get(&path).await;
    let tag = before.header("etag");

    // The clinic's time zone changes, but not the version of the appointment.
    assert_eq!(admin.patch("/clinic", json!({ "time_zone": "Asia/Tokyo" })).await.status, 200);
    let in_tokyo = get_unless(&doctor, "GET", &path, tag).await;
    assert_eq!(in_tokyo.expect(200)["start_date"], "2030-01-08T19:00:00+09:00");
    assert_ne!(in_tokyo.header("etag"), tag);
    // So the earlier ETag is still valid in If-Match.
    let cancelled = doctor.send("POST", &format!("{path}/cancel"), None, &[("if-match", tag)]).await;
    cancelled.expect(200);
    let shown = get_unless(&doctor, "GET", &path, in_tokyo.header("etag")).await;
    assert_eq!((shown.expect(200), shown.header("etag")), (cancelled.json(), cancelled.header("etag")));
    let stale = doctor.send("POST", &format!("{path}/cancel"), None, &[("if-match", tag)]).await;
    stale.problem(412, "appointment-changed");

    // The rows of a page are the same, but there is a next page now.
    let page = admin.get("/doctors?limit=1").await;
    assert_eq!(page.next(), None);
    clinic.doctor().await;
    let longer = get_unless(&admin, "GET", "/doctors?limit=1", page.header("etag")).await;
    assert_eq!((longer.status, &longer.body), (200, &page.body));
    assert!(longer.next().is_some());
    let not_modified = get_unless(&admin, "GET", "/doctors?limit=1", longer.header("etag")).await;
    assert_eq!((not_modified.status, not_modified.next()), (304, longer.next()));
}

#[tokio::test]
async fn if_none_match_applies_only_to_successful_gets() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    for (actor, path, status) in [
        (clinic.anonymous(), "/me".to_owned(), 401),
        (clinic.patient().await, format!("/appointments/{id}"), 403),
        (clinic.anonymous(), "/doctors/999".to_owned(), 404),
        (clinic.anonymous(), "/doctors?limit=0".to_owned(), 422),
    ] {
        let refused = get_unless(&actor, "GET", &path, "*").await;
        assert_eq!((refused.status, refused.header("etag")), (status, ""), "{path}");
    }
    // It does not apply to other methods.
    let cancelled = get_unless(&doctor, "POST", &format!("/appointments/{id}/cancel"), "*").await;
    assert_eq!(cancelled.expect(200)["status"], "Cancelled");
}
