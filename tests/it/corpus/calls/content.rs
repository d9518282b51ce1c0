//! Signed bodies that are strange in one way.

use serde_json::{Value, json};
use tests::Stage;

use super::{super::rows, body, buried, request_of, taken};

rows!(
    what_is_kept_as_a_dead_letter,
    [
        w11_empty_body,
        w13_other_json,
        w14_duplicate_keys,
        w29_other_event,
        w32_no_attributes,
        w35_strange_iid,
        w37_strange_sha,
        w41_nul_in_a_branch,
    ]
);

rows!(
    what_is_taken,
    [
        w38_sha256_object_id,
        w40_branches_are_byte_exact,
        w41_nul_in_a_title,
        w43_large_parts,
        w44_markup,
        w50_fork,
        w59_draft,
    ]
);

async fn w11_empty_body(stage: &mut Stage) {
    buried(stage, "", "The body is not readable JSON.").await;
}

async fn w13_other_json(stage: &mut Stage) {
    for body in ["[]", "\"x\"", "1", "null", "true"] {
        buried(stage, body, "The body is JSON but not an object.").await;
    }
}

async fn w14_duplicate_keys(stage: &mut Stage) {
    let body = body(stage, 9_014).await.to_string();
    for twice in ["\"iid\":9014,\"iid\":9015", "\"iid\":9014,\"\\u0069id\":9014"] {
        let body = body.replacen("\"iid\":9014", twice, 1);
        let words = "The key `iid` occurs twice in one object, so the call is ambiguous.";
        buried(stage, body, words).await;
    }
}

/// 422 is better than a silent 202: the address was given to something that is no status check, and
/// who looks at the answer reads what to do.
async fn w29_other_event(stage: &mut Stage) {
    let mut body = body(stage, 9_029).await;
    body["object_kind"] = json!("push");
    let words = "The call is a `push` event, not a merge request status check; use this URL only \
                 as an external status check.";
    buried(stage, body.to_string(), words).await;
}

async fn w32_no_attributes(stage: &mut Stage) {
    let mut body = body(stage, 9_032).await;
    body.as_object_mut().unwrap().remove("object_attributes");
    buried(stage, body.to_string(), "The field `object_attributes` is missing.").await;
}

async fn w35_strange_iid(stage: &mut Stage) {
    let body = body(stage, 9_035).await.to_string();
    for iid in ["0", "-1", "1.5", "\"12\"", "9223372036854775808"] {
        let body = body.replacen("\"iid\":9035", &format!("\"iid\":{iid}"), 1);
        let words = "The field `object_attributes.iid` is not a positive whole number below 2^63.";
        buried(stage, body, words).await;
    }
    let beyond = body.replacen("\"iid\":9035", "\"iid\":1e400", 1);
    buried(stage, beyond, "The body is not readable JSON.").await;
}

async fn w37_strange_sha(stage: &mut Stage) {
    let mut body = body(stage, 9_037).await;
    for sha in ["a".repeat(39), "a".repeat(41), "A".repeat(40), "g".repeat(40), "HEAD".into()] {
        body["object_attributes"]["last_commit"]["id"] = json!(sha);
        let words = "The field `object_attributes.last_commit.id` is not a full SHA of 40 or 64 \
                     lower-case hex digits.";
        buried(stage, body.to_string(), words).await;
    }
}

async fn w41_nul_in_a_branch(stage: &mut Stage) {
    for field in ["source_branch", "target_branch"] {
        let mut body = body(stage, 9_041).await;
        body["object_attributes"][field] = json!("main\0");
        let words = format!(
            "The field `object_attributes.{field}` is not text of at most 1,024 bytes without \
             control characters."
        );
        buried(stage, body.to_string(), &words).await;
    }
}

/// Makes a call and opens the page of the request that it made.
async fn page_of(stage: &Stage, body: &Value) -> tests::Page {
    taken(stage, body).await;
    let request = request_of(body);
    stage.state_of_becomes(&request, "Waiting").await;
    stage.approver("Reader").opens(&request).await
}

/// What the bus holds of a call, and how many bytes that is.
async fn event_of(stage: &Stage, body: &Value) -> (Value, usize) {
    taken(stage, body).await;
    let (_, event) = stage.bus().await.read_all("CS_INTAKE").await.pop().unwrap();
    let bytes = event.to_string().len();
    (event, bytes)
}

async fn w38_sha256_object_id(stage: &mut Stage) {
    let mut body = body(stage, 9_038).await;
    let sha = "38".repeat(32);
    body["object_attributes"]["last_commit"]["id"] = json!(sha);
    assert!(page_of(stage, &body).await.html.contains(&sha));
}

async fn w40_branches_are_byte_exact(stage: &mut Stage) {
    let alike = ["main ", "refs/heads/main", "MAIN", "m\u{430}in"];
    for (iid, branch) in (9_400..).zip(alike) {
        let mut body = body(stage, iid).await;
        body["object_attributes"]["target_branch"] = json!(branch);
        page_of(stage, &body).await;
        let decision = json!({
            "decision_id": uuid::Uuid::new_v4().to_string(), "request_id": request_of(&body),
            "verdict": "approve", "sha": body["object_attributes"]["last_commit"]["id"],
            "actor": { "id": "jane.doe" }, "target_branch": "main",
        });
        let receipt = stage.outside_system().decides(&decision).await;
        assert_eq!(receipt["code"], "stale_sha", "main was judged, not {branch:?}: {receipt}");
    }
    // What cannot be seen can be decided about all the same: the form carries it byte by byte.
    let author = stage.gitlab.user_named("grace", "Grace Mbeki");
    let hidden = stage.project.merge_request("Hidden", &author).into_branch("ma\u{200b}in").opens();
    let page = stage.approver("Ada").approves(&hidden).await;
    assert_eq!(page.state(), "Approved", "{}", page.notice());
    hidden.status_becomes(&stage.check, "passed").await;
}

async fn w41_nul_in_a_title(stage: &mut Stage) {
    let mut body = body(stage, 9_410).await;
    body["object_attributes"]["title"] = json!("Faster\0 checkout");
    body["object_attributes"]["labels"] = json!([{ "title": "a\0b" }]);
    body["user"]["name"] = json!("Grace\0");
    body["object_attributes"]["description"] = json!("\0");
    let page = page_of(stage, &body).await;
    assert!(page.html.contains("Faster\u{fffd} checkout"), "{}", page.html);
}

async fn w43_large_parts(stage: &mut Stage) {
    let mut body = body(stage, 9_043).await;
    body["object_attributes"]["description"] = json!("d".repeat(1_000_000));
    body["object_attributes"]["labels"] = json!(vec![json!({ "title": "backend" }); 10_000]);
    let (event, bytes) = event_of(stage, &body).await;
    assert!(bytes <= 8 * 1024 && !event.to_string().contains("ddd"), "{bytes} bytes");
    // Too much of everything that is kept still fits into a message, and so is not stuck.
    body["object_attributes"]["title"] = json!("\u{1f600}".repeat(2_000));
    body["object_attributes"]["labels"] =
        json!(vec![json!({ "title": "\u{1}\"".repeat(200) }); 200]);
    body["object_attributes"]["target_branch"] = json!("\"".repeat(1_024));
    let (_, bytes) = event_of(stage, &body).await;
    assert!(bytes < 60 * 1024, "{bytes} bytes");
    stage.is_quiet().await;
}

async fn w44_markup(stage: &mut Stage) {
    let mut body = body(stage, 9_044).await;
    let script = "<script>alert(1)</script>\"><img src=x onerror=alert(1)>{{7*7}}";
    for field in ["title", "source_branch", "target_branch"] {
        body["object_attributes"][field] = json!(script);
    }
    body["external_approval_rule"]["name"] = json!(script);
    body["object_attributes"]["labels"] = json!([{ "title": script }]);
    let page = page_of(stage, &body).await.html;
    assert!(!page.contains("<script>alert") && !page.contains("<img src=x"), "{page}");
    assert!(page.contains("{{7*7}}") && !page.contains(">49"), "{page}");
    let list = stage.approver("Reader").opens_list().await.html;
    assert!(!list.contains("<script>alert") && !list.contains("<img src=x"), "{list}");
}

async fn w50_fork(stage: &mut Stage) {
    let fork = stage.gitlab.project("grace/backend");
    let author = stage.gitlab.user_named("grace", "Grace Mbeki");
    let merge_request =
        stage.project.merge_request("From a fork", &author).from_fork(&fork).opens();
    stage.approver("Ada").approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
    let event = stage.bus().await.read_all("CS_INTAKE").await.pop().unwrap();
    assert_eq!(event.0, format!("countersign.intake.v1.main.{}", stage.project.id()));
    assert_eq!(event.1["source_project_id"], fork.id().to_string());
}

/// Nothing passes by itself, whatever else is special about the merge request or its project.
async fn w59_draft(stage: &mut Stage) {
    let author = stage.gitlab.user_named("grace", "Grace Mbeki");
    let draft = stage.project.merge_request("Not yet", &author).draft().opens();
    let archived = stage.gitlab.project("shop/old");
    let hook = format!("{}/approval-apps/status_check", stage.hook_server());
    let check = archived.check("Change approval", &hook, Some(tests::HOOK_SECRET));
    let old = archived.opens_merge_request("In an archive", &author);
    archived.archive();
    old.resend();
    let mut without_approvals = body(stage, 9_059).await;
    without_approvals["object_attributes"].as_object_mut().unwrap().remove("approval_rules");
    page_of(stage, &without_approvals).await;
    stage.gitlab.calls_settled().await;
    stage.is_quiet().await;
    assert_eq!((draft.status(&stage.check), old.status(&check)), ("pending", "pending"));
    stage.state_becomes(&draft, "Waiting").await;
}
