//! GitLab's answers.

use super::*;
use crate::{
    answer::{Answer, Reply, Status, classify},
    client::blanked,
};

const HEAD: &str = "141be9714669a4c1ccaa013c6a7f3e462ff2a40f";
const TOKEN: &str = "glpat-0123456789abcdef";

fn asked() -> Answer {
    Answer { project_id: 6, iid: 4, check_id: 1, sha: HEAD.to_owned(), status: Status::Passed }
}

fn created() -> Value {
    json!({
        "id": 1, "merge_request": { "iid": 4, "project_id": 6, "sha": HEAD },
        "external_status_check": { "id": 1, "external_url": "https://x?token=s" },
    })
}

fn any_body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..500),
        any_json().prop_map(|body| body.to_string().into_bytes()),
        edited(created()).prop_map(|body| body.to_string().into_bytes()),
        edited(json!({ "message": "409 Conflict", "error": "insufficient_scope" }))
            .prop_map(|body| body.to_string().into_bytes()),
    ]
}

/// Whether a body names our merge request and our check, read in another way than the product does.
fn names_ours(body: &[u8]) -> bool {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return false };
    let at = |pointer: &str| body.pointer(pointer).cloned().unwrap_or_default();
    at("/merge_request/iid") == json!(4)
        && at("/external_status_check/id") == json!(1)
        && [json!(6), Value::Null].contains(&at("/merge_request/project_id"))
        && [json!(HEAD), Value::Null].contains(&at("/merge_request/sha"))
}

proptest! {
    #[test]
    fn stored_means_a_201_that_names_ours(
        status in prop_oneof![0_u16..1_000, Just(201), Just(200), Just(409)],
        body in any_body(),
        header in prop::option::of(any::<String>()),
        content_type in prop::sample::select(vec![None, Some("application/json"), Some("text/html")]),
        oversized in any::<bool>(),
    ) {
        let header = header.as_deref();
        let reply = Reply {
            status, retry_after: header, date: header, content_type, location: header,
            body: &body, oversized,
        };
        let outcome = classify(&reply, &asked());
        let page = content_type == Some("text/html");
        let expected = status == 201 && names_ours(&body) && !oversized && !page;
        prop_assert_eq!(outcome.is_delivered(), expected, "{:?}", outcome);
        let sentence = outcome.sentence();
        prop_assert!(sentence.len() < 1_200 && sentence.ends_with('.'), "{}", sentence);
        prop_assert!(!sentence.chars().any(char::is_control), "{:?}", sentence);
    }

    #[test]
    fn a_token_that_is_echoed_is_in_no_sentence(
        status in 200_u16..600,
        before in "\\PC{0,40}",
        between in "\\PC{0,3}",
        key in prop::sample::select(vec!["message", "error", "error_description", "other"]),
    ) {
        let echo = format!("{before}{TOKEN}{between}{TOKEN}");
        for body in [json!({ key: echo }).to_string(), json!({ key: [echo] }).to_string(), echo] {
            let body = blanked(body.into_bytes(), TOKEN.as_bytes());
            let reply = Reply { status, body: &body, ..Reply::default() };
            let outcome = classify(&reply, &asked());
            let told = format!("{outcome:?} {outcome}");
            prop_assert!(!told.contains(TOKEN), "{}", told);
        }
    }
}
