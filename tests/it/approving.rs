//! People decide, and GitLab shows it.

use reqwest::StatusCode;
use tests::{Terms, story};

story!(an_approval_turns_the_widget_green, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    assert_eq!(merge_request.status(&stage.check), "pending");
    let page = stage.approver("Ada Lovelace").approves(&merge_request).await;
    assert_eq!(page.notice(), "Recorded: approve. Approved by Ada Lovelace.");
    merge_request.status_becomes(&stage.check, "passed").await;
    assert!(merge_request.merge().is_ok());
});

story!(a_rejection_turns_the_widget_red, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let page = stage.approver("Eve").rejects(&merge_request, "No tests <b>at all</b>").await;
    assert_eq!(page.notice(), "Recorded: reject. Rejected by Eve.");
    assert!(page.html.contains("No tests &#60;b&#62;at all&#60;/b&#62;"), "{}", page.html);
    merge_request.status_becomes(&stage.check, "failed").await;
    assert!(merge_request.merge().is_err());
});

story!(
    two_approvals_mean_two_people,
    Terms::default().with("COUNTERSIGN_POLICY__APPROVALS", "2"),
    |stage| {
        let merge_request = stage.opens_merge_request("Faster checkout").await;
        let ada = stage.approver("Ada");
        let once = ada.approves(&merge_request).await;
        assert_eq!(
            once.banner(),
            "Waiting 1 of 2: needs one more approval. Approved so far by Ada."
        );
        let twice = ada.approves(&merge_request).await;
        assert!(twice.notice().starts_with("Recorded before, nothing new."), "{}", twice.notice());
        assert_eq!(merge_request.status(&stage.check), "pending");
        stage.approver("Bob").approves(&merge_request).await;
        merge_request.status_becomes(&stage.check, "passed").await;
    }
);

story!(
    only_the_listed_may_decide,
    Terms::default().with("COUNTERSIGN_POLICY__PEOPLE", "['ada']"),
    |stage| {
        let merge_request = stage.opens_merge_request("Faster checkout").await;
        let refused = stage.approver("Eve").approves(&merge_request).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        assert_eq!(
            refused.notice(),
            "Not recorded as a decision. Eve may not decide here. Those who may: ada."
        );
        stage.approver("Ada").approves(&merge_request).await;
        merge_request.status_becomes(&stage.check, "passed").await;
    }
);

story!(
    a_rejection_may_need_a_reason,
    Terms::default().with("COUNTERSIGN_POLICY__REASON_REQUIRED", "true"),
    |stage| {
        let merge_request = stage.opens_merge_request("Faster checkout").await;
        let refused = stage.approver("Eve").rejects(&merge_request, " ").await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        let notice = "Not recorded as a decision. To reject needs a reason; say why.";
        assert_eq!(refused.notice(), notice);
        stage.approver("Eve").rejects(&merge_request, "Too late in the week").await;
        merge_request.status_becomes(&stage.check, "failed").await;
    }
);

story!(an_approval_taken_back_turns_the_widget_red, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let ada = stage.approver("Ada");
    let page = ada.approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
    let page = ada.decides(&page, "revoke", "Wrong one").await;
    assert_eq!(page.banner(), "Waiting 0 of 1: needs one more approval.");
    merge_request.status_becomes(&stage.check, "failed").await;
});

story!(a_stale_page_is_refused, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let ada = stage.approver("Ada");
    let stale = ada.opens_newest(&merge_request).await;
    let newer = merge_request.push();
    stage.state_becomes(&merge_request, "Waiting").await;
    let refused = ada.decides(&stale, "approve", "").await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let short = &newer[..8];
    let sentence =
        format!("Not recorded as a decision. A newer commit {short} arrived; look again.");
    assert_eq!(refused.notice(), sentence);
    assert_eq!(merge_request.status(&stage.check), "pending");
});

story!(a_page_that_shows_another_target_branch_is_refused, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let ada = stage.approver("Ada");
    let stale = ada.opens_newest(&merge_request).await;
    merge_request.retarget("production");
    stage.gitlab.calls_settled().await;
    stage.is_quiet().await;
    let refused = ada.decides(&stale, "approve", "").await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let sentence = "Not recorded as a decision. The target branch is now production; look again.";
    assert_eq!(refused.notice(), sentence);
});

story!(the_timeline_tells_it_all, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.approver("Ada").approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
    stage.is_quiet().await;
    let page = stage.approver("Reader").opens(&stage.request_id(&merge_request)).await;
    let short = &merge_request.sha()[..8];
    let expected = [
        &format!("received: GitLab called (open by Grace Mbeki): commit {short}."),
        "opened: 0 of 1: needs one more approval.",
        "decided: Ada (ui) approved.",
        "became: Approved by Ada.",
        "asked: GitLab is to show passed.",
        "answered: GitLab stored passed.",
        "read-back: GitLab was asked: it shows passed.",
    ];
    assert_eq!(page.timeline(), expected);
});
