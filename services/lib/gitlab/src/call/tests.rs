#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

mod refused;

const SHA: &str = "141be9714669a4c1ccaa013c6a7f3e462ff2a40f";

/// A push to merge request !4 of project 6 as GitLab 18.9 sends it, shortened.
fn payload() -> Value {
    let project = json!({ "id": 6, "name": "Flight", "path_with_namespace": "flightjs/Flight" });
    json!({
        "object_kind": "merge_request",
        "event_type": "merge_request",
        "user": { "id": 1, "name": "Ada Admin", "username": "ada", "email": "ada@example.com" },
        "project": project,
        "object_attributes": {
            "id": 59, "iid": 4, "target_project_id": 6, "source_project_id": 6, "author_id": 1,
            "title": "A text", "description": "confidential", "source_branch": "feature",
            "target_branch": "main", "url": "https://gitlab.example.com/flightjs/Flight/-/merge_requests/4",
            "state": "opened", "action": "update", "oldrev": "b".repeat(40), "system": false,
            "draft": false, "updated_at": "2026-01-16 05:56:22 UTC", "target": project,
            "last_commit": { "id": SHA, "author": { "name": "X", "email": "x@example.com" } },
            "labels": [{ "id": 1, "title": "backend" }, { "id": 2, "title": "urgent" }],
            "approval_rules": [{ "id": 7 }],
        },
        "labels": [],
        "changes": {},
        "external_approval_rule": { "id": 1, "name": "QA", "external_url": "https://x?token=s" },
    })
}

/// The payload after one change at a JSON pointer; a missing last key is added.
fn with(pointer: &str, value: Value) -> Value {
    let mut body = payload();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let object = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    object.insert(key.to_owned(), value);
    body
}

fn without(pointer: &str) -> Value {
    let mut body = payload();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let object = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    object.remove(key).unwrap();
    body
}

fn read(body: &Value) -> Result<StatusCheckCall, CallError> {
    parse(body.to_string().as_bytes())
}

fn attribute(name: &str, value: Value) -> Result<StatusCheckCall, CallError> {
    read(&with(&format!("/object_attributes/{name}"), value))
}

fn bad_path(result: Result<StatusCheckCall, CallError>) -> &'static str {
    match result.err() {
        Some(CallError::BadField { path, .. }) => path,
        _ => "",
    }
}

#[test]
fn a_push_becomes_a_call_with_all_facts() {
    let call = read(&payload()).unwrap();
    let ada = Person { id: 1, username: "ada".into(), name: "Ada Admin".into() };
    assert_eq!((call.project_id, call.iid, call.check_id), (6, 4, 1));
    assert_eq!(call.project_path, "flightjs/Flight");
    assert_eq!(call.check_name, "QA");
    assert_eq!(call.sha.as_deref(), Some(SHA));
    assert_eq!(call.oldrev, Some("b".repeat(40)));
    assert_eq!(call.action.as_deref(), Some("update"));
    assert_eq!(call.state, "opened");
    assert_eq!(call.source_project_id, Some(6));
    assert_eq!((&*call.source_branch, &*call.target_branch), ("feature", "main"));
    assert_eq!(call.author_name.as_deref(), Some("Ada Admin"));
    assert_eq!(call.actor, Some(ada));
    assert_eq!(call.labels, ["backend", "urgent"]);
    assert_eq!(call.updated_at, "2026-01-16T05:56:22Z".parse().ok());
    assert!(call.no_changes && !call.is_retry() && !call.draft && !call.system);
}

#[test]
fn retry_is_no_action_and_no_changes() {
    let mut body = without("/object_attributes/action");
    for (changes, expected) in [
        (json!({}), true),
        (Value::Null, true),
        (json!({ "title": { "previous": "a", "current": "b" } }), false),
        (json!("?"), false),
    ] {
        body["changes"] = changes;
        assert_eq!(read(&body).unwrap().is_retry(), expected, "{body}");
    }
    body.as_object_mut().unwrap().remove("changes");
    assert!(read(&body).unwrap().is_retry());
    assert!(!read(&payload()).unwrap().is_retry());
}

#[test]
fn the_author_is_named_only_when_acting() {
    let call = attribute("author_id", json!(2)).unwrap();
    assert_eq!((call.author_id, call.author_name), (Some(2), None));
    assert_eq!(call.actor.unwrap().id, 1);
}

#[test]
fn a_bad_oldrev_is_dropped() {
    for bad in [json!("0".repeat(40)), json!(""), json!("abc"), json!(1), Value::Null] {
        assert_eq!(attribute("oldrev", bad).unwrap().oldrev, None);
    }
}

#[test]
fn w40_branches_are_byte_exact() {
    for branch in ["main ", "refs/heads/main", "MAIN", "m\u{430}in", " main", "ma\u{301}in"] {
        assert_eq!(attribute("target_branch", json!(branch)).unwrap().target_branch, branch);
    }
}

#[test]
fn w43_w16_large_parts_are_cut_or_skipped() {
    let mut body = with("/object_attributes/description", json!("d".repeat(25_000_000)));
    let label = json!({ "title": "ä".repeat(300) });
    body["object_attributes"]["labels"] = json!(vec![label; 10_000]);
    body["object_attributes"]["title"] = json!("€".repeat(5_000));
    let call = read(&body).unwrap();
    assert_eq!(call.labels, vec!["ä".repeat(255); 16], "8 KiB of labels");
    body["object_attributes"]["labels"] = json!(vec![json!({ "title": "x" }); 10_000]);
    assert_eq!(read(&body).unwrap().labels, vec!["x"; 100]);
    assert_eq!(call.title, "€".repeat(1_000));
}

#[test]
fn w44_markup_is_text() {
    let script = "<script>alert(1)</script>{{7*7}}";
    assert_eq!(attribute("title", json!(script)).unwrap().title, script);
}

#[test]
fn w50_a_fork_belongs_to_the_target_project() {
    let call = attribute("source_project_id", json!(77)).unwrap();
    assert_eq!((call.project_id, call.source_project_id), (6, Some(77)));
    assert_eq!(attribute("source_project_id", Value::Null).unwrap().source_project_id, None);
}

#[test]
fn the_path_is_that_of_the_target_project() {
    let mut body = with("/project/path_with_namespace", json!("fork/Flight"));
    body["project"]["id"] = json!(77);
    assert_eq!(read(&body).unwrap().project_path, "flightjs/Flight");
    assert_eq!(read(&without("/project")).unwrap().project_path, "flightjs/Flight");
}

#[test]
fn w52_only_web_addresses_are_kept() {
    for bad in ["javascript:alert(1)", "//x", "https://x y", "", "https://a\n"] {
        assert_eq!(attribute("url", json!(bad)).unwrap().url, "", "{bad}");
    }
}

#[test]
fn both_forms_of_a_retarget_are_read() {
    let object = json!({ "target_branch": { "previous": "main", "current": "dev" } });
    let array = json!({ "target_branch": ["main", "dev"], "reviewers": [[], [{ "id": 1 }]] });
    for changes in [object, array] {
        let call = read(&with("/changes", changes)).unwrap();
        assert_eq!(call.previous_target_branch.as_deref(), Some("main"));
        assert!(!call.no_changes);
    }
    for previous in [json!({ "previous": null }), json!([]), json!([null, "x"]), json!("x")] {
        let call = read(&with("/changes", json!({ "target_branch": previous }))).unwrap();
        assert_eq!(call.previous_target_branch, None);
    }
}

#[test]
fn old_and_reduced_payloads_are_accepted() {
    let old = with("/object_attributes/work_in_progress", json!(true));
    assert!(!read(&old).unwrap().draft, "`draft` is the newer word");
    let mut body = without("/object_attributes/draft");
    body["object_attributes"]["work_in_progress"] = json!(true);
    assert!(read(&body).unwrap().draft);
    assert_eq!(bad_path(attribute("draft", json!("no"))), "object_attributes.draft");

    let least = json!({
        "object_kind": "merge_request",
        "object_attributes": { "iid": 4, "target_project_id": 6, "state": "opened" },
        "external_approval_rule": { "id": 1 },
    });
    let call = read(&least).unwrap();
    assert_eq!((call.sha, call.actor, call.updated_at), (None, None, None));
    assert!(call.labels.is_empty() && call.title.is_empty());
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(body in prop::collection::vec(any::<u8>(), 0..2_000)) {
        prop_assert!(parse(&body).is_err());
    }

    #[test]
    fn mutated_payloads_never_panic_and_keep_their_promises(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
        whole in any::<bool>(),
    ) {
        let mut body = payload().to_string().into_bytes();
        for (at, byte) in edits {
            let at = at.index(body.len());
            body[at] = byte;
        }
        if !whole {
            body.truncate(cut.index(body.len()));
        }
        if let Ok(call) = parse(&body) {
            prop_assert!(call.project_id >= 1 && call.iid >= 1 && call.check_id >= 1);
            prop_assert!(call.sha.is_none_or(|sha| matches!(sha.len(), 40 | 64)));
            prop_assert!(!call.target_branch.contains('\0'));
        }
    }
}
