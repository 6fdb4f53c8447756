//! Lists as CSV (RFC 4180).

use axum::{
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use csv::{Terminator, WriterBuilder};
use serde::Serialize;
use serde_json::Value;

use crate::Problem;

/// A column of a list as CSV. Its name in the header row is the name of the member that it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    name: &'static str,
    is_phone: bool,
}

impl Column {
    /// The column of a member.
    pub const fn of(name: &'static str) -> Self {
        Self { name, is_phone: false }
    }

    /// The column of a member that is a phone number in E.164, or `null`. Its `+` needs no apostrophe.
    pub const fn phone(name: &'static str) -> Self {
        Self { name, is_phone: true }
    }

    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }

    fn cell(&self, body: &Value) -> String {
        match &body[self.name] {
            Value::Null => String::new(),
            Value::String(phone) if self.is_phone => phone.clone(),
            Value::String(text) => spreadsheet_text(text),
            other => other.to_string(),
        }
    }
}

/// Returns a text for a cell of a CSV file. A spreadsheet would run a text that looks like a formula, so it gets an
/// apostrophe.
pub fn spreadsheet_text(text: &str) -> String {
    if is_like_formula(text) { format!("'{text}") } else { text.to_owned() }
}

/// Returns whether a spreadsheet would take a text for a formula (OWASP, CSV Injection).
fn is_like_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t'])
}

/// Returns the response with a header row, and a row for each body.
pub(crate) fn csv<Body: Serialize>(
    columns: &[Column],
    bodies: impl Iterator<Item = Body>,
) -> Result<Response, Problem> {
    let bodies = bodies.map(|body| serde_json::to_value(body).map_err(Problem::internal));
    let text = write(columns, &bodies.collect::<Result<Vec<_>, _>>()?).map_err(Problem::internal)?;
    Ok(([(CONTENT_TYPE, "text/csv; charset=utf-8; header=present")], text).into_response())
}

fn write(columns: &[Column], bodies: &[Value]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(columns.iter().map(Column::name))?;
    for body in bodies {
        writer.write_record(columns.iter().map(|column| column.cell(body)))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const COLUMNS: [Column; 4] =
        [Column::of("id"), Column::of("name"), Column::phone("phone"), Column::of("has_login")];

    /// Reads a CSV without Rounds, and removes the apostrophe of formulas.
    fn read(text: &[u8]) -> Vec<Value> {
        let mut reader = csv::Reader::from_reader(text);
        assert_eq!(reader.headers().unwrap(), vec!["id", "name", "phone", "has_login"]);
        let row = |row: csv::StringRecord| {
            let name = row[1].strip_prefix('\'').filter(|text| is_like_formula(text)).unwrap_or(&row[1]);
            let optional = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            json!({
                "id": row[0].parse::<i64>().unwrap(),
                "name": optional(name),
                "phone": optional(&row[2]),
                "has_login": row[3].parse::<bool>().unwrap(),
            })
        };
        reader.records().map(|record| row(record.unwrap())).collect()
    }

    #[test]
    fn formulas_get_an_apostrophe_and_phone_numbers_do_not() {
        let body = |name: Value, phone: Value| json!({ "id": 7, "name": name, "phone": phone, "has_login": false });
        let bodies = [
            body(json!("=1+1"), json!("+4930123456")),
            body(json!("+1"), json!(null)),
            body(json!("-1, \"or\" so"), json!(null)),
            body(json!("@SUM(A1)\n2"), json!(null)),
            body(json!("\tx"), json!(null)),
            body(json!("O'Neill = a"), json!(null)),
        ];
        let text = String::from_utf8(write(&COLUMNS, &bodies).unwrap()).unwrap();
        let expected = "id,name,phone,has_login\r\n\
                        7,'=1+1,+4930123456,false\r\n\
                        7,'+1,,false\r\n\
                        7,\"'-1, \"\"or\"\" so\",,false\r\n\
                        7,\"'@SUM(A1)\n2\",,false\r\n\
                        7,'\tx,,false\r\n\
                        7,O'Neill = a,,false\r\n";
        assert_eq!(text, expected);
        assert_eq!(write(&COLUMNS, &[]).unwrap(), b"id,name,phone,has_login\r\n");
    }

    proptest! {
        #[test]
        fn written_rows_are_read_back(
            rows in prop::collection::vec(
                (1_i64.., "[=+@\t-]?[\\PC\r\n\",;']{1,20}", prop::option::of("\\+[1-9][0-9]{6,14}"), any::<bool>()),
                0..5,
            )
        ) {
            let body = |(id, name, phone, has_login): &(i64, String, Option<String>, bool)| {
                json!({ "id": id, "name": name, "phone": phone, "has_login": has_login })
            };
            // A text that begins with an apostrophe before a formula's character is not read back: Rounds adds none.
            let is_clear = |name: &str| !name.strip_prefix('\'').is_some_and(is_like_formula);
            let bodies: Vec<_> = rows.iter().filter(|row| is_clear(&row.1)).map(body).collect();
            prop_assert_eq!(read(&write(&COLUMNS, &bodies).unwrap()), bodies);
        }
    }
}
