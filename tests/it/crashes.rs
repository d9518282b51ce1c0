//! The process is killed between any two steps, and nothing is lost.

use std::time::Duration;

use gitlab_sim::{Fault, Lasting, Routes};
use serde_json::json;
use tests::{Terms, story};
use uuid::Uuid;

story!(killed_after_a_call_was_taken, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.is_killed();
    stage.starts();
    stage.approver("Ada").approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
    assert_eq!(stage.rows("status_check").await, 1);
});

story!(killed_while_calls_come_in, |stage| {
    stage.gitlab.hold_calls();
    let grace = stage.gitlab.user("grace");
    let all: Vec<_> = (0..20)
        .map(|n| stage.project.opens_merge_request(&format!("Change {n}"), &grace))
        .collect();
    stage.gitlab.release_calls(gitlab_sim::Order::Shuffled { seed: 7 });
    stage.gitlab.delivered(3).await;
    stage.is_killed();
    stage.starts();
    stage.gitlab.calls_settled().await;
    stage.is_quiet().await;
    for merge_request in &all {
        stage.state_becomes(merge_request, "Waiting").await;
    }
});

story!(killed_after_a_decision_was_taken, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.is_quiet().await;
    let decision = json!({
        "decision_id": Uuid::new_v4().to_string(), "verdict": "approve",
        "request_id": stage.request_id(&merge_request), "sha": merge_request.sha(),
        "actor": { "id": "jane.doe" },
    });
    stage.outside_system().sends(&decision).await;
    stage.is_killed();
    stage.starts();
    merge_request.status_becomes(&stage.check, "passed").await;
    assert_eq!(stage.rows("decision").await, 1);
});

story!(
    killed_while_an_answer_is_on_its_way,
    Terms::default().leaving_an_answer_behind(),
    |stage| {
        let merge_request = stage.opens_merge_request("Faster checkout").await;
        let delay = Fault::Delay(Duration::from_secs(5));
        stage.gitlab.fault(delay, Lasting::Times(1), Routes::Answers);
        stage.approver("Ada").approves(&merge_request).await;
        stage.gitlab.until("an answer to be on its way", |it| !it.answers().is_empty()).await;
        stage.is_killed();
        stage.starts();
        merge_request.status_becomes(&stage.check, "passed").await;
    }
);

story!(
    killed_after_gitlab_stored_an_answer_and_before_we_knew,
    Terms::default().leaving_an_answer_behind(),
    |stage| {
        let merge_request = stage.opens_merge_request("Faster checkout").await;
        let delay = Fault::DelayAfter(Duration::from_secs(5));
        stage.gitlab.fault(delay, Lasting::Times(1), Routes::Answers);
        stage.approver("Ada").approves(&merge_request).await;
        merge_request.status_becomes(&stage.check, "passed").await;
        stage.is_killed();
        stage.starts();
        stage.is_quiet().await;
        stage.approver("Eve").rejects(&merge_request, "No").await;
        merge_request.status_becomes(&stage.check, "failed").await;
    }
);

story!(killed_again_and_again_while_people_decide, |stage| {
    let mut all = Vec::new();
    for round in 0..5_u64 {
        let merge_request = stage.opens_merge_request(&format!("Change {round}")).await;
        stage.approver("Ada").approves(&merge_request).await;
        tokio::time::sleep(Duration::from_millis(round * 3)).await;
        stage.is_killed();
        stage.starts();
        all.push(merge_request);
    }
    for merge_request in &all {
        merge_request.status_becomes(&stage.check, "passed").await;
    }
    assert_eq!(stage.rows("decision").await, 5);
});

story!(
    a_replica_that_stands_still_is_not_overtaken_while_it_posts,
    Terms::default().apart().with("COUNTERSIGN_LOG", "info,decision=debug"),
    |stage| {
        let merge_request = stage.opens_merge_request("Faster checkout").await;
        let delay = Fault::Delay(Duration::from_secs(6));
        stage.gitlab.fault(delay, Lasting::Times(1), Routes::Answers);
        stage.approver("Ada").approves(&merge_request).await;
        stage.gitlab.until("an answer to be on its way", |it| !it.answers().is_empty()).await;
        stage.role("decision").signal(libc::SIGSTOP);
        stage.starts_only("decision");
        stage.logs("Another process is posting for this request.").await;
        assert_eq!(stage.gitlab.answers().len(), 1, "the other replica waits");
        stage.role("decision").signal(libc::SIGCONT);
        merge_request.status_becomes(&stage.check, "passed").await;
    }
);
