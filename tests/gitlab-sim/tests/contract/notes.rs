//! Comments: who may write which, and what a line of one can do.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::Story;

#[tokio::test]
async fn a_comment_is_written_changed_and_taken_away() {
    let story = Story::start().await;
    let mr = story.opens();
    let notes = format!("{}/notes", story.mr_path(&mr));
    let made = story.send(Method::POST, &notes, json!({ "body": "One\n" })).await;
    assert_eq!((made.status, &made.json()["body"]), (201, &json!("One")));
    let own = format!("{notes}/{}", made.json()["id"]);
    let changed = story.send(Method::PUT, &own, json!({ "body": "Two" })).await;
    assert_eq!((changed.status, &changed.json()["body"]), (200, &json!("Two")));
    let listed = story.get(&format!("{notes}?sort=asc&order_by=created_at")).await.json();
    assert_eq!(listed[0]["body"], "Two");
    assert_eq!(
        (&listed[0]["system"], &listed[0]["noteable_iid"]),
        (&json!(false), &json!(mr.iid()))
    );
    assert_eq!(story.send(Method::DELETE, &own, Value::Null).await.status, 204);
    assert_eq!(story.send(Method::DELETE, &own, Value::Null).await.status, 404);
    assert_eq!(story.send(Method::POST, &notes, json!({ "body": " " })).await.status, 400);
}

#[tokio::test]
async fn a_comment_of_somebody_else_is_not_for_a_developer_to_change() {
    let story = Story::start().await;
    let mr = story.opens();
    mr.comment(&story.author, "Mine");
    let notes = format!("{}/notes", story.mr_path(&mr));
    let listed = story.get(&notes).await.json();
    let foreign = format!("{notes}/{}", listed[0]["id"]);
    let refused = story.send(Method::PUT, &foreign, json!({ "body": "Ours" })).await;
    assert_eq!(refused.both(), (403, json!({ "message": "403 Forbidden" })));
    assert_eq!(mr.notes(), ["Mine"]);
}

#[tokio::test]
async fn a_line_of_a_comment_can_be_a_command() {
    let story = Story::start().await;
    let mr = story.opens();
    let notes = format!("{}/notes", story.mr_path(&mr));
    story.send(Method::POST, &notes, json!({ "body": "Enough.\n/close" })).await;
    assert_eq!((mr.state().as_str(), mr.notes()), ("closed", vec!["Enough.".to_owned()]));
}
