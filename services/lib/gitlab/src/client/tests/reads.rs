//! The questions: merge requests, checks, projects.

use super::*;

fn merge_request() -> Value {
    json!({
        "id": 59, "iid": 4, "project_id": 6, "target_project_id": 6, "source_project_id": null,
        "sha": HEAD, "state": "opened", "title": "A text", "description": "long",
        "source_branch": "feature", "target_branch": "main", "draft": true,
        "web_url": "https://gitlab.example.com/flightjs/Flight/-/merge_requests/4",
        "author": { "id": 1, "name": "Ada", "username": "ada" }, "labels": ["backend"],
        "updated_at": "2026-01-16T05:56:22.000Z",
    })
}

#[tokio::test]
async fn a_merge_request_is_read_with_its_head() {
    let gitlab = Fake::answering(|seen| {
        let mut body = merge_request();
        if seen.uri.ends_with("/5") {
            body["sha"] = Value::Null;
            body["iid"] = json!(5);
        }
        reply(200, &body)
    })
    .await;
    let client = gitlab.client();
    let found = client.merge_request(6, 4).await.unwrap();
    assert_eq!((found.sha.as_deref(), found.iid, found.target_project_id), (Some(HEAD), 4, 6));
    assert_eq!((found.author_id, found.author_name.as_deref()), (Some(1), Some("Ada")));
    assert_eq!((found.source_project_id, found.draft), (None, true));
    assert_eq!(found.updated_at, "2026-01-16T05:56:22Z".parse().ok());
    assert_eq!(client.merge_request(6, 5).await.unwrap().sha, None);
    assert_eq!(client.merge_request(6, 9).await.unwrap_err().code(), "unexpected");
    assert_eq!(client.merge_request(7, 4).await.unwrap_err().code(), "unexpected");
}

#[tokio::test]
async fn a_malformed_head_is_refused() {
    for sha in ["141be97", "HEAD", &"A".repeat(40)] {
        let mut body = merge_request();
        body["sha"] = json!(sha);
        let gitlab = Fake::answering(move |_| reply(200, &body)).await;
        assert_eq!(gitlab.client().merge_request(6, 4).await.unwrap_err().code(), "unexpected");
    }
}

#[tokio::test]
async fn status_checks_are_read_page_by_page() {
    let gitlab = Fake::answering(|seen| {
        let check = |id: i64, status: &str| json!({ "id": id, "name": "QA", "external_url": "", "status": status });
        let (items, next) = if seen.uri.contains("page=1&") {
            (json!([check(1, "pending"), check(2, "novel")]), "2")
        } else {
            (json!([check(1, "passed"), check(3, "failed")]), "")
        };
        ([("x-next-page", next)], axum::Json(items)).into_response()
    })
    .await;
    let checks = gitlab.client().status_checks(6, 4).await.unwrap();
    let found: Vec<_> = checks.iter().map(|check| (check.id, check.status)).collect();
    assert_eq!(found, [(1, Some(Status::Passed)), (2, None), (3, Some(Status::Failed))]);
    assert_eq!(gitlab.seen().len(), 2);
}

#[tokio::test]
async fn l11_a_list_that_loops_is_bounded() {
    let gitlab = Fake::answering(|_| {
        let items = json!([{ "id": 1, "name": "QA", "status": "passed" }]);
        ([("x-next-page", "1")], axum::Json(items)).into_response()
    })
    .await;
    let checks = gitlab.client().status_checks(6, 4).await;
    assert_eq!(checks, Err(ApiError::Endless { pages: 20 }));
    assert_eq!(gitlab.seen().len(), 20);
}

#[tokio::test]
async fn open_merge_requests_come_in_pages_with_an_end() {
    let gitlab = Fake::answering(|seen| match &*seen.uri {
        uri if uri.contains("page=1&") => {
            ([("x-next-page", "2")], axum::Json(json!([merge_request()]))).into_response()
        }
        _ => ([("x-next-page", "9")], axum::Json(json!([]))).into_response(),
    })
    .await;
    let client = gitlab.client();
    let page = client.open_merge_requests(6, 1).await.unwrap();
    assert_eq!((page.items.len(), page.next), (1, Some(2)));
    let page = client.open_merge_requests(6, 2).await.unwrap();
    assert_eq!((page.items.len(), page.next), (0, None), "an empty page is the last");
    assert!(gitlab.seen()[0].uri.contains("state=opened"));
    assert_eq!(client.open_merge_requests(7, 1).await.unwrap_err().code(), "unexpected");
}

#[tokio::test]
async fn a_project_is_known_by_its_id() {
    let body = json!({ "id": 6, "path_with_namespace": "flightjs/Flight" });
    let gitlab = Fake::answering(move |_| reply(200, &body)).await;
    let project = gitlab.client().project(6).await.unwrap();
    assert_eq!(project.path_with_namespace, "flightjs/Flight");
    assert_eq!(gitlab.client().project(7).await.unwrap_err().code(), "unexpected");
}
