//! GitLab's answers to ours: what each means, and what is done about it.

use std::time::Duration;

use gitlab_sim::{Fault, Lasting, Routes, Status};
use tests::{Terms, story};

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
    let found = "answered: GitLab was asked: it has stored passed already.";
    let end = [found, "read-back: GitLab was asked: it shows passed."];
    assert!(told.ends_with(&end.map(str::to_owned)), "{told:?}");
    assert_eq!(stage.gitlab.answers().len(), 1, "it was not posted again");
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

story!(bad_news_goes_before_good_news, |stage| {
    let mut all = Vec::new();
    for n in 0..4 {
        all.push(stage.opens_merge_request(&format!("Change {n}")).await);
    }
    stage.gitlab.fault(Fault::ServerError(503), Lasting::UntilCleared, Routes::All);
    for merge_request in &all[..3] {
        stage.approver("Ada").approves(merge_request).await;
    }
    stage.reads_problem(&all[0]).await;
    stage.approver("Eve").rejects(&all[3], "Not today").await;
    stage.is_asked(&all[3]).await;
    stage.gitlab.clear_faults();
    for merge_request in &all[..3] {
        stage.answered_in_the_end(merge_request, "passed").await;
    }
    let ours = stage.gitlab.rows().into_iter().find(|row| row.status != Status::Pending);
    assert_eq!(ours.unwrap().status, Status::Failed);
});

story!(a_retarget_that_no_call_announced_takes_no_passed_along, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let ada = stage.approver("Ada");
    let page = ada.opens_newest(&merge_request).await;
    stage.gitlab.lose_next_calls(1);
    merge_request.retarget("production");
    ada.decides(&page, "approve", "").await;
    stage.state_becomes(&merge_request, "Waiting").await;
    stage.is_quiet().await;
    assert!(stage.gitlab.answers().is_empty(), "nothing was posted");
    ada.approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
});

story!(a_revocation_that_gitlab_refused_is_paid_later, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let ada = stage.approver("Ada");
    let page = ada.approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
    let approved = merge_request.sha();
    stage.gitlab.lose_next_calls(1);
    merge_request.push();
    ada.decides(&page, "reject", "I was wrong").await;
    stage.state_becomes(&merge_request, "Waiting").await;
    merge_request.push_back_to(&approved).unwrap();
    merge_request.status_becomes(&stage.check, "failed").await;
    stage.state_becomes(&merge_request, "Rejected").await;
});

/// Decides where the first answer counts.
fn deckhouse() -> Terms {
    Terms::default().with("COUNTERSIGN_GITLAB__MAIN__PROFILE", "deckhouse")
}

story!(where_the_first_answer_counts_a_late_one_presses_retry_first, deckhouse(), |stage| {
    stage.gitlab.keeps_the_first_answer();
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.gitlab.let_pending_age(Duration::from_secs(300));
    assert_eq!(merge_request.status(&stage.check), "failed");
    stage.approver("Ada").approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
    stage.gitlab.calls_settled().await;
    stage.is_quiet().await;
    assert_eq!(merge_request.status(&stage.check), "passed");
});

story!(where_the_first_answer_counts_it_cannot_be_taken_back, deckhouse(), |stage| {
    stage.gitlab.keeps_the_first_answer();
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let ada = stage.approver("Ada");
    let page = ada.approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
    ada.decides(&page, "reject", "I was wrong").await;
    let problem = stage.reads_problem(&merge_request).await;
    assert!(problem.contains("This GitLab keeps the first answer"), "{problem}");
});
