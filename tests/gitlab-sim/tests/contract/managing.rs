//! Projects' settings and the configuration of checks.

use gitlab_sim::Role;
use reqwest::Method;
use serde_json::json;

use crate::support::Story;

#[tokio::test]
async fn a_project_is_shown_and_its_setting_changed() {
    let story = Story::start().await;
    let path = format!("/projects/{}", story.project.id());
    let shown = story.get(&path).await.json();
    assert_eq!(shown["path_with_namespace"], "shop/backend");
    assert_eq!(shown["only_allow_merge_if_all_status_checks_passed"], true);
    let off = || json!({ "only_allow_merge_if_all_status_checks_passed": false });
    assert_eq!(story.send(Method::PUT, &path, off()).await.status, 403);
    story.sim.set_role(&story.gate, &story.project, Role::Maintainer);
    let said = story.send(Method::PUT, &path, off()).await;
    assert_eq!(said.json()["only_allow_merge_if_all_status_checks_passed"], false);
    assert!(!story.project.requires_checks());
}

#[tokio::test]
async fn a_maintainer_manages_checks() {
    let story = Story::start().await;
    story.sim.set_role(&story.gate, &story.project, Role::Maintainer);
    let path = format!("/projects/{}/external_status_checks", story.project.id());
    let body = json!({
        "name": "Second",
        "external_url": "https://gate.example.com/second",
        "shared_secret": "s",
    });
    let made = story.send(Method::POST, &path, body.clone()).await;
    assert_eq!((made.status, &made.json()["hmac"]), (201, &json!(true)));
    assert!(!made.text.contains("shared_secret"));

    let taken = json!(["Name has already been taken", "External url has already been taken"]);
    let again = story.send(Method::POST, &path, body).await;
    assert_eq!(again.both(), (422, json!({ "message": taken })));
    let nameless = story.send(Method::POST, &path, json!({ "external_url": "https://x" })).await;
    assert_eq!(nameless.both(), (400, json!({ "error": "name is missing" })));
    let long = json!({ "name": "Long", "external_url": format!("https://x/{}", "y".repeat(250)) });
    assert_eq!(story.send(Method::POST, &path, long).await.status, 422);

    let one = format!("{path}/{}", made.json()["id"]);
    let changed = story.send(Method::PUT, &one, json!({ "name": "Renamed" })).await;
    assert_eq!((changed.status, &changed.json()["name"]), (200, &json!("Renamed")));
    assert_eq!(changed.json()["hmac"], true);
    let list = story.get(&path).await.json();
    assert_eq!(list.as_array().map(Vec::len), Some(2));
    assert_eq!(story.send(Method::DELETE, &one, json!({})).await.status, 204);
    assert_eq!(story.send(Method::DELETE, &one, json!({})).await.status, 404);
    assert_eq!(story.project.checks().len(), 1);
}

#[tokio::test]
async fn branches_are_chosen_by_their_ids() {
    let story = Story::start().await;
    story.sim.set_role(&story.gate, &story.project, Role::Maintainer);
    story.check.scope_to(&["release"]);
    let path = format!("/projects/{}/external_status_checks", story.project.id());
    let listed = story.get(&path).await.json();
    let branch = &listed[0]["protected_branches"][0];
    assert_eq!(branch["name"], "release");
    let body = json!({
        "name": "Same scope",
        "external_url": "https://gate.example.com/scope",
        "protected_branch_ids": [branch["id"]],
    });
    let made = story.send(Method::POST, &path, body).await;
    assert_eq!(made.json()["protected_branches"][0]["id"], branch["id"]);
}

#[tokio::test]
async fn lower_roles_may_not_manage_checks() {
    let story = Story::start().await;
    let path = format!("/projects/{}/external_status_checks", story.project.id());
    let one = format!("{path}/{}", story.check.id());
    assert_eq!(story.get(&path).await.status, 403);
    let not_allowed = (401, json!({ "message": "Not allowed" }));
    assert_eq!(story.send(Method::PUT, &one, json!({ "name": "x" })).await.both(), not_allowed);
    assert_eq!(story.send(Method::DELETE, &one, json!({})).await.both(), not_allowed);
    let body = json!({ "name": "x", "external_url": "https://x" });
    assert_eq!(story.send(Method::POST, &path, body).await.status, 403);
}
