//! GitLab is asked whether it shows what was decided, and a difference is repaired.

use tests::{Stage, Terms, story};

/// Late enough that the difference is there before the last look.
fn looks_twice() -> Terms {
    Terms::default().with("COUNTERSIGN_RECORDER__READ_BACK_MS", "[500, 4000]")
}

/// What was published about a difference.
async fn drifts(stage: &Stage) -> Vec<String> {
    let events = stage.bus().await.read_all("CS_EVENT").await;
    let drifts = events.into_iter().filter(|(_, event)| event["type"] == "check-drifted");
    drifts.map(|(_, event)| event["message"].as_str().unwrap().to_owned()).collect()
}

story!(the_page_says_that_gitlab_was_asked, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let ada = stage.approver("Ada");
    ada.approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
    stage.is_quiet().await;
    let page = ada.opens(&stage.request_id(&merge_request)).await;
    assert!(page.html.contains("GitLab was asked: it shows passed."), "{}", page.html);
    assert!(drifts(stage).await.is_empty());
});

story!(a_row_of_gitlabs_own_that_comes_late_is_overwritten, looks_twice(), |stage| {
    stage.gitlab.hold_pending_rows();
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.approver("Ada").approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
    stage.gitlab.release_pending_rows();
    merge_request.status_becomes(&stage.check, "passed").await;
    stage.is_quiet().await;
    assert_eq!(drifts(stage).await, ["GitLab shows pending, where passed was expected."]);
});

story!(a_passed_of_somebody_else_is_answered_with_failed, looks_twice(), |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.approver("Ada").rejects(&merge_request, "Not today").await;
    merge_request.status_becomes(&stage.check, "failed").await;
    stage.somebody_else_answers(&merge_request, "passed").await;
    merge_request.status_becomes(&stage.check, "failed").await;
    stage.is_quiet().await;
    assert_eq!(
        drifts(stage).await,
        ["GitLab shows passed, which somebody else has posted, where failed was expected."]
    );
});

story!(a_reading_waits_until_gitlab_is_back, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let broken = gitlab_sim::Fault::ServerError(502);
    stage.gitlab.fault(broken, gitlab_sim::Lasting::Times(3), gitlab_sim::Routes::Reads);
    let ada = stage.approver("Ada");
    ada.approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
    stage.is_quiet().await;
    let page = ada.opens(&stage.request_id(&merge_request)).await;
    assert!(page.html.contains("GitLab was asked: it shows passed."), "{}", page.html);
});
