//! The form of an export: one JSON object a line.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// One line of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// The first: which log it is, and the key its checkpoints are signed with.
    Log {
        /// What the checkpoints are verified with; kept elsewhere, it proves more.
        verifier: String,
    },
    /// One record, in order.
    Record {
        /// Its place, from 1.
        seq: u64,
        /// Its bytes in the tree: a [`Record`].
        leaf: String,
        /// The hash of these bytes, lower-case hex.
        hash: String,
        /// What it says of people ([`Personal`]); absent when that was erased.
        personal: Option<String>,
    },
    /// A signed checkpoint, as a note.
    Checkpoint(String),
}

/// What stands in the tree of a record: nothing that names a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Its place, from 1.
    pub seq: u64,
    /// When, in microseconds since 1970 UTC.
    pub at: i64,
    /// Stable word: received, opened, decided, became, ...
    pub kind: String,
    /// The request it is about.
    pub request_id: Option<Uuid>,
    /// What a machine needs to check it.
    pub data: Value,
    /// The commitment to its personal part.
    pub personal: String,
}

/// What a record says of people: it can be erased, and the tree stays whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Personal {
    /// Random, so that what was erased cannot be guessed from its commitment.
    pub salt: String,
    /// One sentence for a human.
    pub message: String,
    /// The rest.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub data: Value,
}

/// A value with the keys of its objects in order, whatever order they came in: what is hashed must not depend
/// on it.
#[must_use]
pub fn sorted(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let mut pairs: Vec<_> = object.into_iter().collect();
            pairs.sort_by(|one, other| one.0.cmp(&other.0));
            Value::Object(pairs.into_iter().map(|(name, value)| (name, sorted(value))).collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(sorted).collect()),
        other => other,
    }
}

/// The hash of a value, whatever the order of its keys: SHA-256 of its sorted text, lower-case hex.
#[must_use]
pub fn digest(value: &Value) -> String {
    hex::encode(Sha256::digest(sorted(value.clone()).to_string()))
}

/// What binds a record to its personal part: SHA-256 of its text, lower-case hex.
#[must_use]
pub fn commitment(personal: &str) -> String {
    hex::encode(Sha256::digest(personal.as_bytes()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failing test should panic")]

    use super::*;

    #[test]
    fn the_order_of_keys_does_not_matter_to_a_digest() {
        let read = |text: &str| -> Value { serde_json::from_str(text).unwrap() };
        let one = read("{\"b\":[{\"y\":1,\"x\":2}],\"a\":null}");
        let other = read("{\"a\":null,\"b\":[{\"x\":2,\"y\":1}]}");
        assert_eq!(digest(&one), digest(&other));
        assert_eq!(sorted(one).to_string(), "{\"a\":null,\"b\":[{\"x\":2,\"y\":1}]}");
        assert_ne!(digest(&other), digest(&read("{\"a\":null,\"b\":[]}")));
    }
}
