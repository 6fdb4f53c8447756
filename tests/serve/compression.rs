//! Compressed responses, and their ETags.

use crate::support::{Actor, Serve, Transport};

async fn get(
    actor: &Actor,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> (u16, reqwest::header::HeaderMap, Vec<u8>) {
    let Transport::Http(url) = &actor.transport else { panic!("over HTTP") };
    let mut request = reqwest::Client::new().request(method.parse().unwrap(), format!("{url}{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = actor.token.iter().fold(request, |request, token| request.bearer_auth(token));
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    (status, headers, response.bytes().await.unwrap().to_vec())
}

const GZIP: (&str, &str) = ("accept-encoding", "gzip");

#[tokio::test]
async fn compressed_response_has_its_own_etag() {
    let serve = Serve::start();
    let clinic = serve.clinic();
    let doctor = clinic.doctor().await;
    // A response that the routes compute, one with a tag of its own, and an asset that is stored in gzip.
    let availability = format!("/doctors/{}/availability?date={}", doctor.id, clinic.day());
    let asset = web::ASSETS.iter().find(|(_, bytes, ..)| bytes.len() >= 1024).unwrap();
    let asset = format!("/web/{}", asset.0);
    for path in [&availability, "/openapi.json", &asset] {
        let (_, plain, body) = get(&doctor, "GET", path, &[]).await;
        assert!(body.len() >= 1024 && !plain.contains_key("content-encoding"), "{path}: {} bytes", body.len());
        let (status, headers, gzip) = get(&doctor, "GET", path, &[GZIP]).await;
        assert_eq!((status, &headers["content-encoding"]), (200, &"gzip".parse().unwrap()), "{path}");
        assert!(plain["vary"] == "Accept-Encoding" && headers["vary"] == "Accept-Encoding", "{path}: {headers:?}");
        assert!(gzip.starts_with(&[0x1F, 0x8B]) && gzip.len() < body.len() / 2, "{path}");
        assert_ne!(headers["etag"], plain["etag"], "{path}");

        let (tag, plain_tag) = (headers["etag"].to_str().unwrap(), plain["etag"].to_str().unwrap());
        for method in ["GET", "HEAD"] {
            let (status, not_modified, body) = get(&doctor, method, path, &[GZIP, ("if-none-match", tag)]).await;
            assert_eq!((status, body.len(), &not_modified["etag"]), (304, 0, &headers["etag"]), "{method} {path}");
            assert!(!not_modified.contains_key("content-encoding") && not_modified["vary"] == "Accept-Encoding");
            let (status, fresh, _) = get(&doctor, method, path, &[GZIP, ("if-none-match", plain_tag)]).await;
            assert_eq!((status, &fresh["etag"]), (200, &headers["etag"]), "{method} {path}");
            assert_eq!(get(&doctor, method, path, &[("if-none-match", plain_tag)]).await.0, 304, "{method} {path}");
        }
        let (status, head, body) = get(&doctor, "HEAD", path, &[GZIP]).await;
        assert_eq!((status, body.len(), &head["etag"]), (200, 0, &headers["etag"]), "{path}");
        assert_eq!(head["content-encoding"], "gzip", "{path}");
        // No encoding is acceptable. The plain body is the best answer.
        let (status, headers, _) = get(&doctor, "GET", path, &[("accept-encoding", "identity;q=0")]).await;
        assert!(status == 200 && !headers.contains_key("content-encoding"), "{path}");
    }
}

#[tokio::test]
async fn if_match_accepts_etag_of_request_with_accept_encoding() {
    let serve = Serve::start();
    let clinic = serve.clinic();
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let id = patient.book(&doctor, &format!("{}T10:00:00Z", clinic.day()), 30).await;
    let path = format!("/appointments/{id}");
    let shown = patient.send("GET", &path, None, &[GZIP]).await;
    // Too small to be compressed.
    assert_eq!((shown.status, shown.header("content-encoding")), (200, ""));
    let cancelled =
        doctor.send("POST", &format!("{path}/cancel"), None, &[GZIP, ("if-match", shown.header("etag"))]).await;
    cancelled.expect(200);
}
