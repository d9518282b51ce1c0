//! How answers are resolved, time out and are retried.

use std::time::Duration;

use gitlab_sim::{Options, Role, Status};
use reqwest::Method;
use serde_json::json;

use crate::support::Story;

#[tokio::test]
async fn the_last_row_wins_for_the_exact_sha() {
    let story = Story::start().await;
    let mr = story.opens();
    let first = mr.sha();
    for status in ["passed", "failed", "passed", "passed"] {
        story.answer(&mr, &first, status).await;
        assert_eq!(mr.status(&story.check), status);
    }
    // One row from the opening, and one for each answer.
    assert_eq!(mr.rows().len(), 5);
    mr.push();
    assert_eq!(mr.status(&story.check), "pending");
    mr.push_back_to(&first).expect("an earlier head");
    assert_eq!(mr.status(&story.check), "passed");
    mr.retarget("release");
    assert_eq!(mr.status(&story.check), "passed");
    assert!(mr.push_back_to("feedbeef").is_err());
}

#[tokio::test]
async fn opening_makes_a_row_for_every_check_and_a_push_makes_none() {
    let story = Story::start().await;
    let scoped = story.project.check("Scoped", "http://127.0.0.1:9/scoped", None);
    scoped.scope_to(&["release"]);
    let mr = story.opens();
    let rows = mr.rows();
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|row| row.status == Status::Pending && row.sha == mr.sha()));
    mr.push();
    assert_eq!(mr.rows().len(), 2);
}

#[tokio::test]
async fn pending_rows_time_out_newer_rows_or_not() {
    let story = Story::with(Options {
        pending_timeout: Duration::from_millis(40),
        pending_tick: Some(Duration::from_millis(5)),
        ..Options::default()
    })
    .await;
    let silent = story.opens();
    let answered = story.opens();
    story.answer(&answered, &answered.sha(), "passed").await;
    silent.status_becomes(&story.check, "failed").await;
    let old_row_failed = |_: &_| answered.rows()[0].status == Status::Failed;
    story.sim.until("the old row fails", old_row_failed).await;
    assert_eq!(answered.status(&story.check), "passed");
    story.answer(&silent, &silent.sha(), "passed").await;
    assert_eq!(silent.status(&story.check), "passed");
}

#[tokio::test]
async fn a_push_is_pending_for_ever_but_a_heartbeat_is_not() {
    let story = Story::start().await;
    let mr = story.opens();
    mr.push();
    story.sim.let_pending_age(Duration::from_secs(3600));
    assert_eq!(mr.status(&story.check), "pending");
    story.answer(&mr, &mr.sha(), "pending").await;
    story.sim.let_pending_age(Duration::from_secs(100));
    assert_eq!(mr.status(&story.check), "pending");
    story.answer(&mr, &mr.sha(), "pending").await;
    story.sim.let_pending_age(Duration::from_secs(100));
    assert_eq!(mr.status(&story.check), "pending");
    story.sim.let_pending_age(Duration::from_secs(100));
    assert_eq!(mr.status(&story.check), "failed");
}

#[tokio::test]
async fn retry_needs_a_failed_check_and_restarts_the_clock() {
    let story = Story::start().await;
    let mr = story.opens();
    assert!(mr.retry(&story.check).is_err());
    mr.set_status(&story.check, Status::Passed);
    let sentence = mr.retry(&story.check).expect_err("refused").to_string();
    assert_eq!(sentence, "External status check must be failed");
    mr.set_status(&story.check, Status::Failed);
    let rows = mr.rows().len();
    mr.retry(&story.check).expect("it failed");
    assert_eq!(mr.status(&story.check), "pending");
    let last = mr.rows().pop().expect("a row");
    assert!(mr.rows().len() == rows && last.retried_at.is_some());
    story.sim.let_pending_age(Duration::from_secs(121));
    assert_eq!(mr.status(&story.check), "failed");
}

#[tokio::test]
async fn retry_over_the_api() {
    let story = Story::start().await;
    let mr = story.opens();
    let path = format!("{}/status_checks/{}/retry", story.mr_path(&mr), story.check.id());
    let retry = async || story.send(Method::POST, &path, json!({})).await.both();
    let refused = (422, json!({ "message": "External status check must be failed" }));
    assert_eq!(retry().await, refused);
    story.answer(&mr, &mr.sha(), "failed").await;
    assert_eq!(retry().await, (202, json!({ "message": "202 Accepted" })));
    assert_eq!(retry().await, refused);
    story.sim.set_role(&story.gate, &story.project, Role::Reporter);
    assert_eq!(retry().await.0, 403);
    story.project.license_lapses();
    assert_eq!(retry().await.0, 401);
}

#[tokio::test]
async fn the_gate_blocks_the_merge() {
    let story = Story::start().await;
    let mr = story.opens();
    assert_eq!(mr.detailed_merge_status(), "status_checks_must_pass");
    let refused = mr.merge().expect_err("the gate blocks");
    assert_eq!(refused.to_string(), "not merged: all status checks must pass");
    story.project.require_checks(false);
    assert_eq!(mr.detailed_merge_status(), "mergeable");
    story.project.require_checks(true);
    mr.mark_draft();
    assert_eq!(
        (mr.detailed_merge_status().as_str(), mr.title().as_str()),
        ("draft_status", "Draft: Add a basket")
    );
    mr.mark_ready();
    story.answer(&mr, &mr.sha(), "passed").await;
    mr.merge().expect("all checks passed");
    assert_eq!((mr.state().as_str(), mr.detailed_merge_status().as_str()), ("merged", "not_open"));
    let second = story.opens();
    second.force_merge();
    assert_eq!(second.state(), "merged");
}

#[tokio::test]
async fn a_new_check_blocks_open_merge_requests_without_a_call() {
    let story = Story::start().await;
    let mr = story.opens();
    story.answer(&mr, &mr.sha(), "passed").await;
    let before = story.calls().await.len();
    let late = story.project.check("Late", "http://127.0.0.1:9/late", None);
    assert_eq!(mr.status(&late), "pending");
    assert_eq!(mr.detailed_merge_status(), "status_checks_must_pass");
    story.sim.let_pending_age(Duration::from_secs(3600));
    assert_eq!((mr.status(&late), story.calls().await.len()), ("pending", before));
}

#[tokio::test]
async fn a_late_pending_row_wins_over_an_early_answer() {
    let story = Story::start().await;
    story.sim.hold_pending_rows();
    let mr = story.opens();
    assert!(mr.rows().is_empty());
    story.answer(&mr, &mr.sha(), "passed").await;
    assert_eq!(mr.status(&story.check), "passed");
    story.sim.release_pending_rows();
    assert_eq!(mr.status(&story.check), "pending");
    story.sim.let_pending_age(Duration::from_secs(121));
    assert_eq!(mr.status(&story.check), "failed");
}
