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
        Value::Integer(number) => write!(sql, "{number}"),
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
