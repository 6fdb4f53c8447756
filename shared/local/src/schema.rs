use rounds_data::Database;

const HEAD: &str = "\
-- The schema after all migrations: tables with their indexes, views, and triggers. This file is only for reading.
-- `make schema` generates it from a migrated database, and a test checks that it is up to date.
";

/// Returns the schema of a migrated database as an SQL script.
///
/// # Errors
/// A sentence that says why a migration failed.
pub async fn schema() -> Result<String, String> {
    let database = Database::create_at(":memory:")?;
    database.migrate().await.map_err(|error| error.to_string())?;
    let schema = database.schema().await.map_err(|error| error.to_string())?;
    Ok(format!("{HEAD}{schema}"))
}
