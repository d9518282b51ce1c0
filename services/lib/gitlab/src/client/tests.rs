#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use super::*;
use crate::answer::{Handling, Status};

mod fake;
mod notes;
mod reads;

use fake::{Fake, raw};

const TOKEN: &str = "glpat-very-secret-token";
const HEAD: &str = "141be9714669a4c1ccaa013c6a7f3e462ff2a40f";
const POST_PATH: &str = "/api/v4/projects/6/merge_requests/4/status_check_responses";

fn config(base_url: &str) -> ClientConfig {
    ClientConfig {
        base_url: base_url.to_owned(),
        token: TOKEN.into(),
        user_agent: "countersign-test/1".to_owned(),
        timeout: Duration::from_millis(1_500),
        connect_timeout: Duration::from_millis(1_000),
    }
}

fn client(base_url: &str) -> Client {
    Client::new(config(base_url)).unwrap()
}

fn passed() -> Answer {
    Answer { project_id: 6, iid: 4, check_id: 1, sha: HEAD.to_owned(), status: Status::Passed }
}

fn reply(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    (status, axum::Json(body.clone())).into_response()
}

fn created() -> Value {
    json!({
        "id": 1,
        "merge_request": { "iid": 4, "project_id": 6, "sha": HEAD },
        "external_status_check": { "id": 1, "external_url": "https://x?token=s" },
    })
}

#[tokio::test]
async fn a_status_is_posted_once_with_the_token_and_all_fields() {
    let gitlab = Fake::answering(|_| reply(201, &created())).await;
    let outcome = gitlab.client().post_status(passed()).await;
    assert_eq!(outcome, PostOutcome::Stored);

    let seen = gitlab.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!((&*seen[0].method, &*seen[0].uri), ("POST", POST_PATH));
    assert_eq!(seen[0].token.as_deref(), Some(TOKEN));
    assert_eq!(seen[0].agent.as_deref(), Some("countersign-test/1"));
    let body: Value = serde_json::from_slice(&seen[0].body).unwrap();
    let expected = json!({ "sha": HEAD, "external_status_check_id": 1, "status": "passed" });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn a_path_prefix_of_the_instance_is_kept() {
    let gitlab = Fake::answering(|_| reply(201, &created())).await;
    for suffix in ["/gitlab", "/gitlab/", "/gitlab/api/v4/"] {
        let client = client(&format!("http://{}{suffix}", gitlab.address));
        assert!(client.post_status(passed()).await.is_delivered());
    }
    for seen in gitlab.seen() {
        assert_eq!(seen.uri, format!("/gitlab{POST_PATH}"));
    }
}

#[tokio::test]
async fn l04_a_redirect_is_not_followed_and_the_token_stays_home() {
    let other = Fake::answering(|_| reply(201, &created())).await;
    for status in [301, 302, 303, 307, 308] {
        let location = format!("http://{}/", other.address);
        let gitlab = Fake::answering(move |_| {
            let status = StatusCode::from_u16(status).unwrap();
            (status, [("location", location.clone())]).into_response()
        })
        .await;
        let location_host = Some("127.0.0.1".to_owned());
        let outcome = gitlab.client().post_status(passed()).await;
        assert_eq!(outcome, PostOutcome::Redirected { location_host: location_host.clone() });
        let read = gitlab.client().project(6).await;
        assert_eq!(read, Err(ApiError::Redirected { location_host }));
        assert_eq!(gitlab.seen().len(), 2);
    }
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn l05_a_login_page_is_not_gitlab() {
    let page = || axum::response::Html("<!DOCTYPE html><title>Sign in</title>").into_response();
    let gitlab = Fake::answering(move |_| page()).await;
    assert_eq!(gitlab.client().post_status(passed()).await.code(), "not_gitlab");
    let read = gitlab.client().merge_request(6, 4).await;
    assert_eq!(read.unwrap_err().code(), "not_gitlab");
    assert!(gitlab.client().token_works().await.is_err());
}

#[tokio::test]
async fn l07_a_timeout_after_the_server_applied_it_is_unknown() {
    let (client, posts) = raw(|socket| async move {
        tokio::time::sleep(Duration::from_secs(5)).await;
        drop(socket);
    })
    .await;
    let outcome = client.post_status(passed()).await;
    assert_eq!((outcome.code(), outcome.handling()), ("unknown", Handling::RetrySoon));
    assert!(outcome.may_have_been_applied());
    assert_eq!(*posts.lock().unwrap(), 1, "a POST is never repeated by itself");
}

#[tokio::test]
async fn a_connection_torn_before_or_within_the_answer_is_unknown() {
    let torn = [
        "",
        "HTTP/1.1 201 Created\r\n",
        "HTTP/1.1 201 Created\r\ncontent-length: 999\r\n\r\n{\"id\"",
        "HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"id\"",
        "no http at all\r\n\r\n",
    ];
    for answer in torn {
        let (client, posts) = raw(move |mut socket| async move {
            let _ = socket.write_all(answer.as_bytes()).await;
        })
        .await;
        let outcome = client.post_status(passed()).await;
        assert_eq!(outcome.code(), "unknown", "{answer:?}: {outcome:?}");
        assert_eq!(*posts.lock().unwrap(), 1);
    }
}

#[tokio::test]
async fn l08_a_huge_or_endless_body_is_cut() {
    let gitlab = Fake::answering(|_| {
        let chunks = futures::stream::repeat(Bytes::from(vec![b' '; 64 * 1024]));
        let body = Body::from_stream(chunks.take(1_600).map(Ok::<_, std::io::Error>));
        (StatusCode::CREATED, body).into_response()
    })
    .await;
    let started = Instant::now();
    let outcome = gitlab.client().post_status(passed()).await;
    let detail = "a body of more than 1 MiB".to_owned();
    assert_eq!(outcome, PostOutcome::NotGitLab { detail });
    assert!(started.elapsed() < Duration::from_millis(1_400), "read to the timeout");
}

#[tokio::test]
async fn what_was_never_sent_is_known_not_to_be_applied() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let refused = listener.local_addr().unwrap();
    drop(listener);
    let plain = Fake::answering(|_| reply(201, &created())).await;
    for url in [format!("http://{refused}"), format!("https://{}", plain.address)] {
        let outcome = client(&url).post_status(passed()).await;
        assert_eq!(outcome.code(), "not_sent", "{url}: {outcome:?}");
        assert!(!outcome.may_have_been_applied());
        assert!(!outcome.sentence().contains(&url), "{outcome}");
    }
    assert!(plain.seen().is_empty());
}

#[tokio::test]
async fn l02_a_409_is_not_aimed_again() {
    let text = format!("SHA does not match HEAD of source branch: {}", "c".repeat(40));
    let gitlab = Fake::answering(move |_| reply(409, &json!({ "message": text }))).await;
    let outcome = gitlab.client().post_status(passed()).await;
    assert_eq!(outcome, PostOutcome::NotHead { head: Some("c".repeat(40)) });
    assert_eq!(gitlab.seen().len(), 1);
}

#[tokio::test]
async fn l14_a_401_is_told_apart_by_the_tokens_own_page() {
    let refusal = json!({ "message": "401 Unauthorized" });
    let scope = json!({ "error": "insufficient_scope" });
    for (status, body, code) in [
        (200, json!({ "id": 1, "username": "bot" }), "not_licensed"),
        (403, scope, "not_licensed"),
        (401, refusal.clone(), "token_refused"),
        (503, json!({}), "unauthorised"),
        (200, json!({ "hello": "proxy" }), "unauthorised"),
    ] {
        let refusal = refusal.clone();
        let gitlab = Fake::answering(move |seen| match &*seen.uri {
            "/api/v4/user" => reply(status, &body),
            _ => reply(401, &refusal),
        })
        .await;
        assert_eq!(gitlab.client().post_status(passed()).await.code(), code, "{status}");
        assert_eq!(gitlab.seen().len(), 2);
    }
}

#[tokio::test]
async fn a_throttled_answer_carries_its_wait() {
    let gitlab = Fake::answering(|_| {
        (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "7")], "Retry later\n").into_response()
    })
    .await;
    let wait = Duration::from_secs(7);
    let outcome = gitlab.client().post_status(passed()).await;
    assert_eq!(outcome.handling(), Handling::RetryAfter(wait));
    let error = gitlab.client().project(6).await.unwrap_err();
    assert_eq!((error.retry_after(), error.is_temporary()), (Some(wait), true));
}

#[tokio::test]
async fn the_token_is_in_no_output_even_when_the_server_echoes_it() {
    let gitlab = Fake::answering(|seen| {
        let message = format!("your token was {}", seen.token.clone().unwrap_or_default());
        reply(400, &json!({ "message": message }))
    })
    .await;
    let client = gitlab.client();
    let outcome = client.post_status(passed()).await;
    let error = client.project(6).await.unwrap_err();
    let config = config("http://user:hunter2@gitlab.example.com");
    let refused = Client::new(config.clone()).unwrap_err();
    let shown = format!(
        "{client:?} {config:?} {outcome:?} {outcome} {error:?} {error} {refused:?} {refused}"
    );
    assert!(shown.contains("your token was ***"), "{shown}");
    assert!(!shown.contains(TOKEN) && !shown.contains("hunter2"), "{shown}");
}

#[test]
fn a_bad_address_or_token_is_refused_before_anything_is_sent() {
    for url in
        ["", "gitlab.example.com", "ftp://x", "https://u:p@x", "https://x/?a=1", "https://x/#a"]
    {
        let refused = Client::new(config(url)).unwrap_err();
        assert!(matches!(refused, ClientError::BaseUrl(_)), "{url}");
    }
    for token in ["", "two words", "line\nbreak", "ünïcode"] {
        let config = ClientConfig { token: token.into(), ..config("https://gitlab.example.com") };
        assert_eq!(Client::new(config).unwrap_err(), ClientError::Token);
    }
}
