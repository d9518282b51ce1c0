//! Calls that come again, late, or about something that has changed since.

use std::{io::ErrorKind, net::TcpListener};

use futures::{StreamExt, stream};
use gitlab_sim::MergeRequest;
use reqwest::StatusCode;
use serde_json::Value;
use tests::{Call, Stage};

use super::super::rows;

rows!(
    what_comes_again,
    [
        w31_close_merge_reopen,
        w46_the_same_call_again,
        w47_a_call_about_an_earlier_head,
        w49_many_identical_calls_at_once,
        w52_addresses_in_a_payload,
    ]
);

/// The body of the last call that GitLab made.
fn last_body(stage: &Stage) -> String {
    stage.gitlab.deliveries().last().unwrap().body.clone()
}

async fn approved(stage: &Stage, title: &str) -> MergeRequest {
    let merge_request = stage.opens_merge_request(title).await;
    stage.approver("Ada").approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
    stage.is_quiet().await;
    merge_request
}

async fn w31_close_merge_reopen(stage: &mut Stage) {
    let merge_request = stage.opens_merge_request("Closed and reopened").await;
    merge_request.close();
    stage.state_becomes(&merge_request, "Closed").await;
    merge_request.reopen();
    stage.state_becomes(&merge_request, "Waiting").await;
    merge_request.force_merge();
    stage.state_becomes(&merge_request, "Merged").await;
    let told = stage.approver("Reader").opens_newest(&merge_request).await.timeline();
    for word in ["(close by", "(reopen by", "(merge by"] {
        assert!(told.iter().any(|step| step.contains(word)), "{word} in {told:?}");
    }
}

/// Nothing remembers a body or forgets one after a time, so three minutes and thirty days are like
/// one second.
async fn w46_the_same_call_again(stage: &mut Stage) {
    let merge_request = approved(stage, "Called again").await;
    let (deliveries, answers) = (stage.rows("delivery").await, stage.gitlab.answers().len());
    for _ in 0..3 {
        let said = stage.calls(Call::signed(last_body(stage))).await;
        assert_eq!(said.0, StatusCode::ACCEPTED);
    }
    stage.is_quiet().await;
    assert_eq!(stage.rows("delivery").await, deliveries + 3, "a row for each");
    assert_eq!(stage.gitlab.answers().len(), answers, "and no answer");
    stage.state_becomes(&merge_request, "Approved").await;
}

async fn w47_a_call_about_an_earlier_head(stage: &mut Stage) {
    let merge_request = approved(stage, "Pushed since").await;
    let (first, body) = (stage.request_id(&merge_request), last_body(stage));
    merge_request.push();
    stage.state_of_becomes(&first, "Superseded").await;
    let answers = stage.gitlab.answers().len();
    assert_eq!(stage.calls(Call::signed(body)).await.0, StatusCode::ACCEPTED);
    stage.is_quiet().await;
    stage.state_of_becomes(&first, "Superseded").await;
    stage.state_becomes(&merge_request, "Waiting").await;
    assert_eq!(merge_request.status(&stage.check), "pending");
    assert_eq!(stage.gitlab.answers().len(), answers);
}

async fn w49_many_identical_calls_at_once(stage: &mut Stage) {
    let merge_request = stage.opens_merge_request("Called by many").await;
    stage.is_quiet().await;
    let rows = async || (stage.rows("delivery").await, stage.rows("status_check").await);
    let (before, answers) = (rows().await, stage.gitlab.answers().len());
    let call = Call::signed(last_body(stage));
    let calls = (0..500).map(|_| stage.calls(call.clone()));
    let said: Vec<_> = stream::iter(calls).buffer_unordered(500).collect().await;
    assert!(said.iter().all(|(status, _)| *status == StatusCode::ACCEPTED));
    stage.is_quiet().await;
    assert_eq!(rows().await, (before.0 + 500, before.1));
    assert_eq!(stage.gitlab.answers().len(), answers, "nothing is answered");
    stage.state_becomes(&merge_request, "Waiting").await;
}

/// Replaces every address in a payload.
fn point(value: &mut Value, address: &str) {
    match value {
        Value::String(text) if text.contains("://") || text.starts_with("git@") => {
            *text = address.to_owned();
        }
        Value::Array(items) => items.iter_mut().for_each(|item| point(item, address)),
        Value::Object(fields) => fields.values_mut().for_each(|field| point(field, address)),
        _ => {}
    }
}

async fn w52_addresses_in_a_payload(stage: &mut Stage) {
    let trap = TcpListener::bind("127.0.0.1:0").unwrap();
    trap.set_nonblocking(true).unwrap();
    let merge_request = stage.opens_merge_request("Come in").await;
    let mut body: Value = serde_json::from_str(&last_body(stage)).unwrap();
    point(&mut body, &format!("http://{}/", trap.local_addr().unwrap()));
    assert!(body.to_string().matches(&trap.local_addr().unwrap().to_string()).count() > 10);
    assert_eq!(stage.calls(Call::signed(body.to_string())).await.0, StatusCode::ACCEPTED);
    stage.is_quiet().await;
    stage.approver("Ada").approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
    stage.is_quiet().await;
    assert_eq!(trap.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "nobody came");
}
