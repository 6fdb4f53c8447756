//! The reference page, also in a real browser.

use std::process::Command;

use crate::support::{Clinic, Server, repository, target};

#[tokio::test]
async fn reference_page_executes_operations_in_a_browser() {
    let server = Server::start(1).await;
    let doctor = server.clinic().doctor().await;
    let name = doctor.get("/me").await.expect(200)["name"].as_str().unwrap().to_owned();
    let token = doctor.token.as_ref().unwrap();
    let mut browser = Command::new("node");
    browser.arg(repository("tests/docs/page.js")).args([&server.url, token, &name, &doctor.email]);
    let output = browser.env("NODE_PATH", target("tools/node_modules")).output().unwrap();
    let hint = "if the browser is missing, `make test` installs it";
    assert!(output.status.success(), "{hint}: {}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn page_policy_allows_only_own_scripts() {
    let anyone = Clinic::shared().await.anonymous();
    let page = anyone.get("/docs").await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; "), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("http") && !policy.contains('*'), "{policy}");
    for directive in ["base-uri", "form-action", "frame-ancestors"] {
        assert!(policy.contains(&format!("{directive} 'none'")), "{policy}");
    }
}

#[tokio::test]
async fn serves_files_of_the_page_compressed_and_cacheable() {
    let anyone = Clinic::shared().await.anonymous();
    for (asset, content_type, encoding, text) in [
        ("page.js", "text/javascript; charset=utf-8", "", "SwaggerUIBundle("),
        ("swagger-ui-bundle.js", "text/javascript; charset=utf-8", "gzip", "SwaggerUIBundle="),
        ("swagger-ui.css", "text/css; charset=utf-8", "gzip", ".swagger-ui{"),
        ("LICENSE", "text/plain; charset=utf-8", "gzip", "Apache License"),
    ] {
        let path = format!("/docs/{asset}");
        let plain = anyone.send("GET", &path, None, &[("accept-encoding", "identity")]).await;
        assert!(plain.body.contains(text), "{asset}: {}", plain.body.chars().take(100).collect::<String>());
        let compressed = anyone.send("GET", &path, None, &[("accept-encoding", "gzip")]).await;
        for (answer, encoding) in [(anyone.get(&path).await, ""), (plain, ""), (compressed, encoding)] {
            assert_eq!((answer.status, answer.header("content-type")), (200, content_type), "{asset}");
            assert_eq!(answer.header("content-encoding"), encoding, "{asset}");
            assert_eq!(answer.header("cache-control"), "public, max-age=3600", "{asset}");
        }
    }
    for asset in ["nothing", "page.html", "..%2Fopenapi.json"] {
        anyone.get(&format!("/docs/{asset}")).await.problem(404, "not-found");
    }
}
