//! Concurrent requests in one process.

use std::convert::Infallible;

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use futures_util::stream;
use rounds_request::Usage;
use tokio::sync::oneshot;
use tower::ServiceExt;

use crate::support::{Clinic, Transport};

const NOW: &str = "2030-01-07T08:00:00Z";

/// A request that is refused before its own statement still needs a check of its token. A concurrent request with a valid
/// token must not count as that check.
#[tokio::test]
async fn detects_revoked_token_during_other_valid_request() {
    let clinic = Clinic::at(NOW).await;
    let (admin, revoked, other) = (clinic.admin().await, clinic.patient().await, clinic.patient().await);
    admin.send("POST", &format!("/accounts/{}/deactivate", revoked.id), None, &[]).await;

    // The body of this request ends only after the other request has its response.
    let (reading, is_reading) = oneshot::channel();
    let (end, has_ended) = oneshot::channel();
    let body = Body::from_stream(stream::once(async move {
        reading.send(()).unwrap();
        has_ended.await.unwrap();
        Ok::<_, Infallible>("")
    }));
    let Transport::InProcess(routes, _) = &revoked.transport else { panic!("the functions are not in this process") };
    // A route for Admins: a Patient is refused before any statement.
    let request = Request::post(format!("/accounts/{}/activate", revoked.id));
    let request = request.header("authorization", format!("Bearer {}", revoked.token.as_ref().unwrap()));
    let response = tokio::spawn(routes.clone().oneshot(request.body(body).unwrap()));
    is_reading.await.unwrap();
    other.get("/me").await.expect(200);
    end.send(()).unwrap();
    assert_eq!(response.await.unwrap().unwrap().status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn counts_database_requests_of_each_request_separately() {
    let clinic = Clinic::at(NOW).await;
    let (one, other) = (clinic.patient().await, clinic.doctor().await);
    let twice = async {
        other.get("/me").await.expect(200);
        other.get("/me").await.expect(200);
    };
    let ((_, once), (_, twice)) = tokio::join!(Usage::measure(one.get("/me")), Usage::measure(twice));
    assert_eq!((once.requests, twice.requests), (1, 2));
    assert!(once.caller_confirmed && twice.caller_confirmed);
}
