mod availability;
mod availability_model;
mod availability_of_all;
mod available;
mod clinic;
mod closures;
mod list;
mod plans;
mod profile;
mod show;
mod slots;
mod special_hours;
mod time_off;
mod types;
mod working_hours;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::support::{Actor, Clinic, Value, json};

/// Registers a doctor with this name as an Admin, and returns the account id.
async fn hire(clinic: &Clinic, name: &str, specialty: Option<&str>) -> i64 {
    static COUNT: AtomicI64 = AtomicI64::new(1);
    let email = format!("hired{}@example.org", COUNT.fetch_add(1, Ordering::Relaxed));
    let doctor = json!({ "name": name, "email": email, "password": "a long password", "account_type": "Doctor",
        "specialty": specialty });
    clinic.admin().await.post("/register", doctor).await.expect(201)["id"].as_i64().unwrap()
}

/// Reads all pages of a list. Returns the rows and the number of pages.
async fn walk(actor: &Actor, path: &str) -> (Vec<Value>, usize) {
    let (mut rows, mut pages, mut next) = (Vec::new(), 0, Some(path.to_owned()));
    while let Some(path) = next {
        let answer = actor.get(&path).await;
        rows.extend(answer.expect(200).as_array().unwrap().clone());
        next = answer.next();
        pages += 1;
        assert!(pages < 100, "a list without an end");
    }
    (rows, pages)
}

/// Returns the cursor of the second page of a list.
async fn cursor(actor: &Actor, path: &str) -> String {
    let next = actor.get(path).await.next().unwrap();
    next.split(['?', '&']).find_map(|parameter| parameter.strip_prefix("after=")).unwrap().to_owned()
}

/// Encodes a text for a query.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Returns the member `name` of each row.
fn each(rows: &[Value], name: &str) -> Vec<Value> {
    rows.iter().map(|row| row[name].clone()).collect()
}
