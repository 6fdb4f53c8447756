//! The log of `rounds serve`: on the standard output, or in a file.

use std::fs;

use crate::{
    run::private::is_private,
    support::{Serve, Value, temporary},
};

#[tokio::test]
async fn log_file_is_private_and_each_line_is_a_json_document() {
    let serve = Serve::with(&[("LOG", "file")]);
    let anyone = serve.clinic().anonymous();
    anyone.get("/doctors").await.expect(200);
    anyone.get("/nothing").await.problem(404, "not-found");
    // An error line, because the public keys cannot be read.
    let keys = serve.home.join("public_keys.json");
    fs::rename(&keys, keys.with_extension("aside")).unwrap();
    let unavailable = anyone.send("GET", "/nothing", None, &[("authorization", "Bearer x")]).await;
    let id = unavailable.problem(503, "sign-in-unavailable")["request_id"].clone();

    let folder = serve.home.join("logs");
    is_private(&folder);
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    let text = fs::read_to_string(&files[0]).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let requests: Vec<_> = lines.iter().filter(|line| line["_aws"].is_object()).collect();
    let routes: Vec<_> = requests.iter().map(|line| line["route"].as_str().unwrap()).collect();
    assert_eq!(routes, ["GET /doctors", "unmatched", "unmatched"]);
    assert!(requests.iter().all(|line| line["function"] == "serve"), "{text}");
    let error = lines.iter().find(|line| line["level"] == "ERROR").unwrap();
    assert_eq!(error["request_id"], id);
    assert!(!serve.end().contains("_aws"), "the standard output has no log lines");
}

#[tokio::test]
async fn restart_continues_the_log_file_of_the_day() {
    let home = temporary("home");
    for _ in 0..2 {
        let serve = Serve::at(&home, &[("LOG", "file")]);
        serve.clinic().anonymous().get("/healthz").await;
        serve.end();
    }
    let files = fs::read_dir(home.join("logs")).unwrap().map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    assert_eq!(files.collect::<String>().matches("\"route\":\"GET /healthz\"").count(), 2);
}
