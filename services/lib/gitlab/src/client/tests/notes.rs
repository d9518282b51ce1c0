//! Our own note among those of others.

use super::*;
use crate::client::Note;

const MARK: &str = "<!-- ours -->";

fn note(id: i64, author: i64, body: &str) -> Value {
    json!({ "id": id, "body": body, "author": { "id": author }, "system": false })
}

#[tokio::test]
async fn our_note_is_told_by_its_mark_and_its_author() {
    let gitlab = Fake::answering(|seen| match &*seen.uri {
        uri if uri.ends_with("/user") => reply(200, &json!({ "id": 7 })),
        uri if uri.contains("page=1&") => {
            let forged = note(1, 8, "<!-- ours --> passed");
            let quoted = note(2, 7, "As I said: <!-- ours -->");
            ([("x-next-page", "2")], axum::Json(json!([forged, quoted]))).into_response()
        }
        _ => reply(200, &json!([note(3, 7, "<!-- ours -->\r\nWaiting\r\n"), note(2, 7, "")])),
    })
    .await;
    let own = gitlab.client().own_notes(6, 4, MARK).await.unwrap();
    assert_eq!(own, [Note { id: 3, body: "<!-- ours -->\nWaiting".to_owned() }]);
    assert!(gitlab.seen()[0].uri.contains("activity_filter=only_comments"));
}

#[tokio::test]
async fn a_note_is_written_changed_and_deleted_once() {
    let gitlab = Fake::answering(|seen| match &*seen.method {
        "POST" => reply(201, &note(3, 7, "text")),
        "PUT" => reply(200, &note(3, 7, "text")),
        "DELETE" if seen.uri.ends_with("/3") => StatusCode::NO_CONTENT.into_response(),
        _ => reply(404, &json!({ "message": "404 Not found" })),
    })
    .await;
    let client = gitlab.client();
    assert_eq!(client.create_note(6, 4, "a\nb").await, Ok(()));
    assert_eq!(client.update_note(6, 4, 3, "c").await, Ok(()));
    assert_eq!(client.delete_note(6, 4, 3).await, Ok(()));
    assert_eq!(client.delete_note(6, 4, 4).await, Ok(()), "it is gone");
    let seen = gitlab.seen();
    assert_eq!(seen.len(), 4);
    assert_eq!(seen[0].uri, "/api/v4/projects/6/merge_requests/4/notes");
    assert_eq!(seen[0].body, br#"{"body":"a\nb"}"#);
    assert_eq!(seen[0].token.as_deref(), Some(TOKEN));
}

#[tokio::test]
async fn a_note_that_is_refused_says_why() {
    for (status, code) in [(403, "forbidden"), (429, "rate_limited"), (500, "server_error")] {
        let gitlab = Fake::answering(move |_| reply(status, &json!({ "message": "no" }))).await;
        assert_eq!(gitlab.client().create_note(6, 4, "a").await.unwrap_err().code(), code);
    }
}
