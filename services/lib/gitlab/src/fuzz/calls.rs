//! Bodies of calls.

use super::*;
use crate::call::{StatusCheckCall, parse};

/// Most bytes of all texts of a call together; in JSON they at most double.
const TEXT_BYTES_MAX: usize = 28 * 1024;

fn payload() -> Value {
    let project = json!({ "id": 6, "name": "Flight", "path_with_namespace": "flightjs/Flight" });
    json!({
        "object_kind": "merge_request", "event_type": "merge_request",
        "user": { "id": 1, "name": "Ada Admin", "username": "ada", "email": "ada@example.com" },
        "project": project,
        "object_attributes": {
            "id": 59, "iid": 4, "target_project_id": 6, "source_project_id": 6, "author_id": 1,
            "title": "A text", "description": "confidential", "source_branch": "feature",
            "target_branch": "main", "url": "https://gitlab.example.com/-/merge_requests/4",
            "state": "opened", "action": "update", "oldrev": "b".repeat(40), "draft": false,
            "updated_at": "2026-01-16 05:56:22 UTC", "target": project,
            "last_commit": { "id": "141be9714669a4c1ccaa013c6a7f3e462ff2a40f" },
            "labels": [{ "id": 1, "title": "backend" }],
        },
        "labels": [], "changes": { "target_branch": { "previous": "dev", "current": "main" } },
        "external_approval_rule": { "id": 1, "name": "QA", "external_url": "https://x?token=s" },
    })
}

fn texts(call: &StatusCheckCall) -> Vec<&str> {
    let mut texts: Vec<&str> = vec![
        &call.project_path,
        &call.check_name,
        &call.state,
        &call.source_branch,
        &call.target_branch,
        &call.title,
        &call.url,
    ];
    let options =
        [&call.sha, &call.oldrev, &call.action, &call.previous_target_branch, &call.author_name];
    texts.extend(options.into_iter().flatten().map(String::as_str));
    texts.extend(call.actor.iter().flat_map(|actor| [&*actor.username, &*actor.name]));
    texts.extend(call.labels.iter().map(String::as_str));
    texts
}

fn keeps_its_promises(body: &[u8]) -> Result<(), TestCaseError> {
    let call = match parse(body) {
        Ok(call) => call,
        Err(error) => {
            prop_assert!(error.to_string().len() < 300, "{}", error);
            return Ok(());
        }
    };
    prop_assert!(call.project_id >= 1 && call.iid >= 1 && call.check_id >= 1);
    prop_assert!(call.sha.as_ref().is_none_or(|sha| matches!(sha.len(), 40 | 64)));
    prop_assert!(!call.state.is_empty());
    let texts = texts(&call);
    prop_assert!(texts.iter().all(|text| !text.contains(char::is_control)), "{:?}", call);
    prop_assert!(texts.iter().map(|text| text.len()).sum::<usize>() <= TEXT_BYTES_MAX);
    Ok(())
}

#[test]
fn the_payload_is_a_call() {
    assert!(parse(payload().to_string().as_bytes()).is_ok());
}

proptest! {
    #[test]
    fn arbitrary_bytes(body in prop::collection::vec(any::<u8>(), 0..2_000)) {
        prop_assert!(parse(&body).is_err());
    }

    #[test]
    fn arbitrary_json(body in any_json()) {
        keeps_its_promises(body.to_string().as_bytes())?;
    }

    #[test]
    fn edited_payloads(body in edited(payload())) {
        keeps_its_promises(body.to_string().as_bytes())?;
    }

    #[test]
    fn damaged_payloads(
        body in edited(payload()),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let mut body = body.to_string().into_bytes();
        for (at, byte) in damage {
            let at = at.index(body.len());
            body[at] = byte;
        }
        keeps_its_promises(&body)?;
    }

    #[test]
    fn long_texts(
        place in prop::sample::select(vec!["title", "source_branch", "url", "state", "labels"]),
        text in "\\PC{0,6}",
        times in 0_usize..2_000,
    ) {
        let mut body = payload();
        let long = json!(text.repeat(times));
        body["object_attributes"][place] = match place {
            "labels" => json!(vec![json!({ "title": long }); 120]),
            _ => long,
        };
        keeps_its_promises(body.to_string().as_bytes())?;
    }

    #[test]
    fn a_doubled_key_is_never_a_call(at in any::<prop::sample::Index>(), value in any_json()) {
        let Value::Object(fields) = payload() else { return Ok(()) };
        let keys: Vec<&String> = fields.keys().collect();
        let (key, rest) = (at.get(&keys), payload().to_string());
        let doubled = format!("{{\"{key}\":{value},{}", &rest[1..]);
        prop_assert!(parse(doubled.as_bytes()).is_err());
    }
}
