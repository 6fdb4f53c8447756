//! `GET /healthz` and `GET /readyz`.

use crate::support::{Serve, TestDatabase, json};

#[tokio::test]
async fn is_ready_while_the_database_answers() {
    let database = TestDatabase::server();
    let serve = Serve::with(&[("DATABASE_URL", &database.url())]);
    let anyone = serve.clinic().anonymous();
    let ready = anyone.get("/readyz").await;
    let document = ready.expect(200);
    assert_eq!((ready.header("cache-control"), &document["database"]), ("no-store", &json!("ok")));
    assert!(document["schema"].as_i64().unwrap() >= 2, "{document}");
    for member in ["last_backup", "oldest_message_seconds"] {
        assert!(document.as_object().unwrap().contains_key(member) && document[member].is_null(), "{document}");
    }
    assert_eq!(document["warnings"], json!([]));

    drop(database);
    let unavailable = anyone.get("/readyz").await;
    let problem = unavailable.problem(503, "database-unavailable");
    assert_eq!((&problem["database"], &problem["schema"]), (&json!("unavailable"), &json!(null)), "{problem}");
    assert_eq!(unavailable.header("cache-control"), "no-store");
    let healthy = anyone.get("/healthz").await;
    assert_eq!((healthy.status, healthy.header("cache-control")), (200, "no-store"));
}

#[tokio::test]
async fn health_routes_follow_the_conventions() {
    let serve = Serve::start();
    let anyone = serve.clinic().anonymous();
    for path in ["/healthz", "/readyz"] {
        let head = anyone.send("HEAD", path, None, &[]).await;
        assert_eq!((head.status, head.body.as_str()), (200, ""));
        let options = anyone.send("OPTIONS", path, None, &[]).await;
        assert_eq!((options.status, options.header("allow")), (204, "GET,HEAD,OPTIONS"));
        let post = anyone.post(path, json!({})).await;
        post.problem(405, "method-not-allowed");
        assert_eq!(post.header("allow"), "GET,HEAD,OPTIONS");
    }
}
