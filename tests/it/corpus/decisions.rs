//! Decisions on the bus, as a source with credentials of its own could send them.

use gitlab_sim::MergeRequest;
use serde_json::{Value, json};
use tests::Stage;
use uuid::Uuid;

use super::rows;

rows!(
    what_a_decision_can_say,
    [
        m07_the_same_again,
        m08_the_same_id_for_something_else,
        m10_other_forms_of_a_sha,
        m11_another_target_branch,
        m13_other_words,
        m14_unknown_fields,
        m20_a_changed_mind,
        m22_after_the_merge,
        m23_passed_is_no_verdict,
        m26_long_and_strange_comments,
        m41_nul_in_a_decision,
    ]
);

rows!(
    what_a_message_can_carry,
    [
        m13_words_of_other_types,
        m16_other_versions,
        m17_a_key_twice,
        m28_headers_for_the_bus,
        m29_a_spoofed_identity,
    ]
);

/// An approval of the head by another system.
fn approval(stage: &Stage, merge_request: &MergeRequest) -> Value {
    json!({
        "decision_id": Uuid::new_v4().to_string(), "request_id": stage.request_id(merge_request),
        "verdict": "approve", "sha": merge_request.sha(), "actor": { "id": "jane.doe" },
    })
}

/// A merge request that waits, and an approval of it.
async fn waiting(stage: &Stage, title: &str) -> (MergeRequest, Value) {
    let merge_request = stage.opens_merge_request(title).await;
    stage.state_becomes(&merge_request, "Waiting").await;
    let approval = approval(stage, &merge_request);
    (merge_request, approval)
}

/// The same under an id of its own, with another value.
fn with(decision: &Value, field: &str, value: Value) -> Value {
    let mut other = decision.clone();
    other["decision_id"] = json!(Uuid::new_v4().to_string());
    other[field] = value;
    other
}

/// Sends a decision that gets this code.
async fn gets(stage: &Stage, decision: &Value, code: &str) -> String {
    let receipt = stage.outside_system().decides(decision).await;
    let accepted = matches!(code, "accepted" | "duplicate");
    assert_eq!(
        (&receipt["code"], &receipt["accepted"]),
        (&json!(code), &json!(accepted)),
        "{receipt}"
    );
    receipt["message"].as_str().unwrap().to_owned()
}

/// Sends a message that is kept as a dead letter for this reason.
async fn buried(stage: &mut Stage, headers: &[(&str, &str)], data: &str, reason: &str) -> String {
    let bus = stage.bus().await;
    let before = bus.messages("CS_DEAD").await;
    stage.outside_system().tries(headers, data).await.unwrap();
    stage.is_quiet().await;
    assert_eq!(bus.messages("CS_DEAD").await, before + 1);
    stage.expects_a_dead_letter();
    let (subject, letter) = bus.read_all("CS_DEAD").await.pop().unwrap();
    assert_eq!(subject, format!("countersign.dead.v1.CS_DECISION_SERVICENOW.{reason}"));
    letter["cause"].as_str().unwrap().to_owned()
}

async fn m07_the_same_again(stage: &mut Stage) {
    let (merge_request, approval) = waiting(stage, "Approved twice").await;
    gets(stage, &approval, "accepted").await;
    merge_request.status_becomes(&stage.check, "passed").await;
    let (decisions, answers) = (stage.rows("decision").await, stage.gitlab.answers().len());
    gets(stage, &approval, "duplicate").await;
    stage.is_quiet().await;
    assert_eq!(stage.rows("decision").await, decisions);
    assert_eq!(stage.gitlab.answers().len(), answers);
}

/// A receipt is better than a dead letter: the sender reads what is wrong.
async fn m08_the_same_id_for_something_else(stage: &mut Stage) {
    let (merge_request, mut decision) = waiting(stage, "Rejected, then forged").await;
    decision["verdict"] = json!("reject");
    gets(stage, &decision, "accepted").await;
    merge_request.status_becomes(&stage.check, "failed").await;
    decision["verdict"] = json!("approve");
    let said = gets(stage, &decision, "invalid").await;
    assert_eq!(said, "This decision_id was used before with other content.");
    stage.is_quiet().await;
    assert_eq!(merge_request.status(&stage.check), "failed");
}

async fn m10_other_forms_of_a_sha(stage: &mut Stage) {
    let (merge_request, approval) = waiting(stage, "Judged by a short SHA").await;
    let sha = merge_request.sha();
    for form in [sha[..7].to_owned(), sha.to_uppercase(), format!("{sha} "), String::new()] {
        let said = gets(stage, &with(&approval, "sha", json!(form)), "invalid").await;
        assert_eq!(said, "sha must be the full head commit that was judged.");
    }
    gets(stage, &with(&approval, "sha", json!("a".repeat(40))), "stale_sha").await;
    assert_eq!(merge_request.status(&stage.check), "pending");
}

async fn m11_another_target_branch(stage: &mut Stage) {
    let (merge_request, approval) = waiting(stage, "Judged for another branch").await;
    for branch in ["production", "MAIN", "main ", "refs/heads/main", "m\u{430}in", "main\0"] {
        gets(stage, &with(&approval, "target_branch", json!(branch)), "stale_sha").await;
    }
    assert_eq!(merge_request.status(&stage.check), "pending");
}

async fn m13_other_words(stage: &mut Stage) {
    let (merge_request, approval) = waiting(stage, "Decided in other words").await;
    for word in ["PASSED", " approve", "Approve", "approve\n", "approve\0", "yes", ""] {
        let said = gets(stage, &with(&approval, "verdict", json!(word)), "invalid").await;
        assert_eq!(said, "verdict must be approve, reject, revoke or review.", "{word:?}");
    }
    gets(stage, &with(&approval, "verdict", Value::Null), "invalid").await;
    assert_eq!(merge_request.status(&stage.check), "pending");
}

async fn m13_words_of_other_types(stage: &mut Stage) {
    let (merge_request, approval) = waiting(stage, "Decided by a number").await;
    for value in [json!(true), json!(1), json!(["approve"]), json!({ "approve": true })] {
        let strange = with(&approval, "verdict", value).to_string();
        let cause = buried(stage, &[], &strange, "invalid").await;
        assert!(cause.starts_with("it is not the JSON of this message: expected "), "{cause}");
    }
    assert_eq!(merge_request.status(&stage.check), "pending");
}

/// The contract says that unknown fields are ignored, so that it can grow.
async fn m14_unknown_fields(stage: &mut Stage) {
    let (merge_request, approval) = waiting(stage, "Approved by a newer client").await;
    let newer = with(&approval, "ext", json!({ "status": "passed", "round": [1, { "a": null }] }));
    gets(stage, &newer, "accepted").await;
    merge_request.status_becomes(&stage.check, "passed").await;
}

async fn m16_other_versions(stage: &mut Stage) {
    let (merge_request, approval) = waiting(stage, "Approved in another version").await;
    for ce_type in ["dev.countersign.decision.v0", "dev.countersign.decision.v2", "decision"] {
        let cause =
            buried(stage, &[("ce-type", ce_type)], &approval.to_string(), "unknown-type").await;
        let expected = format!("ce-type is {ce_type}, here it must be dev.countersign.decision.v1");
        assert_eq!(cause, expected);
    }
    assert_eq!(merge_request.status(&stage.check), "pending");
}

/// Not in the table: what W14 is for a call.
async fn m17_a_key_twice(stage: &mut Stage) {
    let (merge_request, approval) = waiting(stage, "Rejected and approved").await;
    let twice = approval.to_string().replacen(
        "\"verdict\":\"approve\"",
        "\"verdict\":\"reject\",\"verdict\":\"approve\"",
        1,
    );
    let cause = buried(stage, &[], &twice, "invalid").await;
    assert!(cause.starts_with("a key stands twice in one object (line 1, "), "{cause}");
    assert_eq!(merge_request.status(&stage.check), "pending");
}

async fn m20_a_changed_mind(stage: &mut Stage) {
    let (merge_request, approval) = waiting(stage, "Approved, then rejected").await;
    gets(stage, &approval, "accepted").await;
    merge_request.status_becomes(&stage.check, "passed").await;
    gets(stage, &with(&approval, "verdict", json!("reject")), "accepted").await;
    merge_request.status_becomes(&stage.check, "failed").await;
    gets(stage, &with(&approval, "verdict", json!("approve")), "accepted").await;
    merge_request.status_becomes(&stage.check, "passed").await;
}

async fn m22_after_the_merge(stage: &mut Stage) {
    let (merged, approval) = waiting(stage, "Approved after the merge").await;
    merged.force_merge();
    stage.state_becomes(&merged, "Merged").await;
    gets(stage, &approval, "closed").await;
    let (closed, approval) = waiting(stage, "Approved after it was closed").await;
    closed.close();
    stage.state_becomes(&closed, "Closed").await;
    gets(stage, &approval, "closed").await;
    stage.is_quiet().await;
    for merge_request in [merged, closed] {
        assert_eq!(merge_request.status(&stage.check), "pending", "nothing was posted");
    }
}

/// Refused is better than counted as one vote: a sender that says so has another contract in mind.
async fn m23_passed_is_no_verdict(stage: &mut Stage) {
    let (merge_request, approval) = waiting(stage, "Passed by another system").await;
    gets(stage, &with(&approval, "verdict", json!("passed")), "invalid").await;
    assert_eq!(merge_request.status(&stage.check), "pending");
}

async fn m26_long_and_strange_comments(stage: &mut Stage) {
    let (merge_request, approval) = waiting(stage, "Commented on").await;
    let servicenow = stage.outside_system();
    let huge = with(&approval, "reason", json!("x".repeat(1_000_000)));
    let refused = servicenow.tries(&[], &huge.to_string()).await.unwrap_err();
    assert!(refused.contains("size") || refused.contains("payload"), "{refused}");
    let strange = "<script>alert(1)</script> \u{202e}detaeper\u{202c} \u{200b}";
    gets(stage, &with(&approval, "reason", json!(strange)), "accepted").await;
    let page = stage.approver("Reader").opens_newest(&merge_request).await.html;
    assert!(!page.contains("<script>alert"), "{page}");
    assert!(!page.contains(['\u{202e}', '\u{202c}', '\u{200b}']), "hidden characters are shown");
    assert!(page.contains("\u{fffd}detaeper\u{fffd}"), "{page}");
}

/// A replaced character is better than a lost decision: nothing is decided by a comment.
async fn m41_nul_in_a_decision(stage: &mut Stage) {
    let (merge_request, approval) = waiting(stage, "Approved with NUL").await;
    let mut strange = with(&approval, "reason", json!("a\0b"));
    strange["actor"] =
        json!({ "id": "jane\0doe", "name": "Jane\0", "email": "\0", "groups": ["\0"] });
    strange["evidence"] = json!([{ "label": "CHG\0", "url": "https://example.com/\0" }]);
    strange["target"] = json!({ "gitlab": "\0" });
    gets(stage, &strange, "accepted").await;
    merge_request.status_becomes(&stage.check, "passed").await;
    let page = stage.approver("Reader").opens_newest(&merge_request).await.html;
    assert!(page.contains("a\u{fffd}b") && !page.contains('\0'), "{page}");
    for field in ["request_id", "decision_id", "sha"] {
        let mut unusable = with(&approval, "reason", json!(""));
        let value = format!("{}\0", unusable[field].as_str().unwrap());
        unusable[field] = json!(value);
        match field {
            "decision_id" => {
                let cause = buried(stage, &[], &unusable.to_string(), "invalid").await;
                assert_eq!(cause, "decision_id must be a UUID");
            }
            _ => drop(gets(stage, &unusable, "invalid").await),
        }
    }
}

/// A source can neither purge its stream, nor have a message vanish, nor bind others to an order.
async fn m28_headers_for_the_bus(stage: &mut Stage) {
    let (merge_request, approval) = waiting(stage, "Approved with headers").await;
    let (bus, servicenow) = (stage.bus().await, stage.outside_system());
    gets(stage, &with(&approval, "verdict", json!("reject")), "accepted").await;
    let before = bus.messages("CS_DECISION_SERVICENOW").await;
    for header in [
        ("Nats-Rollup", "all"),
        ("Nats-Rollup", "sub"),
        ("Nats-TTL", "1s"),
        ("Nats-Expected-Stream", "CS_INTAKE"),
        ("Nats-Expected-Last-Sequence", "99999"),
        ("Nats-Expected-Last-Subject-Sequence", "99999"),
        ("Nats-Expected-Last-Msg-Id", "another"),
        ("Nats-Schedule", "@at 2030-01-01T00:00:00Z"),
        ("Nats-Incr", "+1"),
    ] {
        let refused = servicenow.tries(&[header], &approval.to_string()).await;
        assert!(refused.is_err(), "{header:?} was stored");
    }
    assert_eq!(bus.messages("CS_DECISION_SERVICENOW").await, before, "nothing is purged or stored");
    merge_request.status_becomes(&stage.check, "failed").await;
}

async fn m29_a_spoofed_identity(stage: &mut Stage) {
    let (merge_request, approval) = waiting(stage, "Approved as somebody else").await;
    let spoofed = [
        ("Nats-Request-Info", r#"{"acc":"A","user":"countersign","svc":"ui"}"#),
        ("ce-source", "/countersign/ui"),
        ("ce-subject", "another"),
    ];
    let servicenow = stage.outside_system();
    servicenow.tries(&spoofed, &approval.to_string()).await.unwrap();
    merge_request.status_becomes(&stage.check, "passed").await;
    let told = stage.approver("Reader").opens_newest(&merge_request).await.timeline();
    let decided = told.iter().find(|step| step.starts_with("decided")).unwrap();
    assert_eq!(decided, "decided: jane.doe (servicenow) approved.");
}
