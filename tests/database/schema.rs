//! docs/schema.sql equals the schema of a migrated database, on both engines.

use rounds_data::Database;

use crate::support::{TestDatabase, repository};

fn dump() -> String {
    std::fs::read_to_string(repository("docs/schema.sql")).unwrap()
}

/// Returns the dump without the comment at its top.
fn statements(dump: &str) -> &str {
    dump.split_once("\n\n").unwrap().1
}

#[tokio::test]
async fn schema_dump_equals_the_schema_on_both_engines() {
    for engine in [TestDatabase::file(), TestDatabase::server()] {
        let database = Database::create_at(&engine.url()).unwrap();
        database.migrate().await.unwrap();
        let applied = database.schema().await.unwrap();
        assert!(applied.trim_start() == statements(&dump()), "docs/schema.sql is another schema: run make schema");
    }
    assert_eq!(rounds_local::schema().await.unwrap(), dump());
}

#[tokio::test]
async fn schema_dump_can_be_executed() {
    let engine = TestDatabase::file();
    engine.connect().await.execute_batch(&dump()).await.unwrap();
    let made = Database::at(&engine.url()).unwrap().schema().await.unwrap();
    assert!(made.trim_start() == statements(&dump()));
}
