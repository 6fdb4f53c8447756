//! Refusals by the schema: a trigger raises the name of a rule, and anything else is a defect.

use std::collections::BTreeSet;

use rounds_data::{Database, Rule};

use crate::support::{Server, TestDatabase, json, temporary};

/// Returns the words that the triggers of a migrated database raise.
async fn raised() -> BTreeSet<String> {
    let path = temporary("rules.db");
    Database::create_at(path.to_str().unwrap()).unwrap().migrate().await.unwrap();
    let schema = libsql::Builder::new_local(path).build().await.unwrap().connect().unwrap();
    let mut rows = schema.query("SELECT sql FROM sqlite_schema WHERE type = 'trigger'", ()).await.unwrap();
    let raise = regex::Regex::new(r"RAISE\s*\(([^)]*)\)").unwrap();
    let word = regex::Regex::new(r"^ABORT, '([a-z]+(?:-[a-z]+)*)'$").unwrap();
    let mut words = BTreeSet::new();
    while let Some(row) = rows.next().await.unwrap() {
        let sql: String = row.get(0).unwrap();
        for raised in raise.captures_iter(&sql) {
            words.insert(word.captures(&raised[1]).unwrap_or_else(|| panic!("{}", &raised[0]))[1].to_owned());
        }
    }
    words
}

#[tokio::test]
async fn every_raised_word_is_a_rule_and_every_rule_is_raised() {
    let rules: BTreeSet<_> = Rule::ALL.iter().map(|rule| rule.word().to_owned()).collect();
    assert_eq!(rules.len(), Rule::ALL.len(), "each has a word of its own");
    assert_eq!(raised().await, rules);
    for word in &rules {
        assert_eq!(word.parse::<Rule>().unwrap().word(), word);
    }
    assert!("no-such-rule".parse::<Rule>().is_err());
}

/// Triggers that refuse a booking that the rules allow: the statement, the status, and the text in the log.
const REFUSALS: [(&str, (u16, &str), &str); 8] = [
    ("SELECT RAISE(ABORT, 'doctor-busy')", (503, "contended"), r#""rule":"doctor-busy""#),
    ("SELECT RAISE(ABORT, 'operation-missing')", (500, "internal-error"), "operation-missing"),
    ("SELECT RAISE(ABORT, 'appointments-stay')", (500, "internal-error"), "appointments-stay"),
    ("SELECT RAISE(ABORT, 'operation-expired')", (503, "database-unavailable"), "check the clock"),
    ("SELECT RAISE(ABORT, 'no-such-rule')", (500, "internal-error"), "no-such-rule"),
    ("INSERT INTO bugs (positive) VALUES (0)", (500, "internal-error"), "positive > 0"),
    ("INSERT INTO bugs (positive) VALUES (1), (1)", (500, "internal-error"), "bugs.positive"),
    ("INSERT INTO bugs (positive) VALUES (NULL)", (500, "internal-error"), "NOT NULL constraint failed"),
];

/// Books while a trigger refuses what the rules allow.
async fn book_past_the_rules(database: TestDatabase) {
    let server = Server::start_on(database, 1).await;
    let clinic = server.clinic();
    let (patient, doctor, day) = (clinic.patient().await, clinic.doctor().await, clinic.day());
    let schema = server.database.connect().await;
    let table = "CREATE TABLE bugs (positive INTEGER NOT NULL UNIQUE CHECK (positive > 0))";
    schema.execute_batch(table).await.unwrap();
    for (statement, (status, kind), logged) in REFUSALS {
        let trigger = format!("CREATE TRIGGER bug AFTER INSERT ON appointments BEGIN {statement}; END");
        schema.execute_batch(&trigger).await.unwrap();
        let earlier = server.log().len();
        // Not sent by an actor, which would fail because the OpenAPI document has no 500.
        let booking = reqwest::Client::new()
            .post(format!("{}/doctors/{}/book", server.url, doctor.id))
            .bearer_auth(patient.token.as_ref().unwrap())
            .json(&json!({ "start_date": format!("{day}T09:00:00Z"), "duration": 30 }));
        let refused = booking.send().await.unwrap();
        assert_eq!(refused.status(), status, "{statement}");
        let body = refused.text().await.unwrap();
        assert!(body.contains(&format!(r#""/problems/{kind}""#)), "{statement}: {body}");
        assert!(!body.contains("bugs") && !body.contains("positive"), "no internals: {body}");
        let log = server.log().split_off(earlier);
        let line = log.lines().find(|line| line.contains(logged)).unwrap_or_else(|| panic!("{statement}: {log}"));
        // A defect needs an operator; contention does not.
        let level = if kind == "contended" { r#""level":"WARN""# } else { r#""level":"ERROR""# };
        assert!(line.contains(level), "{line}");
        schema.execute_batch("DROP TRIGGER bug").await.unwrap();
    }
    patient.book(&doctor, &format!("{day}T09:00:00Z"), 30).await;
}

#[tokio::test]
async fn contention_is_logged_with_its_rule_and_defect_is_500() {
    book_past_the_rules(TestDatabase::file()).await;
}

#[tokio::test]
async fn server_contention_is_503_and_server_defect_is_500() {
    book_past_the_rules(TestDatabase::server()).await;
}
