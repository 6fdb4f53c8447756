//! The current schema as an SQL script, for people to read.

use serde::Deserialize;

use crate::{
    Database, Error,
    statement::{statements, values},
};

statements! {
    CREATED = "schema/created";
}

#[derive(Deserialize)]
struct Created {
    kind: String,
    table: String,
    sql: String,
}

impl Database {
    /// Returns the statements that create the current schema, as an SQL script: tables with their indexes, then
    /// views, then triggers, each in the order of creation.
    ///
    /// # Errors
    /// [`Error::Unavailable`]
    pub async fn schema(&self) -> Result<String, Error> {
        let created: Vec<Created> = self.read(&CREATED, values![]).await?.unwrap_or_default();
        let of_kind = |kind: &'static str| created.iter().filter(move |object| object.kind == kind);
        let indexes = |table: &Created| {
            let table = table.table.clone();
            of_kind("index").filter(move |index| index.table == table)
        };
        let tables = of_kind("table").flat_map(|table| std::iter::once(table).chain(indexes(table)));
        let all = tables.chain(of_kind("view")).chain(of_kind("trigger"));
        Ok(all.map(|Created { sql, .. }| format!("\n{sql};\n")).collect())
    }
}
