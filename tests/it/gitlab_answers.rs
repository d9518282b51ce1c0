//! GitLab's answers to ours: what each means, and what is done about it.

use std::time::Duration;

use gitlab_sim::{Fault, Lasting, Routes};
use tests::story;

story!(a_busy_or_broken_gitlab_gets_its_answer_later, |stage| {
    let once = Lasting::Times(1);
    for fault in [
        Fault::TooManyRequests { retry_after_seconds: Some(1) },
        Fault::TooManyRequestsJson { retry_after_seconds: Some(1) },
        Fault::ServerError(502),
        Fault::RowLocked,
        Fault::Html,
        Fault::CutBefore,
    ] {
        stage.gitlab.fault(fault, once, Routes::Answers);
    }
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let page = stage.approver("Ada").approves(&merge_request).await;
    assert_eq!(page.state(), "Approved");
    stage.answered_in_the_end(&merge_request, "passed").await;
});

story!(an_answer_that_was_applied_but_not_acknowledged_is_settled, |stage| {
    stage.gitlab.fault(Fault::CutAfter, Lasting::Times(1), Routes::Answers);
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.approver("Ada").approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
    stage.is_quiet().await;
    let page = stage.approver("Reader").opens_newest(&merge_request).await;
    let told = page.timeline();
    let end = ["answered: GitLab stored passed.", "read-back: GitLab was asked: it shows passed."];
    assert!(told.ends_with(&end.map(str::to_owned)), "{told:?}");
});

story!(what_an_operator_must_mend_is_named_and_heals, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.token.revoke();
    stage.approver("Ada").approves(&merge_request).await;
    let page = stage.reads_problem(&merge_request).await;
    assert!(page.contains("not answered yet, answer delayed GitLab refused the token"), "{page}");
    stage.token.restore();
    merge_request.status_becomes(&stage.check, "passed").await;
});

story!(a_lapsed_licence_is_told_from_a_bad_token, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.project.license_lapses();
    stage.approver("Ada").approves(&merge_request).await;
    let page = stage.reads_problem(&merge_request).await;
    assert!(page.contains("licen"), "{page}");
    stage.project.license_returns();
    merge_request.status_becomes(&stage.check, "passed").await;
});

story!(a_head_that_moved_unseen_is_found_by_the_answer, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let first = stage.request_id(&merge_request);
    stage.gitlab.lose_next_calls(1);
    merge_request.push();
    stage.approver("Ada").approves(&merge_request).await;
    stage.state_of_becomes(&first, "Superseded").await;
    stage.state_becomes(&merge_request, "Waiting").await;
    assert_eq!(merge_request.status(&stage.check), "pending");
});

story!(a_verdict_that_changes_meanwhile_is_the_one_that_is_posted, |stage| {
    stage.gitlab.fault(Fault::ServerError(503), Lasting::UntilCleared, Routes::Answers);
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let ada = stage.approver("Ada");
    let page = ada.approves(&merge_request).await;
    stage.gitlab.answered(1).await;
    ada.decides(&page, "reject", "I was wrong").await;
    stage.gitlab.clear_faults();
    merge_request.status_becomes(&stage.check, "failed").await;
    stage.is_quiet().await;
    assert!(merge_request.rows().iter().all(|row| row.status != gitlab_sim::Status::Passed));
});

story!(a_slow_gitlab_holds_up_no_other_merge_request, |stage| {
    let slow = stage.opens_merge_request("Slow").await;
    let quick = stage.opens_merge_request("Quick").await;
    let delay = Fault::Delay(Duration::from_secs(2));
    stage.gitlab.fault(delay, Lasting::Times(1), Routes::Answers);
    stage.approver("Ada").approves(&slow).await;
    stage.approver("Ada").approves(&quick).await;
    quick.status_becomes(&stage.check, "passed").await;
    assert_eq!(slow.status(&stage.check), "pending");
    slow.status_becomes(&stage.check, "passed").await;
});
