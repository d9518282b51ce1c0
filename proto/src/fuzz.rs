//! Random input for what reads the messages of others. `PROPTEST_CASES` says how much of it;
//! `make fuzz` takes a lot.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{
    from_json, to_json,
    v1::{Decision, MergeRequestSeen, ResponseOutcome},
};

fn decision() -> Value {
    json!({
        "decision_id": "0b8f6f0e-0000-4000-8000-000000000000", "request_id": "4c1d",
        "target": { "gitlab": "main", "project_id": 6, "merge_request_iid": 4, "check_id": 1 },
        "verdict": "approve", "sha": "141be9714669a4c1ccaa013c6a7f3e462ff2a40f",
        "actor": { "id": "jane.doe", "name": "Jane Doe", "email": "j@x", "groups": ["cab"] },
        "reason": "CAB", "evidence": [{ "label": "CHG", "url": "https://x" }],
    })
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn arbitrary_bytes(text in prop::collection::vec(any::<u8>(), 0..1_000)) {
        let _any = from_json::<Decision>(&text);
        let _any = from_json::<MergeRequestSeen>(&text);
        let _any = from_json::<ResponseOutcome>(&text);
    }

    #[test]
    fn what_is_read_is_written_and_read_the_same(
        key in prop::sample::select(vec![
            "decision_id", "target", "verdict", "sha", "actor", "evidence", "reason", "later",
        ]),
        value in any_json(),
    ) {
        let mut text = decision();
        text[key] = value;
        match from_json::<Decision>(text.to_string().as_bytes()) {
            Ok(read) => prop_assert_eq!(from_json::<Decision>(&to_json(&read)).ok(), Some(read)),
            Err(error) => prop_assert!(error.to_string().len() < 200, "{}", error),
        }
    }

    #[test]
    fn a_field_that_stands_twice_is_never_read(
        key in prop::sample::select(vec!["decision_id", "verdict", "sha", "actor", "reason"]),
        value in any_json(),
    ) {
        let twice = format!("{{\"{key}\":{value},{}", &decision().to_string()[1..]);
        prop_assert!(from_json::<Decision>(twice.as_bytes()).is_err());
    }

    #[test]
    fn no_error_quotes_the_text(
        key in prop::sample::select(vec!["target", "actor", "evidence", "verdict"]),
    ) {
        let mut text = decision();
        text[key] = json!({ "glpat-hidden": ["glpat-hidden"] });
        text["evidence"] = json!("glpat-hidden");
        let error = from_json::<Decision>(text.to_string().as_bytes()).map(drop).err();
        prop_assert!(!error.is_none_or(|error| error.to_string().contains("hidden")));
    }
}
