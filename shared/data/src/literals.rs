use std::fmt::Write;

use libsql::Value;
use rounds_domain::Error;

use crate::{Statement, error::Failure, statement::Values};

/// A statement with its values written into it. A text is written as the bytes it is made of, in
/// hexadecimal: nothing of it is read as SQL.
pub(crate) fn with_literals(statement: &Statement, values: &Values) -> Result<String, Failure> {
    let mut sql = String::with_capacity(statement.sql.len() * 2);
    let mut rest = statement.sql;
    while let Some(at) = rest.find([':', '\'']) {
        sql.push_str(&rest[..at]);
        // Texts of the statement itself are copied as they are.
        let is_text = rest[at..].starts_with('\'');
        let body = &rest[at + 1..];
        let end = match is_text {
            true => body.find('\'').map_or(body.len(), |end| end + 1),
            false => body.find(|c: char| c != '_' && !c.is_ascii_alphanumeric()).unwrap_or(body.len()),
        };
        let (token, after) = rest[at..].split_at(end + 1);
        if is_text {
            sql.push_str(token);
        } else {
            literal(&mut sql, values.get(statement, token)?)?;
        }
        rest = after;
    }
    sql.push_str(rest);
    Ok(sql)
}

fn literal(sql: &mut String, value: &Value) -> Result<(), Failure> {
    let written = match value {
        Value::Null => write!(sql, "NULL"),
        // In brackets: after a minus, a minus would begin a comment.
        Value::Integer(number) => write!(sql, "({number})"),
        Value::Text(text) => {
            sql.push_str("CAST(x'");
            text.bytes().try_for_each(|byte| write!(sql, "{byte:02x}")).and_then(|()| write!(sql, "' AS TEXT)"))
        }
        Value::Real(_) | Value::Blob(_) => {
            return Err(Failure::Error(Error::Internal("statements take integers and texts only".into())));
        }
    };
    written.map_err(|error| Failure::Error(Error::Internal(error.to_string())))
}

#[cfg(test)]
mod tests {
    use libsql::{Builder, params::Params};
    use proptest::prelude::*;

    use super::*;

    const STATEMENT: Statement = Statement {
        name: "STATEMENT",
        sql: "SELECT ':text', typeof(:text) || hex(:text) || length(:text), :text = :other, typeof(:number) || :number || -:number,
                     coalesce(:nothing, 'it''s :nothing')",
        may_lag: false,
    };

    /// Texts that try to be SQL, and whatever else.
    fn texts() -> impl Strategy<Value = String> {
        let hostile = proptest::sample::select(vec![
            "'",
            "''",
            "\"",
            "');",
            "--",
            "/*",
            "*/",
            ":text",
            "?1",
            "\0",
            "\\",
            "x'00'",
            "DROP TABLE accounts",
        ]);
        let piece = prop_oneof![hostile.prop_map(str::to_owned), any::<String>()];
        proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
    }

    async fn columns(sql: &str, values: Params) -> Vec<libsql::Value> {
        let connection = Builder::new_local(":memory:").build().await.unwrap().connect().unwrap();
        let row = connection.query(sql, values).await.unwrap().next().await.unwrap().unwrap();
        (0..5).map(|column| row.get_value(column).unwrap()).collect()
    }

    proptest! {
        #[test]
        fn a_literal_is_read_as_the_value_that_would_be_bound(
            text in texts(), other in texts(), number in prop_oneof![any::<i64>(), Just(i64::MIN), Just(i64::MAX)],
        ) {
            let named = [
                (":text", Value::from(text)), (":other", other.into()), (":number", number.into()), (":nothing", Value::Null),
            ];
            let written = with_literals(&STATEMENT, &Values::new(named.clone())).unwrap();
            // Nothing of a value is left to be taken for SQL: five texts, in two quotes each.
            let expected = STATEMENT.sql.matches('\'').count() + 2 * 5;
            prop_assert_eq!(written.matches('\'').count(), expected);
            let bound = Params::Named(named.into_iter().map(|(name, value)| (name.to_owned(), value)).collect());
            tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
                prop_assert_eq!(columns(&written, Params::None).await, columns(STATEMENT.sql, bound).await);
                Ok(())
            })?;
        }
    }

    #[test]
    fn every_parameter_needs_a_value_that_can_be_written() {
        let missing = with_literals(&STATEMENT, &Values::new([]));
        assert!(matches!(missing, Err(Failure::Error(Error::Internal(text))) if text.contains(":text")));
        let real = Values::new([(":text", Value::Real(0.5)), (":other", Value::Null)]);
        assert!(with_literals(&STATEMENT, &real).is_err());
    }
}
