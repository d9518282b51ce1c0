//! The operations page: how everything is, for operators.

use reqwest::StatusCode;
use tests::{Approver, Terms, story};

const PAGE: &str = "/approval-apps/operations";

/// Waits until the page says so.
async fn page_says(reader: &Approver, words: &str) {
    tests::until(words, async || reader.gets(PAGE).await.html.contains(words)).await;
}

/// Roles that run apart, with a sweep.
fn apart() -> Terms {
    Terms::default().apart().with("COUNTERSIGN_DECISION__SWEEP_PER_SECOND", "50")
}

story!(each_role_says_how_it_is, apart(), |stage| {
    stage.opens_merge_request("Faster checkout").await;
    let olga = stage.approver("");
    for role in ["ingress", "recorder", "decision", "ui"] {
        page_says(&olga, &format!("<strong>{role}</strong>")).await;
    }
    page_says(&olga, "<code>CS_INTAKE</code>").await;
    page_says(&olga, "<code>CS_RESPOND</code>").await;
    page_says(&olga, "<dt>Calls in the spool</dt><dd>0</dd>").await;
    page_says(&olga, "<dt>Last whole sweep of main</dt>").await;
    page_says(&olga, "Off: everything is posted to GitLab.").await;
    assert!(!olga.gets(PAGE).await.html.contains("Not ready"), "{}", olga.gets(PAGE).await.html);
});

const RIGHTS: &str = r#"
[[policy.right]]
right = "approver"
people = ["ada"]

[[policy.right]]
right = "operator"
people = ["olga"]
"#;

story!(it_is_for_operators, Terms::default().file(RIGHTS), |stage| {
    let (ada, olga) = (stage.approver("Ada"), stage.approver("Olga"));
    ada.introduces_themselves().await;
    olga.introduces_themselves().await;
    assert_eq!(ada.gets(PAGE).await.status, StatusCode::NOT_FOUND);
    assert!(!ada.opens_list().await.html.contains(PAGE));
    assert_eq!(olga.gets(PAGE).await.status, StatusCode::OK);
    assert!(olga.opens_list().await.html.contains(PAGE));
});

story!(an_operator_says_go_on, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.is_quiet().await;
    stage.is_stopped();
    stage.somebody_edits_the_audit_record("GitLab called", "Nobody called").await;
    stage.starts();
    let olga = stage.approver("Olga");
    olga.introduces_themselves().await;
    olga.approves(&merge_request).await;
    page_says(&olga, "Why it may go on").await;
    stage.somebody_edits_the_audit_record("Nobody called", "GitLab called").await;
    let token = olga.gets(PAGE).await.hidden("token");
    let forged = [("token", "00"), ("reason", "Checked")];
    assert_eq!(olga.posts(&format!("{PAGE}/go-on"), &forged).await.status, StatusCode::FORBIDDEN);
    let form = [("token", token.as_str()), ("reason", "The disk was replaced")];
    assert_eq!(olga.posts(&format!("{PAGE}/go-on"), &form).await.html, format!("see {PAGE}"));
    page_says(&olga, "Off: everything is posted to GitLab.").await;
    merge_request.status_becomes(&stage.check, "passed").await;
});
