//! Answers that go wrong on purpose, and the history of answers.

use std::time::Duration;

use gitlab_sim::{Fault, GitLabSim, Lasting, Options, Routes};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::support::Story;

#[tokio::test]
async fn refusals_do_nothing_and_are_used_up() {
    let too_many = Fault::TooManyRequests { retry_after_seconds: Some(7) };
    let cases = [
        (too_many, 429, "Retry later"),
        (Fault::TooManyRequests { retry_after_seconds: None }, 429, "Retry later"),
        (Fault::TooManyRequestsJson { retry_after_seconds: Some(7) }, 429, "{\"message\":"),
        (Fault::ServerError(500), 500, "500 Internal Server Error"),
        (Fault::ServerError(502), 502, "Bad Gateway"),
        (Fault::ServerError(503), 503, "Service Unavailable"),
        (Fault::ServerError(504), 504, "Gateway Timeout"),
        (Fault::Unauthorized, 401, "401 Unauthorized"),
        (Fault::Forbidden, 403, "403 Forbidden"),
        (Fault::RowLocked, 409, "{\"message\":\"409 Conflict: Resource lock\"}"),
        (Fault::Html, 200, "<!doctype html>"),
        (Fault::RedirectToHttps, 301, ""),
    ];
    let story = Story::start().await;
    for (fault, status, text) in cases {
        let mr = story.opens();
        let name = format!("{fault:?}");
        let throttles = name.contains("Some(7)");
        story.sim.fault(fault, Lasting::Times(1), Routes::Answers);
        // Other routes do not notice.
        assert_eq!(story.get("/user").await.status, 200);
        let said = story.answer(&mr, &mr.sha(), "passed").await;
        assert_eq!(said.status, status, "{name}");
        assert!(said.text.contains(text), "{name}: {}", said.text);
        assert_eq!(said.header("retry-after") == "7", throttles, "{name}");
        assert_eq!(said.header("ratelimit-resettime") != "(absent)", throttles, "{name}");
        assert_eq!(said.header("ratelimit-limit"), "2000");
        assert_eq!(mr.status(&story.check), "pending");
        assert_eq!(story.sim.faults_left(), 0);
        assert_eq!(story.answer(&mr, &mr.sha(), "passed").await.status, 201);
    }
}

#[tokio::test]
async fn a_standing_fault_lasts_until_it_is_cleared() {
    let story = Story::start().await;
    let mr = story.opens();
    story.sim.fault(Fault::ServerError(503), Lasting::UntilCleared, Routes::All);
    for _ in 0..3 {
        assert_eq!(story.get("/user").await.status, 503);
        assert_eq!(story.answer(&mr, &mr.sha(), "passed").await.status, 503);
    }
    story.sim.clear_faults();
    assert_eq!(story.get("/user").await.status, 200);
}

#[tokio::test]
async fn a_cut_before_does_nothing_and_a_cut_after_has_done_it() {
    let story = Story::start().await;
    for (fault, status) in [(Fault::CutBefore, "pending"), (Fault::CutAfter, "passed")] {
        let mr = story.opens();
        story.sim.fault(fault, Lasting::Times(1), Routes::Answers);
        let body = story.body(&mr.sha(), "passed");
        let cut = story.try_answer(story.token.value(), &mr, body).await;
        assert!(cut.is_err());
        assert_eq!(mr.status(&story.check), status);
    }
    story.sim.answered(2).await;
    assert!(story.sim.answers().iter().all(|answer| answer.http_status.is_none()));
}

#[tokio::test]
async fn an_oversized_answer_has_done_it() {
    let story = Story::start().await;
    let mr = story.opens();
    story.sim.fault(Fault::Oversized, Lasting::Times(1), Routes::All);
    let said = story.answer(&mr, &mr.sha(), "passed").await;
    assert!(said.status == 201 && said.text.len() > 1024 * 1024);
    assert_eq!(mr.status(&story.check), "passed");
}

#[tokio::test]
async fn a_redirect_names_the_same_place_with_https() {
    let story = Story::start().await;
    story.sim.fault(Fault::RedirectToHttps, Lasting::Times(1), Routes::All);
    let location = story.sim.url().replace("http://", "https://") + "/api/v4/user";
    assert_eq!(story.get("/user").await.header("location"), location);
}

#[tokio::test]
async fn delayed_answers_are_given_and_overlaps_are_seen() {
    let story = Story::start().await;
    let (one, other) = (story.opens(), story.opens());
    let delay = Fault::Delay(Duration::from_millis(40));
    story.sim.fault(delay, Lasting::Times(2), Routes::Answers);
    let (sha, other_sha) = (one.sha(), other.sha());
    tokio::join!(story.answer(&one, &sha, "passed"), story.answer(&other, &other_sha, "passed"),);
    assert!(!story.sim.answers_overlapped());

    let delay = Fault::DelayAfter(Duration::from_millis(250));
    story.sim.fault(delay, Lasting::Times(2), Routes::Answers);
    let (said, again) =
        tokio::join!(story.answer(&one, &sha, "passed"), story.answer(&one, &sha, "failed"),);
    assert_eq!((said.status, again.status), (201, 201));
    assert!(story.sim.answers_overlapped());
}

#[tokio::test]
async fn a_client_that_goes_away_does_not_undo_the_work() {
    let story = Story::start().await;
    let mr = story.opens();
    let delay = Fault::Delay(Duration::from_millis(60));
    story.sim.fault(delay, Lasting::Times(1), Routes::Answers);
    let body = story.body(&mr.sha(), "passed");
    let answering = story.try_answer(story.token.value(), &mr, body);
    let arrived = story.sim.until("the arrival", |sim| !sim.answers().is_empty());
    tokio::select! {
        _ = answering => {}
        () = arrived => {}
    }
    mr.status_becomes(&story.check, "passed").await;
}

#[tokio::test]
async fn two_simulators_do_not_know_each_other_and_stop() {
    let story = Story::start().await;
    let other = Story::with(Options::default()).await;
    assert_ne!(story.sim.url(), other.sim.url());
    let mr = story.opens();
    assert!(other.sim.merge_requests().is_empty());
    story.sim.stop().await;
    let body: Value = story.body(&mr.sha(), "passed");
    assert!(story.try_answer(story.token.value(), &mr, body).await.is_err());

    let (port, url) = (other.sim.port(), other.sim.url().to_owned());
    other.sim.stop().await;
    let again = Story::with(Options { port, ..Options::default() }).await;
    assert_eq!(again.sim.url(), url);
    assert_eq!(again.get("/user").await.json()["username"], json!("gate"));
}

#[tokio::test]
async fn a_condition_that_never_holds_is_an_error_with_words() {
    let story = Story::start().await;
    let limit = Duration::from_millis(10);
    let error = story.sim.wait_for("snow in summer", limit, |_| false).await;
    let sentence = error.expect_err("it never holds").to_string();
    assert_eq!(sentence, "snow in summer did not happen within 10ms");
}

#[tokio::test]
async fn the_server_stops_with_the_last_clone() {
    let sim = GitLabSim::start(Options::default()).await.expect("it starts");
    let mr = sim.project("a/b").opens_merge_request("Title", &sim.user("alice"));
    let port = sim.port();
    let clone = sim.clone();
    drop(sim);
    TcpStream::connect(("127.0.0.1", port)).await.expect("it still listens");
    drop(clone);
    let gone = async { while TcpStream::connect(("127.0.0.1", port)).await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(5), gone).await.expect("it stops listening");
    assert_eq!(mr.state(), "opened");
}

#[tokio::test]
async fn the_history_forgets_the_oldest() {
    let story = Story::with(Options { history_limit: 2, ..Options::default() }).await;
    let mr = story.opens();
    for _ in 0..3 {
        mr.push();
        story.answer(&mr, &mr.sha(), "failed").await;
    }
    story.sim.delivered(4).await;
    let ids: Vec<u64> = story.sim.answers().iter().map(|answer| answer.id).collect();
    assert_eq!((story.sim.deliveries().len(), ids), (2, vec![2, 3]));
}
