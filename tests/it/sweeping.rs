//! What no call has told is found by looking.

use bus::embedded::free_port;
use tests::{Stage, Terms, story};

fn sweeping() -> Terms {
    Terms::default().with("COUNTERSIGN_DECISION__SWEEP_PER_SECOND", "50")
}

/// Sweeping, and knowing where GitLab calls.
fn at_a_known_address() -> Terms {
    let port = free_port().unwrap();
    sweeping()
        .with("COUNTERSIGN_LISTEN", &format!("127.0.0.1:{port}"))
        .with("COUNTERSIGN_SERVER__PUBLIC_URL", &format!("http://127.0.0.1:{port}"))
}

/// What was published about a difference.
async fn drifts(stage: &Stage) -> Vec<String> {
    let events = stage.bus().await.read_all("CS_EVENT").await;
    let drifts = events.into_iter().filter(|(_, event)| event["type"] == "check-drifted");
    drifts.map(|(_, event)| event["message"].as_str().unwrap().to_owned()).collect()
}

story!(a_lost_call_is_made_up_for, sweeping(), |stage| {
    stage.opens_merge_request("Known").await;
    stage.gitlab.lose_next_calls(1);
    let lost = stage.opens_merge_request("Lost").await;
    stage.state_becomes(&lost, "Waiting").await;
    stage.approver("Ada").approves(&lost).await;
    lost.status_becomes(&stage.check, "passed").await;
    // While recorder is behind, one loss may be reported by two rounds.
    let found = stage.sweeps_found().await;
    stage.sweeps_again().await;
    assert_eq!(stage.sweeps_found().await, found.max(1), "on record, it is not found again");
});

story!(a_lost_push_supersedes, sweeping(), |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let first = stage.request_id(&merge_request);
    stage.gitlab.lose_next_calls(1);
    merge_request.push();
    stage.state_of_becomes(&first, "Superseded").await;
    stage.state_becomes(&merge_request, "Waiting").await;
});

story!(a_lost_retarget_takes_a_standing_passed_back, sweeping(), |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.approver("Ada").approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
    stage.gitlab.lose_next_calls(1);
    merge_request.retarget("production");
    merge_request.status_becomes(&stage.check, "failed").await;
    stage.state_becomes(&merge_request, "Waiting").await;
});

story!(a_lost_merge_and_a_lost_close_end_their_requests, sweeping(), |stage| {
    let merged = stage.opens_merge_request("Merged").await;
    let closed = stage.opens_merge_request("Closed").await;
    stage.gitlab.lose_next_calls(2);
    merged.force_merge();
    closed.close();
    stage.state_becomes(&merged, "Merged").await;
    stage.state_becomes(&closed, "Closed").await;
});

story!(a_passed_that_nobody_decided_is_answered_with_failed, sweeping(), |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.somebody_else_answers(&merge_request, "passed").await;
    merge_request.status_becomes(&stage.check, "failed").await;
    let sentence = "GitLab shows passed, which somebody else has posted: nobody has approved yet.";
    assert_eq!(drifts(stage).await, [sentence]);
    let page = stage.approver("Ada").opens(&stage.request_id(&merge_request)).await;
    assert!(page.html.contains(sentence), "{}", page.html);
    assert_eq!(page.state(), "Waiting");
});

fn only_reporting() -> Terms {
    sweeping().with("COUNTERSIGN_POLICY__FOREIGN_PASSED", "report")
}

story!(where_the_policy_says_so_it_is_only_reported, only_reporting(), |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.somebody_else_answers(&merge_request, "passed").await;
    stage.shown_becomes(&merge_request, "passed, which somebody else has posted").await;
    assert_eq!(merge_request.status(&stage.check), "passed");
    assert_eq!(drifts(stage).await.len(), 1);
    stage.approver("Eve").rejects(&merge_request, "Not today").await;
    merge_request.status_becomes(&stage.check, "failed").await;
});

story!(a_status_that_drifted_is_repaired_both_ways, sweeping(), |stage| {
    let yes = stage.opens_merge_request("Yes").await;
    let no = stage.opens_merge_request("No").await;
    stage.approver("Ada").approves(&yes).await;
    stage.approver("Eve").rejects(&no, "Not today").await;
    yes.status_becomes(&stage.check, "passed").await;
    no.status_becomes(&stage.check, "failed").await;
    stage.somebody_else_answers(&yes, "failed").await;
    stage.somebody_else_answers(&no, "passed").await;
    yes.status_becomes(&stage.check, "passed").await;
    no.status_becomes(&stage.check, "failed").await;
});

story!(a_check_that_was_added_later_opens_its_requests, at_a_known_address(), |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let url = stage.hook_url().replace("status_check", "status_check/default");
    let later = stage.project.check("Second look", &url, None);
    let request = stage.request_id_at(&merge_request, &later);
    stage.state_of_becomes(&request, "Waiting").await;
    let foreign =
        stage.project.check("Theirs", "http://127.0.0.1:1/approval-apps/status_check", None);
    stage.sweeps_again().await;
    let page = stage.approver("Ada").opens(&stage.request_id_at(&merge_request, &foreign)).await;
    assert_eq!(page.status, 404, "a check of somebody else is left alone");
});

story!(a_database_that_was_lost_heals_and_nothing_stays_passed, at_a_known_address(), |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.approver("Ada").approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
    stage.is_quiet().await;
    stage.is_stopped();
    stage.forgets_everything().await;
    stage.set_setting("COUNTERSIGN_GITLAB__MAIN__PROJECTS", &format!("[{}]", stage.project.id()));
    stage.starts();
    merge_request.status_becomes(&stage.check, "failed").await;
    stage.state_becomes(&merge_request, "Waiting").await;
});

story!(the_age_of_the_last_full_round_is_told, sweeping(), |stage| {
    stage.opens_merge_request("Faster checkout").await;
    stage.sweeps_again().await;
    let metrics = stage.metrics().await;
    let line = metrics.lines().find(|it| it.starts_with("countersign_sweep_age_seconds"));
    let age: f64 = line.unwrap().rsplit(' ').next().unwrap().parse().unwrap();
    assert!((0.0..15.0).contains(&age), "{age}");
});
