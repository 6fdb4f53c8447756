use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value, map::Entry};

use crate::Problem;

/// Parses a JSON document and rejects an object with a duplicate member, at any depth. serde_json's `Value` would use
/// the last of the duplicates.
pub(crate) fn json(bytes: &[u8]) -> Result<Value, Problem> {
    let read = serde_json::from_slice::<Unique>(bytes);
    read.map(|Unique(value)| value).map_err(|error| {
        let summary = if error.is_data() { "The body is not valid" } else { "The body is not JSON" };
        Problem::malformed(format!("{summary}: {error}."))
    })
}

struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor).map(Self)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Unique(value)) = elements.next_element()? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut values = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            match values.entry(name) {
                Entry::Occupied(entry) => {
                    return Err(A::Error::custom(format_args!("an object has the member {:?} twice", entry.key())));
                }
                Entry::Vacant(entry) => drop(entry.insert(members.next_value::<Unique>()?.0)),
            }
        }
        Ok(values.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_documents_like_serde_json() {
        let text = r#"{"a": [null, true, -1, 18446744073709551615, 1.5, 1e400, "é\u0041"], "b": {"a": {}}}"#;
        for text in [text.replace("1e400", "0"), "7".into(), "[]".into(), "\"\"".into()] {
            let expected: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(json(text.as_bytes()).unwrap(), expected);
        }
        for wrong in ["", "{", "{\"a\":}", "[1,]", "1e400", "{} {}", "\u{feff}{}", &"[".repeat(1000)] {
            assert!(json(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn rejects_duplicate_members() {
        for twice in [
            r#"{"a": 1, "a": 1}"#,
            r#"{"a": 1, "\u0061": 1}"#,
            r#"[{"b": {"a": 1, "c": 2, "a": null}}]"#,
            r#"{"": 1, "": 2}"#,
        ] {
            assert!(json(twice.as_bytes()).is_err(), "{twice}");
        }
        assert!(json(br#"{"a": {"a": 1}, "b": [{"a": 1}, {"a": 1}]}"#).is_ok());
    }
}
