//! What happens to a merge request in GitLab, happens to its requests.

use tests::story;

story!(a_push_supersedes, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let first = stage.request_id(&merge_request);
    stage.approver("Ada").approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
    merge_request.push();
    stage.state_of_becomes(&first, "Superseded").await;
    stage.state_becomes(&merge_request, "Waiting").await;
    assert_eq!(merge_request.status(&stage.check), "pending");
});

story!(calls_in_any_order_end_with_the_same_head, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.gitlab.hold_calls();
    for _ in 0..4 {
        merge_request.push();
    }
    stage.gitlab.release_calls(gitlab_sim::Order::Reversed);
    stage.gitlab.calls_settled().await;
    stage.is_quiet().await;
    stage.state_becomes(&merge_request, "Waiting").await;
    for older in merge_request.shas().split_last().unwrap().1 {
        let request = stage.request_id_of(&merge_request, older);
        assert_eq!(stage.approver("Reader").opens(&request).await.state(), "Superseded");
    }
});

story!(retry_reopens_a_rejection, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.approver("Eve").rejects(&merge_request, "Not yet").await;
    merge_request.status_becomes(&stage.check, "failed").await;
    merge_request.retry(&stage.check).unwrap();
    stage.state_becomes(&merge_request, "Waiting").await;
    stage.approver("Ada").approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
    let page = stage.approver("Reader").opens_newest(&merge_request).await;
    assert!(page.html.contains("<blockquote>Not yet</blockquote>"), "the history is kept");
});

story!(retry_of_an_approval_posts_it_again, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.approver("Ada").approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
    stage.is_quiet().await;
    merge_request.set_status(&stage.check, gitlab_sim::Status::Failed);
    merge_request.retry(&stage.check).unwrap();
    merge_request.status_becomes(&stage.check, "passed").await;
});

story!(a_merge_cancels, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let ada = stage.approver("Ada");
    let page = ada.opens_newest(&merge_request).await;
    merge_request.force_merge();
    stage.state_becomes(&merge_request, "Merged").await;
    let refused = ada.decides(&page, "approve", "").await;
    assert_eq!(
        refused.notice(),
        "Not recorded as a decision. The merge request is merged already."
    );
});

story!(closed_and_reopened_it_waits_again, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    merge_request.close();
    stage.state_becomes(&merge_request, "Closed").await;
    merge_request.reopen();
    stage.state_becomes(&merge_request, "Waiting").await;
});

story!(a_retarget_takes_passed_back, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.approver("Ada").approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
    merge_request.retarget("production");
    merge_request.status_becomes(&stage.check, "failed").await;
    stage.state_becomes(&merge_request, "Waiting").await;
    stage.approver("Ada").approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
});

story!(a_force_push_back_revives_the_verdict, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let first = merge_request.sha();
    stage.approver("Ada").approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
    merge_request.push();
    stage.state_becomes(&merge_request, "Waiting").await;
    merge_request.push_back_to(&first).unwrap();
    stage.state_becomes(&merge_request, "Approved").await;
    assert_eq!(merge_request.status(&stage.check), "passed");
});

story!(a_call_without_a_commit_is_looked_up, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let sha = merge_request.push();
    stage.state_becomes(&merge_request, "Waiting").await;
    merge_request.lose_commits();
    merge_request.edit_title("Renamed while the commits were away");
    stage.gitlab.calls_settled().await;
    stage.is_quiet().await;
    let page = stage.approver("Reader").opens(&stage.request_id_of(&merge_request, &sha)).await;
    assert_eq!(page.state(), "Waiting");
});

story!(a_fork_is_answered_at_the_target_project, |stage| {
    let fork = stage.gitlab.project("grace/backend");
    let grace = stage.gitlab.user("grace");
    let merge_request = stage.project.merge_request("From a fork", &grace).from_fork(&fork).opens();
    stage.gitlab.calls_settled().await;
    fork.delete();
    merge_request.edit_title("The fork is gone");
    stage.approver("Ada").approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
});
