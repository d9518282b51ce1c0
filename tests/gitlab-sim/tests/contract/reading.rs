//! Reading merge requests, statuses, projects and the token itself.

use gitlab_sim::{Role, Visibility};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Story, said};

#[tokio::test]
async fn a_merge_request_is_shown() {
    let story = Story::start().await;
    let new = story.project.merge_request("Add a basket", &story.author);
    let mr = new.labels(&["risky"]).from_branch("basket").description("Why").opens();
    let shown = story.get(&story.mr_path(&mr)).await.json();
    let expected = [
        ("iid", json!(mr.iid())),
        ("sha", json!(mr.sha())),
        ("state", json!("opened")),
        ("title", json!("Add a basket")),
        ("description", json!("Why")),
        ("web_url", json!(mr.web_url())),
        ("source_branch", json!("basket")),
        ("target_branch", json!("main")),
        ("labels", json!(["risky"])),
        ("draft", json!(false)),
        ("project_id", json!(story.project.id())),
        ("detailed_merge_status", json!("status_checks_must_pass")),
    ];
    for (field, value) in expected {
        assert_eq!(shown[field], value, "{field}");
    }
    assert_eq!(shown["author"]["username"], "alice");
    let updated_at = shown["updated_at"].as_str().unwrap_or_default();
    assert_eq!(updated_at.parse().ok(), Some(mr.updated_at()));
    assert!(updated_at.contains('T') && updated_at.ends_with(".000Z"));
    let missing = story.get(&format!("/projects/{}/merge_requests/99", story.project.id())).await;
    assert_eq!(missing.both(), (404, json!({ "message": "404 Not found" })));
    let invalid = story.get(&format!("/projects/{}/merge_requests/x", story.project.id())).await;
    assert_eq!(invalid.both(), (400, json!({ "error": "merge_request_iid is invalid" })));
}

#[tokio::test]
async fn merge_requests_are_listed_page_by_page() {
    let story = Story::start().await;
    let all: Vec<_> = (0..5).map(|_| story.opens()).collect();
    all[0].close();
    all[1].force_merge();
    let list = format!("/projects/{}/merge_requests", story.project.id());
    let iids = |said: &crate::support::Said| -> Vec<u64> {
        let body = said.json();
        let items = body.as_array().into_iter().flatten();
        items.filter_map(|item| item["iid"].as_u64()).collect()
    };
    assert_eq!(iids(&story.get(&list).await), [5, 4, 3, 2, 1]);
    assert_eq!(iids(&story.get(&format!("{list}?state=closed")).await), [1]);
    assert_eq!(iids(&story.get(&format!("{list}?state=merged")).await), [2]);
    assert_eq!(iids(&story.get(&format!("{list}?iids[]=2&iids[]=4")).await), [4, 2]);
    let none = story.get(&format!("{list}?updated_after=2100-01-01T00:00:00Z")).await;
    assert!(iids(&none).is_empty());

    let first = story.get(&format!("{list}?state=opened&per_page=2&sort=asc")).await;
    assert_eq!(iids(&first), [3, 4]);
    let headers =
        ["x-page", "x-per-page", "x-next-page", "x-prev-page", "x-total", "x-total-pages"];
    assert_eq!(headers.map(|name| first.header(name)), ["1", "2", "2", "", "3", "2"]);
    let next = format!("{list}?state=opened&sort=asc&page=2&per_page=2");
    let link = format!("<{}/api/v4{next}>; rel=\"next\"", story.sim.url());
    assert!(first.header("link").contains(&link), "{}", first.header("link"));
    let last = story.get(&next).await;
    assert_eq!((iids(&last), last.header("x-next-page")), (vec![5], ""));
}

#[tokio::test]
async fn statuses_are_for_the_present_head_and_the_applicable_checks() {
    let story = Story::start().await;
    story.check.point_at("https://gate.example.com/hook?token=1");
    let scoped = story.project.check("Scoped", "http://127.0.0.1:9/scoped", None);
    scoped.scope_to(&["release"]);
    let mr = story.opens();
    let path = format!("{}/status_checks", story.mr_path(&mr));
    story.answer(&mr, &mr.sha(), "passed").await;
    let said = story.get(&path).await;
    let expected = json!([{
        "id": story.check.id(),
        "name": "Change approval",
        "external_url": "https://gate.example.com/hook",
        "status": "passed",
    }]);
    assert_eq!(said.both(), (200, expected));
    assert_eq!((said.header("x-total"), said.header("poll-interval")), ("1", "10000"));
    mr.retarget("release");
    assert_eq!(story.get(&path).await.json().as_array().map(Vec::len), Some(2));
    mr.push();
    assert_eq!(story.get(&path).await.json()[0]["status"], "pending");
}

#[tokio::test]
async fn who_may_read_statuses() {
    let story = Story::start().await;
    let mr = story.opens();
    let path = format!("{}/status_checks", story.mr_path(&mr));
    let reader = story.sim.user("reader");
    let token = story.sim.token(&reader, &["read_api"], Role::Reporter);
    let read = async || {
        let said = story.ask(token.value(), Method::GET, &path, None).await.expect("an answer");
        (said.status, said.json()[0]["external_url"].clone())
    };
    assert_eq!(read().await, (200, json!("")));
    story.sim.set_role(&reader, &story.project, Role::Guest);
    assert_eq!(read().await, (403, Value::Null));
    story.sim.set_role(&reader, &story.project, Role::None);
    assert_eq!(read().await.0, 404);
    story.project.set_visibility(Visibility::Internal);
    assert_eq!(read().await.0, 200);
    story.project.license_lapses();
    assert_eq!(read().await.0, 401);
}

#[tokio::test]
async fn a_token_can_look_at_itself() {
    let story = Story::start().await;
    let user = story.get("/user").await;
    assert_eq!((user.status, &user.json()["username"]), (200, &json!("gate")));
    let token = story.get("/personal_access_tokens/self").await.json();
    assert_eq!((&token["scopes"], &token["active"]), (&json!(["api"]), &json!(true)));
    assert_eq!(token["expires_at"].as_str().map(str::len), Some(10));
    assert_eq!(token["user_id"], story.gate.id());
    assert_eq!(story.get("/version").await.json()["version"], "18.9.0-ee");
    story.token.revoke();
    for path in ["/user", "/personal_access_tokens/self", "/version"] {
        assert_eq!(story.get(path).await.status, 401, "{path}");
    }
    let nobody = said(story.request(Method::GET, "/api/v4/user")).await.expect("an answer");
    assert_eq!(nobody.both(), (401, json!({ "message": "401 Unauthorized" })));
}

#[tokio::test]
async fn every_answer_tells_the_rate_limit() {
    let story = Story::start().await;
    for path in ["/user", "/projects/999999", "/nonsense"] {
        let said = story.get(path).await;
        for name in ["limit", "name", "observed", "remaining", "reset"] {
            assert_ne!(said.header(&format!("ratelimit-{name}")), "(absent)", "{path} {name}");
        }
        assert_eq!(said.header("retry-after"), "(absent)");
    }
}
