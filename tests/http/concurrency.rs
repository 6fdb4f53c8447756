//! Several requests at a time in one process.

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

/// Each request that is refused before its own statement has its token checked, also where a statement of
/// another request finds meanwhile that that one's token is valid.
#[tokio::test]
async fn a_token_that_was_ended_is_found_out_while_others_are_confirmed() {
    let clinic = Clinic::at(NOW).await;
    let (admin, ended, other) = (clinic.admin().await, clinic.patient().await, clinic.patient().await);
    admin.send("POST", &format!("/accounts/{}/deactivate", ended.id), None, &[]).await;

    // Its body ends only when another request has been answered.
    let (arrived, has_arrived) = oneshot::channel();
    let (end, ends) = oneshot::channel();
    let body = Body::from_stream(stream::once(async move {
        arrived.send(()).unwrap();
        ends.await.unwrap();
        Ok::<_, Infallible>("")
    }));
    let Transport::InProcess(routes, _) = &ended.transport else { panic!("it is in this process") };
    // For Admins: a Patient is refused before the database is asked.
    let request = Request::post(format!("/accounts/{}/activate", ended.id));
    let request = request.header("authorization", format!("Bearer {}", ended.token.as_ref().unwrap()));
    let answer = tokio::spawn(routes.clone().oneshot(request.body(body).unwrap()));
    has_arrived.await.unwrap();
    other.get("/me").await.expect(200);
    end.send(()).unwrap();
    assert_eq!(answer.await.unwrap().unwrap().status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_requests_use_of_the_database_is_counted_for_each() {
    let clinic = Clinic::at(NOW).await;
    let (one, other) = (clinic.patient().await, clinic.doctor().await);
    let twice = async {
        other.get("/me").await.expect(200);
        other.get("/me").await.expect(200);
    };
    let ((_, once), (_, twice)) = tokio::join!(Usage::of(one.get("/me")), Usage::of(twice));
    assert_eq!((once.requests, twice.requests), (1, 2));
    assert!(once.caller_confirmed && twice.caller_confirmed);
}
