//! When what we know may not be what was, only `failed` is posted until an operator says go on.

use tests::{Stage, Terms, story};

/// What an operator reads.
fn asked(stage: &Stage) -> String {
    stage.operator().says(&["safe-mode"]).text
}

/// An operator says go on.
fn goes_on(stage: &Stage) {
    let words = ["safe-mode", "end", "--by", "Olga", "--reason", "The disk was replaced"];
    let said = stage.operator().says(&words);
    assert_eq!(said.text, "Safe mode is off: everything is posted again.");
}

story!(a_stream_that_began_anew_lets_only_failed_through, Terms::default().apart(), |stage| {
    let yes = stage.opens_merge_request("Yes").await;
    let no = stage.opens_merge_request("No").await;
    stage.is_quiet().await;
    stage.loses_role("recorder");
    stage.bus().await.deletes("CS_INTAKE").await;
    stage.has_role_again("recorder");
    stage.approver("Ada").approves(&yes).await;
    stage.is_told(&yes, "asked: GitLab is to show passed.", 1).await;
    stage.approver("Eve").rejects(&no, "Not today").await;
    no.status_becomes(&stage.check, "failed").await;
    assert_eq!(yes.status(&stage.check), "pending");
    assert!(asked(stage).contains("The stream CS_INTAKE is another one than before."));
    goes_on(stage);
    yes.status_becomes(&stage.check, "passed").await;
});

story!(an_audit_record_that_was_edited_lets_only_failed_through, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.is_quiet().await;
    stage.is_stopped();
    stage.somebody_edits_the_audit_record("GitLab called", "Nobody called").await;
    stage.starts();
    stage.approver("Ada").approves(&merge_request).await;
    stage.page_says("Safe mode. The audit record does not verify after its record 1").await;
    assert_eq!(merge_request.status(&stage.check), "pending");
    assert!(asked(stage).contains("It was changed by somebody else than Countersign."));
    stage.somebody_edits_the_audit_record("Nobody called", "GitLab called").await;
    goes_on(stage);
    merge_request.status_becomes(&stage.check, "passed").await;
});

story!(without_a_reason_nothing_is_held_back, |stage| {
    stage.opens_merge_request("Faster checkout").await;
    stage.is_quiet().await;
    assert_eq!(asked(stage), "Safe mode is off: everything is posted.");
    let words = ["safe-mode", "end", "--by", "Olga", "--reason", "To be sure"];
    let refused = stage.operator().says(&words);
    assert_eq!((refused.code, refused.text), (Some(1), "countersign: safe mode is not on".into()));
});
