//! JSON objects in which no name comes twice.
use std::fmt;

use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value};

/// Reads an object. One of two members of the same name would count here, and perhaps the other for whoever signed
/// (RFC 7515 §4, RFC 7519 §4).
pub(super) fn parse(text: &[u8]) -> Result<Map<String, Value>, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let members = reader.deserialize_map(Distinct)?;
    reader.end()?;
    Ok(members)
}

struct Distinct;

impl<'de> Visitor<'de> for Distinct {
    type Value = Map<String, Value>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut members = Map::new();
        while let Some((name, value)) = access.next_entry::<String, Value>()? {
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a name comes twice"));
            }
        }
        Ok(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Escapes are undone before names are compared, and nothing may follow the object.
    #[test]
    fn one_object_with_distinct_names() {
        assert!(parse(br#"{"a": 1, "b": {"a": [1]}} "#).is_ok());
        for text in [r#"{"a":1,"a":1}"#, r#"{"a":1,"\u0061":2}"#, "[]", "null", "", "{}{}", "{\"a\":1,}", "\u{feff}{}"]
        {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(parse(b"{\"a\":\"\xff\"}").is_err());
    }

    /// What is nested too deep ends in an error, not in a full stack.
    #[test]
    fn depth_is_limited() {
        let text = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(parse(text.as_bytes()).is_err());
    }
}
