//! A reader that keeps only the wanted fields of a large body, and refuses doubled keys.
//!
//! The body may be 25 MiB, most of it description and labels; what is not wanted is skipped
//! without being stored. Types are not judged here, so that the caller can name the bad field
//! without a parser message that quotes the body.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::CallError;
use crate::text::harmless;

/// What to keep of a value; scalars are always kept.
pub(super) struct Want {
    /// The keys to keep when it is an object.
    pub(super) fields: &'static [(&'static str, &'static Want)],
    /// How many items to keep when it is an array, and what of each.
    pub(super) items: Option<(usize, &'static Want)>,
}

/// A kept value.
#[derive(Debug, PartialEq)]
pub(super) enum Node {
    Null,
    Bool(bool),
    Integer(i64),
    /// A fraction, or an integer beyond `i64`.
    OtherNumber,
    Text(String),
    List(Vec<Node>),
    Object {
        fields: Vec<(&'static str, Node)>,
        empty: bool,
    },
}

impl Node {
    /// The value under a key, null included; `None` when absent or when this is no object.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        let Node::Object { fields, .. } = self else {
            return None;
        };
        fields.iter().find(|(name, _)| *name == key).map(|(_, node)| node)
    }

    /// The value at the end of a path of keys, unless it is absent or null.
    pub(super) fn at(&self, path: &[&str]) -> Option<&Node> {
        let end = path.iter().try_fold(self, |node, key| node.get(key))?;
        (*end != Node::Null).then_some(end)
    }

    /// The text, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Node::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A positive id, if it is one.
    pub(super) fn id(&self) -> Option<i64> {
        match self {
            Node::Integer(id) if *id >= 1 => Some(*id),
            _ => None,
        }
    }
}

/// Reads the wanted parts of a body.
pub(super) fn read(body: &[u8], want: &'static Want) -> Result<Node, CallError> {
    // Skipped strings are not checked for UTF-8 by the parser, so it is done here, once.
    let text = std::str::from_utf8(body).map_err(|_| CallError::NotJson)?;
    let doubled = RefCell::new(None);
    let mut parser = serde_json::Deserializer::from_str(text);
    let reader = Reader { want, doubled: &doubled };
    let node = reader.deserialize(&mut parser).and_then(|node| parser.end().map(|()| node));
    match (node, doubled.into_inner()) {
        (_, Some(key)) => Err(CallError::DuplicateKey(key)),
        (Ok(node), None) => Ok(node),
        (Err(_), None) => Err(CallError::NotJson),
    }
}

#[derive(Clone, Copy)]
struct Reader<'c> {
    want: &'static Want,
    /// The first doubled key, told out of band because a parser error has room for text only.
    doubled: &'c RefCell<Option<String>>,
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Integer(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node, E> {
        Ok(i64::try_from(value).map_or(Node::OtherNumber, Node::Integer))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Node, E> {
        Ok(Node::OtherNumber)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        if let Some((limit, want)) = self.want.items {
            let reader = Reader { want, ..self };
            while items.len() < limit {
                match seq.next_element_seed(reader)? {
                    Some(item) => items.push(item),
                    None => return Ok(Node::List(items)),
                }
            }
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut seen = HashSet::new();
        let mut fields = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            match self.want.fields.iter().find(|(name, _)| *name == key) {
                Some((name, want)) => {
                    let node = map.next_value_seed(Reader { want, ..self })?;
                    fields.push((*name, node));
                }
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            if seen.contains(&key) {
                self.doubled.replace(Some(harmless(&key)));
                return Err(A::Error::custom("a doubled key"));
            }
            seen.insert(key);
        }
        Ok(Node::Object { fields, empty: seen.is_empty() })
    }
}
