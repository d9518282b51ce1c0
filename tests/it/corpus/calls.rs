//! Calls to the hook.

mod content;
mod door;
mod load;
mod replays;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::{Call, Stage};

/// The body of a call about a merge request that no other row knows.
async fn body(stage: &Stage, iid: i64) -> Value {
    let mut body = stage.payload().await;
    body["object_attributes"]["iid"] = json!(iid);
    body["object_attributes"]["last_commit"]["id"] = json!(format!("{iid:040x}"));
    body
}

/// Makes a call with a body that is taken.
async fn taken(stage: &Stage, body: &Value) {
    let said = stage.calls(Call::signed(body.to_string())).await;
    assert_eq!(said, (StatusCode::ACCEPTED, "recorded".to_owned()));
}

/// Makes a call with a body that is refused in these words and kept as a dead letter.
async fn buried(stage: &mut Stage, body: impl Into<Vec<u8>>, words: &str) {
    let body = body.into();
    let said = stage.calls(Call::signed(body.clone())).await;
    assert_eq!(said, (StatusCode::UNPROCESSABLE_ENTITY, words.to_owned()));
    let (subject, letter) = stage.bus().await.read_all("CS_DEAD").await.pop().unwrap();
    assert_eq!(subject, "countersign.dead.v1.ingress.not-a-call");
    assert_eq!(
        (&letter["cause"], &letter["data_size"]),
        (&json!(words), &json!(body.len().to_string()))
    );
    stage.expects_a_dead_letter();
}

/// The id of the request that a body is about.
fn request_of(body: &Value) -> String {
    let attributes = &body["object_attributes"];
    let id = |value: &Value| value.as_i64().unwrap();
    let (project, iid) = (id(&attributes["target_project_id"]), id(&attributes["iid"]));
    let check = id(&body["external_approval_rule"]["id"]);
    let sha = attributes["last_commit"]["id"].as_str().unwrap();
    proto::request_id("main", project, iid, check, sha).to_string()
}
