//! Whatever a hostile server sends.

use proptest::prelude::*;

use super::*;

fn any_body() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::sample::select(vec![
        r#"{"message":null}"#,
        r#"{"message":[[1],{}]}"#,
        r#"{"message":"SHA does not match HEAD of source branch: "}"#,
        r#"{"error":"insufficient_scope"}"#,
        "{}",
    ]);
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..500),
        words.prop_map(|text| text.as_bytes().to_vec()),
        Just(created(4, 6, 1, HEAD).into_bytes()),
    ]
}

proptest! {
    #[test]
    fn classification_never_panics_and_stored_means_stored(
        status in 0_u16..1_000,
        body in any_body(),
        header in prop::option::of(".*"),
        oversized in any::<bool>(),
    ) {
        let header = header.as_deref();
        let reply = Reply {
            status, retry_after: header, date: header, content_type: header, location: header,
            body: &body, oversized,
        };
        let outcome = classify(&reply, &asked());
        let right = body == created(4, 6, 1, HEAD).as_bytes();
        if outcome.is_delivered() {
            prop_assert!(status == 201 && right && !oversized);
        }
        let sentence = outcome.sentence();
        prop_assert!(sentence.len() < 1_200 && sentence.ends_with('.'), "{}", sentence);
        prop_assert!(!sentence.chars().any(char::is_control));
        prop_assert!(!outcome.code().is_empty());
    }

    #[test]
    fn a_changed_201_is_never_stored_for_another(iid in 1_i64..9, project in 1_i64..9, check in 1_i64..9) {
        let stored = outcome(201, &created(iid, project, check, HEAD)).is_delivered();
        prop_assert_eq!(stored, (iid, project, check) == (4, 6, 1));
    }
}
