//! Random input for everything that reads what others wrote. `PROPTEST_CASES` says how much of it;
//! `make fuzz` takes a lot.

mod answers;
mod calls;
mod signatures;
mod texts;

use proptest::prelude::*;
use serde_json::{Value, json};

/// Any JSON, small, with the words among it that mean something.
fn any_json() -> impl Strategy<Value = Value> {
    let words = prop::sample::select(vec![
        "merge_request",
        "main",
        "opened",
        "passed",
        "",
        "\0",
        "\u{202e}",
        "1",
        "null",
        "141be9714669a4c1ccaa013c6a7f3e462ff2a40f",
        "SHA does not match HEAD of source branch: x",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (0_i64..10).prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        words.prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        let key = prop_oneof![
            prop::sample::select(vec!["id", "iid", "title", "message", "error", "merge_request"])
                .prop_map(str::to_owned),
            any::<String>(),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(key, inner, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// The places in a JSON, as pointers.
fn places(value: &Value, here: &str, found: &mut Vec<String>) {
    found.push(here.to_owned());
    match value {
        Value::Object(fields) => {
            for (key, field) in fields {
                places(field, &format!("{here}/{key}"), found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                places(item, &format!("{here}/{index}"), found);
            }
        }
        _ => {}
    }
}

/// A JSON with a few of its values replaced.
fn edited(base: Value) -> impl Strategy<Value = Value> {
    let edits = prop::collection::vec((any::<prop::sample::Index>(), any_json()), 0..4);
    edits.prop_map(move |edits| {
        let mut value = base.clone();
        for (at, new) in edits {
            let mut found = Vec::new();
            places(&value, "", &mut found);
            if let Some(place) = value.pointer_mut(at.get::<String>(&found)) {
                *place = new;
            }
        }
        value
    })
}
