//! Proto3 JSON with the tolerance the format asks for: unknown fields are ignored and
//! `null` means "not set".

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};

/// How the parser's error begins when a key stands twice; nothing of the text is in it.
const TWICE: &str = "a key stands twice";

/// Any JSON in which no object has a key twice.
struct Distinct(Value);

struct DistinctVisitor;

impl<'de> Deserialize<'de> for Distinct {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DistinctVisitor).map(Self)
    }
}

impl<'de> Visitor<'de> for DistinctVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Distinct(item)) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some((key, Distinct(value))) = map.next_entry::<String, Distinct>()? {
            if fields.insert(key, value).is_some() {
                return Err(A::Error::custom(TWICE));
            }
        }
        Ok(Value::Object(fields))
    }
}

/// Why a text is not the JSON of the wanted message; never quotes the text.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// When the text is not JSON at all.
    #[error("it is not JSON (line {line}, column {column})")]
    NotJson {
        /// Line of the first fault, from 1.
        line: usize,
        /// Column of the first fault, from 1.
        column: usize,
    },
    /// When a key stands twice in one object: two readers could see two different messages.
    #[error("a key stands twice in one object (line {line}, column {column})")]
    Twice {
        /// Line of the second one, from 1.
        line: usize,
        /// Column after the second one, from 1.
        column: usize,
    },
    /// When it is JSON of another shape.
    #[error("it is not the JSON of this message: {0}")]
    WrongShape(String),
}

/// Reads a message from proto3 JSON.
pub fn from_json<M: DeserializeOwned>(text: &[u8]) -> Result<M, JsonError> {
    // Our own services write no null and nothing twice: what reads at once is read at once. A list
    // reads as a message, too, which proto3 JSON does not know; and a field that is null and then
    // something would pass for one that stands once.
    let is_object = text.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    let may_be_null = text.windows(4).any(|part| part == b"null");
    if is_object
        && !may_be_null
        && let Ok(message) = serde_json::from_slice(text)
    {
        return Ok(message);
    }
    let Distinct(mut value) = serde_json::from_slice(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        match error.to_string().starts_with(TWICE) {
            true => JsonError::Twice { line, column },
            false => JsonError::NotJson { line, column },
        }
    })?;
    drop_nulls(&mut value);
    if !value.is_object() {
        return Err(JsonError::WrongShape("an object is needed at the top".to_owned()));
    }
    serde_json::from_value(value).map_err(|error| JsonError::WrongShape(unquoted(&error)))
}

/// The part of a shape error that names what was expected: the rest may quote the text.
fn unquoted(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.split_once("expected ") {
        Some((_, expected)) => format!("expected {expected}"),
        None => "a field has a value that does not fit".to_owned(),
    }
}

/// Writes a message as proto3 JSON.
///
/// Our messages hold only text, numbers and lists, which JSON can always hold; should that
/// ever fail, the result is `null`, which no reader accepts.
#[must_use]
pub fn to_json<M: Serialize>(message: &M) -> Vec<u8> {
    serde_json::to_vec(message).unwrap_or_else(|_| b"null".to_vec())
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failing test should panic")]

    use super::*;
    use crate::v1::{Decision, Receipt};

    #[test]
    fn a_decision_reads_as_the_contract_shows_it() {
        let decision: Decision = from_json(
            br#"{"decision_id":"d","verdict":"approve","sha":"abc","reason":null,"later_field":1,
                "target":{"gitlab":"main","project_id":6,"merge_request_iid":4,"check_id":1},
                "actor":{"id":"jane.doe","groups":["cab"]}}"#,
        )
        .unwrap();
        assert_eq!(decision.target.unwrap().project_id, 6);
        assert_eq!(decision.actor.unwrap().groups, ["cab"]);
        assert_eq!(decision.reason, "");
    }

    #[test]
    fn a_refusal_is_written_out() {
        let receipt = Receipt { code: "stale_sha".into(), ..Receipt::default() };
        let text = String::from_utf8(to_json(&receipt)).unwrap();
        assert!(text.contains(r#""accepted":false"#), "{text}");
    }

    #[test]
    fn a_key_that_stands_twice_is_refused() {
        let twice: [&[u8]; 4] = [
            br#"{"actor":null,"actor":{"id":"joe"}}"#,
            br#"{"verdict":"reject","verdict":"approve"}"#,
            br#"{"sha":"a","reason":null,"sh\u0061":"a"}"#,
            br#"{"verdict":null,"actor":{"id":"jane","id":"joe"}}"#,
        ];
        for text in twice {
            let refused = from_json::<Decision>(text).unwrap_err().to_string();
            assert!(refused.starts_with("a key stands twice in one object (line 1, "), "{refused}");
        }
        let two_names = from_json::<Decision>(br#"{"decision_id":"a","decisionId":"b"}"#);
        assert!(two_names.is_err());
    }

    #[test]
    fn what_is_not_the_message_is_said_without_quoting_it() {
        let not_json = from_json::<Decision>(b"{secret").unwrap_err().to_string();
        assert_eq!(not_json, "it is not JSON (line 1, column 2)");
        let list = from_json::<Decision>(b"[]").unwrap_err().to_string();
        assert_eq!(list, "it is not the JSON of this message: an object is needed at the top");
        let shape = from_json::<Decision>(br#"{"evidence":"hidden"}"#).unwrap_err().to_string();
        assert_eq!(shape, "it is not the JSON of this message: expected a sequence");
    }
}
