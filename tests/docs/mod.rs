//! The OpenAPI document, the reference page and the pages of problems. All stories check that their responses match the
//! document, in `support/document.rs`.

mod clients;
mod page;
mod schemathesis;

use std::collections::BTreeSet;

use rounds_http::Kind;

use crate::support::{Clinic, Value, routes};

const NOW: &str = "2030-01-07T08:00:00Z";

fn document() -> Value {
    serde_json::from_str(docs::DOCUMENT).unwrap()
}

#[test]
fn document_is_up_to_date() {
    assert!(rounds_local::openapi().unwrap() == docs::DOCUMENT, "run `make openapi` and commit the result");
}

#[tokio::test]
async fn document_lists_exactly_the_served_routes() {
    let mut described = BTreeSet::new();
    for (path, operations) in document()["paths"].as_object().unwrap() {
        let methods = operations.as_object().unwrap().keys();
        described.extend(methods.map(|method| format!("{} {path}", method.to_uppercase())));
    }
    assert_eq!(described, served(&Clinic::at(NOW).await).await);
}

/// All served routes, from the `Allow` header of an OPTIONS request to each declared path.
async fn served(clinic: &Clinic) -> BTreeSet<String> {
    let mut served = BTreeSet::new();
    for route in routes() {
        let path: Vec<_> = route.path.split('/').map(|part| if part.starts_with('{') { "1" } else { part }).collect();
        let answer = clinic.anonymous().send("OPTIONS", &path.join("/"), None, &[]).await;
        let methods = answer.header("allow").split(',').filter(|method| !["HEAD", "OPTIONS"].contains(method));
        served.extend(methods.map(|method| format!("{method} {}", route.path)));
    }
    served
}

/// Other tests use the examples. A route without an example of its body would not be tested.
#[test]
fn every_request_body_has_an_example() {
    for (path, operations) in document()["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let body = &operation["requestBody"]["content"]["application/json"]["schema"];
            assert!(
                body.is_null() || body["examples"][0].is_object() || body["examples"][0].is_array(),
                "{method} {path}"
            );
        }
    }
}

#[test]
fn operations_have_unique_names_and_summaries() {
    let mut names = BTreeSet::new();
    for (path, operations) in document()["paths"].as_object().unwrap() {
        for operation in operations.as_object().unwrap().values() {
            let name = operation["operationId"].as_str().unwrap().to_owned();
            assert!(name.bytes().all(|byte| byte.is_ascii_alphabetic()) && names.insert(name), "{path}: {operation}");
            assert!(!operation["summary"].as_str().unwrap().is_empty());
        }
    }
}

#[tokio::test]
async fn anyone_can_read_the_document() {
    let answer = Clinic::shared().await.anonymous().get("/openapi.json").await;
    assert_eq!(answer.expect(200), document());
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
}

#[tokio::test]
async fn every_problem_has_a_page() {
    let clinic = Clinic::shared().await;
    let document = docs::DOCUMENT;
    assert!(docs::PROBLEMS.iter().map(|page| page.kind).eq(Kind::ALL.iter().copied()));
    for page in docs::PROBLEMS {
        let answer = clinic.anonymous().get(&format!("/problems/{}", page.kind.word())).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "text/html; charset=utf-8"));
        for text in [page.kind.word(), page.kind.title(), page.why] {
            assert!(answer.body.contains(text), "{text}: {}", answer.body);
        }
        // Every operation can have these problems, so the document does not list them.
        let general = [Kind::MethodNotAllowed, Kind::InternalError, Kind::HeadersTooLarge, Kind::RequestTimeout];
        let is_general = general.contains(&page.kind);
        assert!(
            is_general || document.contains(&format!("`{}`", page.kind.word())),
            "no operation has the problem {:?}",
            page.kind
        );
    }
    clinic.anonymous().get("/problems/nothing").await.problem(404, "not-found");
}
