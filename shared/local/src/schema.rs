use rounds_data::Database;

const HEAD: &str = "\
-- The schema as the migrations leave it: tables with their indexes, views, and triggers. For reading:
-- `make schema` writes it from a migrated database, and a test holds it to what is applied.
";

/// The schema of a migrated database, as an SQL script.
///
/// # Errors
/// Where a migration fails, in a sentence.
pub async fn schema() -> Result<String, String> {
    let database = Database::create_at(":memory:")?;
    database.migrate().await.map_err(|error| error.to_string())?;
    let schema = database.schema().await.map_err(|error| error.to_string())?;
    Ok(format!("{HEAD}{schema}"))
}
