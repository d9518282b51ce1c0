//! Delivery of calls: signatures, further attempts, redirects and the dials.

use std::time::Duration;

use gitlab_sim::{Order, Outcome, signature_of};

use crate::support::{
    Reply::{Break, Redirect, Status},
    Story,
};

#[tokio::test]
async fn a_call_is_signed_json_with_the_headers_of_gitlab_only() {
    let story = Story::start().await;
    let _mr = story.opens();
    story.sim.calls_settled().await;
    let got = story.hook.got().remove(0);
    assert_eq!((got.method.as_str(), got.path.as_str()), ("POST", "/hook"));
    assert_eq!(got.headers["content-type"], "application/json");
    assert_eq!(got.headers["x-gitlab-signature"], signature_of("secret", &got.body).as_str());
    for absent in ["x-gitlab-event", "x-gitlab-token", "idempotency-key", "webhook-id"] {
        assert!(!got.headers.contains_key(absent), "{absent}");
    }
    let delivery = story.sim.deliveries().remove(0);
    assert_eq!(delivery.body.as_bytes(), got.body);
    assert_eq!((delivery.attempt, delivery.status()), (1, Some(200)));
}

#[tokio::test]
async fn without_a_secret_there_is_no_signature() {
    let story = Story::start().await;
    story.check.set_secret(None);
    let _mr = story.opens();
    story.sim.calls_settled().await;
    assert!(!story.hook.got()[0].headers.contains_key("x-gitlab-signature"));
}

#[tokio::test]
async fn the_secret_is_read_when_the_call_is_sent() {
    let story = Story::start().await;
    story.sim.hold_calls();
    let _mr = story.opens();
    story.check.set_secret(Some("new secret"));
    story.sim.release_calls(Order::AsQueued);
    story.sim.calls_settled().await;
    let got = story.hook.got().remove(0);
    assert_eq!(got.headers["x-gitlab-signature"], signature_of("new secret", &got.body).as_str());
}

#[tokio::test]
async fn an_error_answer_is_final() {
    for status in [400, 404, 429, 500, 503] {
        let story = Story::start().await;
        story.hook.will(&[Status(status)]);
        let _mr = story.opens();
        story.sim.calls_settled().await;
        assert_eq!(story.hook.got().len(), 1, "{status}");
        assert_eq!(story.sim.deliveries()[0].status(), Some(status));
    }
}

#[tokio::test]
async fn a_broken_connection_is_tried_again_three_times() {
    let story = Story::start().await;
    story.hook.will(&[Break, Break, Status(202)]);
    let _mr = story.opens();
    story.sim.calls_settled().await;
    let log = story.sim.deliveries();
    assert_eq!(log.iter().map(|entry| entry.attempt).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(log.iter().all(|entry| entry.call_id == log[0].call_id && entry.body == log[0].body));
    assert!(matches!(log[0].outcome, Outcome::Broken(_)));
    assert_eq!(log[2].status(), Some(202));

    story.hook.will(&[Break, Break, Break, Break]);
    let _mr = story.opens();
    story.sim.calls_settled().await;
    assert_eq!(story.sim.deliveries().len(), 3 + 4);
}

#[tokio::test]
async fn a_refused_connection_is_tried_again_too() {
    let story = Story::start().await;
    story.check.point_at("http://127.0.0.1:9/nobody");
    let _mr = story.opens();
    story.sim.calls_settled().await;
    let log = story.sim.deliveries();
    assert_eq!(log.len(), 4);
    assert!(log.iter().all(|entry| matches!(entry.outcome, Outcome::Broken(_))));
}

#[tokio::test]
async fn redirects_turn_a_post_into_a_get_or_keep_it() {
    for (status, method) in [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")]
    {
        let story = Story::start().await;
        story.hook.will(&[Redirect(status, "/other".to_owned())]);
        let _mr = story.opens();
        story.sim.calls_settled().await;
        let got = story.hook.got().remove(1);
        assert_eq!((got.path.as_str(), got.method.as_str()), ("/other", method));
        assert_eq!(got.body.is_empty(), method == "GET");
        let outcome = story.sim.deliveries().remove(0).outcome;
        let answered = Outcome::Answered { status: 200, method: method.to_owned(), redirects: 1 };
        assert_eq!(outcome, answered);
    }
}

#[tokio::test]
async fn too_many_redirects_break_the_call() {
    let story = Story::start().await;
    story.hook.will(&vec![Redirect(307, "/again".to_owned()); 6]);
    let _mr = story.opens();
    story.sim.calls_settled().await;
    let log = story.sim.deliveries();
    assert_eq!(log[0].outcome, Outcome::Broken("too many redirects".to_owned()));
    assert_eq!(log[1].status(), Some(200));
}

#[tokio::test]
async fn calls_about_one_merge_request_keep_their_order() {
    let story = Story::start().await;
    let mr = story.opens();
    let heads: Vec<String> = (0..10).map(|_| mr.push()).collect();
    let sent: Vec<String> = story.calls().await[1..].iter().map(head).collect();
    assert_eq!(sent, heads);
}

fn head(body: &serde_json::Value) -> String {
    let id = body["object_attributes"]["last_commit"]["id"].as_str();
    id.unwrap_or_default().to_owned()
}

#[tokio::test]
async fn held_calls_come_in_the_order_that_is_asked_for() {
    let mut orders = Vec::new();
    for order in
        [Order::AsQueued, Order::Reversed, Order::Shuffled { seed: 3 }, Order::Shuffled { seed: 3 }]
    {
        let story = Story::start().await;
        let mr = story.opens();
        story.sim.calls_settled().await;
        story.sim.hold_calls();
        for _ in 0..6 {
            mr.push();
        }
        assert_eq!(story.sim.held_calls(), 6);
        story.sim.calls_settled().await;
        story.sim.release_calls(order);
        let sent: Vec<String> = story.calls().await[1..].iter().map(head).collect();
        assert_eq!(sent.len(), 6);
        orders.push(sent);
    }
    let mut reversed = orders[1].clone();
    reversed.reverse();
    assert_eq!(reversed, orders[0]);
    assert_ne!(orders[2], orders[0]);
    assert_eq!(orders[2], orders[3]);
}

#[tokio::test]
async fn an_identical_call_that_still_waits_is_dropped() {
    let story = Story::start().await;
    let mr = story.opens();
    story.sim.calls_settled().await;
    story.sim.hold_calls();
    // The times in the bodies have whole seconds, so one of two pairs is within a second.
    for _ in 0..3 {
        mr.resend();
    }
    assert!(story.sim.held_calls() < 3);
    let dropped = |entry: &gitlab_sim::Delivery| entry.outcome == Outcome::Deduplicated;
    assert!(story.sim.deliveries().iter().any(dropped));
}

#[tokio::test]
async fn calls_can_be_duplicated_lost_and_delayed() {
    let story = Story::start().await;
    story.sim.duplicate_calls(2);
    let mr = story.opens();
    story.sim.calls_settled().await;
    let got = story.hook.got();
    assert_eq!(got.len(), 3);
    assert!(got.iter().all(|one| one.body == got[0].body));

    story.sim.duplicate_calls(0);
    story.sim.lose_next_calls(1);
    mr.push();
    story.sim.calls_settled().await;
    assert_eq!(story.hook.got().len(), 3);
    assert_eq!(story.sim.deliveries()[3].outcome, Outcome::Lost);

    let delay = Duration::from_millis(30);
    story.sim.delay_calls(delay);
    let before = std::time::Instant::now();
    mr.push();
    story.sim.calls_settled().await;
    assert!(before.elapsed() >= delay);
    assert_eq!(story.hook.got().len(), 4);
}

#[tokio::test]
async fn a_deleted_check_is_not_called_any_more() {
    let story = Story::start().await;
    story.sim.hold_calls();
    let _mr = story.opens();
    story.check.delete();
    story.sim.release_calls(Order::AsQueued);
    story.sim.calls_settled().await;
    assert!(story.hook.got().is_empty());
}

#[tokio::test]
async fn scopes_are_matched_loosely_for_calls_and_exactly_for_the_widget() {
    let story = Story::start().await;
    story.check.scope_to(&["main-legacy"]);
    let mr = story.opens();
    assert_eq!(story.calls().await.len(), 1);
    assert_eq!(mr.detailed_merge_status(), "mergeable");
    story.check.scope_to(&["release/*"]);
    let release = story.project.merge_request("Fix", &story.author).into_branch("release/1");
    let _release = release.opens();
    assert_eq!(story.calls().await.len(), 1);
}
