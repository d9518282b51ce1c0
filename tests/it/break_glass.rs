//! Breaking the glass: one person approves in an emergency, and somebody else reviews it.

use gitlab_sim::MergeRequest;
use reqwest::StatusCode;
use serde_json::json;
use tests::{Approver, Page, Stage, Terms, story, until};
use uuid::Uuid;

/// Two must approve; Grace may break the glass.
const POLICY: &str = r#"
[[policy.rule]]
name = "Production"
requires.approvals = 2

[policy.break_glass]
people = ["grace"]
review_within = "72h"
"#;

fn with_glass() -> Terms {
    Terms::default().file(POLICY)
}

/// Approves by breaking the glass on the page of the head.
async fn breaks(grace: &Approver, merge_request: &MergeRequest, reason: &str) -> Page {
    let page = grace.opens_newest(merge_request).await;
    let mut form = page.form("approve");
    form.extend([("reason", reason.to_owned()), ("break_glass", "on".to_owned())]);
    form.push(("name", "Grace".to_owned()));
    let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    grace.sends(&page.url, &form, &[]).await
}

/// Grace has broken the glass for a merge request.
async fn broken(stage: &Stage) -> MergeRequest {
    let merge_request = stage.opens_merge_request("Restore payments").await;
    let page = breaks(&stage.approver("Grace"), &merge_request, "Payments are down").await;
    let said = "Recorded: approve. Approved by Grace, who broke the glass.";
    assert_eq!((page.status, page.notice().as_str()), (StatusCode::OK, said));
    merge_request
}

story!(one_approves_alone_and_another_reviews, with_glass(), |stage| {
    let merge_request = broken(stage).await;
    merge_request.status_becomes(&stage.check, "passed").await;
    let ada = stage.approver("Ada");
    assert!(ada.gets("/approval-apps/?show=review").await.html.contains("glass broken"));
    let page = ada.opens_newest(&merge_request).await;
    let told = page.text_after("<p id=\"glass\"");
    assert!(
        told.starts_with("Grace broke the glass. Somebody else must review it by 20"),
        "{told}"
    );
    let reviewed = ada.decides(&page, "review", "It was right").await;
    assert_eq!(reviewed.notice(), "Recorded: review. The broken glass was reviewed by Ada.");
    assert!(reviewed.html.contains("glass broken, reviewed"), "{}", reviewed.html);
    assert!(!ada.gets("/approval-apps/?show=review").await.html.contains("Restore payments"));
    let told = stage.audit_kinds().await.join(" ");
    assert!(told.contains("glass-broken") && told.contains("glass-reviewed"), "{told}");
});

story!(it_needs_a_reason_and_the_right, with_glass(), |stage| {
    let merge_request = stage.opens_merge_request("Restore payments").await;
    let silent = breaks(&stage.approver("Grace"), &merge_request, " ").await;
    let said =
        "Not recorded as a decision. To break the glass needs a reason; say why it cannot wait.";
    assert_eq!((silent.status, silent.notice().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, said));
    let ada = stage.approver("Ada");
    ada.introduces_themselves().await;
    let page = ada.opens_newest(&merge_request).await;
    assert!(!page.html.contains("name=\"break_glass\""), "{}", page.html);
    let mut form = page.form("approve");
    form.extend([("reason", "I want to".to_owned()), ("break_glass", "on".to_owned())]);
    let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let refused = ada.sends(&page.url, &form, &[]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(refused.notice(), "Not recorded as a decision. Ada may not break the glass here.");
});

story!(whoever_broke_it_does_not_review_it, with_glass(), |stage| {
    let merge_request = broken(stage).await;
    let grace = stage.approver("Grace");
    let page = grace.opens_newest(&merge_request).await;
    let refused = grace.decides(&page, "review", "I was right").await;
    let said = "Not recorded as a decision. Grace broke the glass; somebody else must review that.";
    assert_eq!((refused.status, refused.notice().as_str()), (StatusCode::FORBIDDEN, said));
});

story!(a_review_that_nobody_gave_is_said_once, |stage| {
    stage.is_configured_by(&POLICY.replace("72h", "50ms"));
    let merge_request = broken(stage).await;
    let id = stage.request_id(&merge_request);
    let ada = stage.approver("Ada");
    until("it to be overdue", async || ada.opens(&id).await.html.contains("A review was due by"))
        .await;
    assert!(ada.gets("/approval-apps/?show=all").await.html.contains("review overdue"));
    stage.metric_becomes("countersign_break_glass_total{event=\"break-glass-unreviewed\"} 1").await;
    stage.is_quiet().await;
    let events = stage.bus().await.read_all("CS_EVENT").await;
    let types: Vec<_> = events.iter().map(|(_, event)| event["type"].clone()).collect();
    let of = |name: &str| types.iter().filter(|it| **it == json!(name)).count();
    assert_eq!((of("break-glass-used"), of("break-glass-unreviewed")), (1, 1), "{types:?}");
});

story!(it_can_be_reviewed_after_the_merge_and_over_http, with_glass(), |stage| {
    let merge_request = broken(stage).await;
    merge_request.status_becomes(&stage.check, "passed").await;
    merge_request.merge().unwrap();
    stage.state_becomes(&merge_request, "Merged").await;
    let words = ["token", "create", "--source", "servicenow", "--note", "Reviews", "--by", "Olga"];
    let scopes = ["--scope", "read", "--scope", "decide"];
    let made = stage.operator().says(&[&words[..], &scopes].concat()).text;
    let servicenow = stage.api_client(made.lines().next());
    let found = servicenow.asks("/requests?to_review=true").await.body;
    assert_eq!(found["requests"][0]["glass"], "broken", "{found}");
    let review = json!({
        "decision_id": Uuid::new_v4(), "verdict": "review", "sha": merge_request.sha(),
        "actor": { "id": "jane.doe", "name": "Jane Doe" }, "reason": "PIR0001: it was right",
    });
    let answer = servicenow.decides(&stage.request_id(&merge_request), &review).await;
    assert_eq!((answer.status.as_u16(), &answer.body["code"]), (201, &json!("accepted")));
    let found = servicenow.asks("/requests?to_review=true").await.body;
    assert_eq!(found["requests"], json!([]));
});

story!(it_passes_a_freeze, |stage| {
    stage.is_configured_by(&format!("{POLICY}{}", crate::policies::freeze(-60, 86_400)));
    let merge_request = broken(stage).await;
    merge_request.status_becomes(&stage.check, "passed").await;
    let page = stage.approver("Ada").approves(&merge_request).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN, "nobody else approves");
});

story!(the_policy_says_who_may, with_glass(), |stage| {
    let said = stage.operator().says(&["policy", "check"]).text;
    let told = "Break-glass: every merge request\n  grace may approve alone, with a reason, also in \
                a freeze\n  anybody else must review that within 3d";
    assert!(said.contains(told), "{said}");
    let open = POLICY.replace("people = [\"grace\"]", "");
    let file = stage.writes_config(&open);
    let refused = stage.operator().with("COUNTERSIGN_CONFIG", &file).says(&["policy", "check"]);
    let why = "countersign: policy.break_glass: everybody could approve anything; say who may with \
               people or groups";
    assert_eq!((refused.code, refused.text.as_str()), (Some(64), why));
});
