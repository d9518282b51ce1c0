//! `POST status_check_responses`: every code and body.

use gitlab_sim::{Role, Visibility};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Story, said};

#[tokio::test]
async fn an_answer_is_stored_and_shown_whole() {
    let story = Story::start().await;
    let mr = story.opens();
    let said = story.answer(&mr, &mr.sha(), "passed").await;
    assert_eq!(said.status, 201);
    let body = said.json();
    assert_eq!(body["merge_request"]["iid"], mr.iid());
    assert_eq!(body["external_status_check"]["external_url"], story.hook.url);
    assert_eq!(body["external_status_check"]["hmac"], true);
    assert!(body["id"].is_u64() && body.get("status").is_none() && body.get("sha").is_none());
    assert_eq!(mr.status(&story.check), "passed");
    let answers = story.sim.answers();
    assert_eq!(answers[0].user.as_deref(), Some("gate"));
    assert_eq!(answers[0].http_status, Some(201));
    assert_eq!(answers[0].project, "shop/backend");
    assert!(!story.sim.answers_overlapped());
}

#[tokio::test]
async fn a_form_and_a_bearer_token_and_a_path_do_as_well() {
    let story = Story::start().await;
    let mr = story.opens();
    let path = format!(
        "/api/v4/projects/shop%2Fbackend/merge_requests/{}/status_check_responses",
        mr.iid()
    );
    let (sha, id) = (mr.sha(), story.check.id().to_string());
    let form =
        [("sha", sha.as_str()), ("external_status_check_id", id.as_str()), ("status", "failed")];
    let request = story.request(Method::POST, &path).bearer_auth(story.token.value()).form(&form);
    assert_eq!(said(request).await.expect("an answer").status, 201);
    assert_eq!(mr.status(&story.check), "failed");
    assert_eq!(story.sim.answers()[0].project, "shop/backend");
}

#[tokio::test]
async fn missing_and_invalid_parameters_are_named() {
    let story = Story::start().await;
    let mr = story.opens();
    let id = story.check.id();
    let cases = [
        (json!({ "external_status_check_id": id, "status": "passed" }), "sha is missing"),
        (
            json!({ "sha": "a", "external_status_check_id": id, "status": "maybe" }),
            "status does not have a valid value",
        ),
        (
            json!({ "sha": "a", "external_status_check_id": id }),
            "status is missing, status does not have a valid value",
        ),
        (json!({ "sha": "a", "status": "passed" }), "external_status_check_id is missing"),
        (
            json!({ "sha": "a", "external_status_check_id": "x", "status": "passed" }),
            "external_status_check_id is invalid",
        ),
    ];
    for (body, error) in cases {
        let said = story.answer_with(story.token.value(), &mr, body).await;
        assert_eq!(said.both(), (400, json!({ "error": error })));
    }
}

#[tokio::test]
async fn tokens_are_checked_first() {
    let story = Story::start().await;
    let mr = story.opens();
    let body = || story.body(&mr.sha(), "passed");
    let unauthorized = (401, json!({ "message": "401 Unauthorized" }));
    let said = story.answer_with("wrong", &mr, body()).await;
    assert_eq!(said.both(), unauthorized);

    story.token.expire();
    let said = story.answer(&mr, &mr.sha(), "passed").await;
    assert_eq!((said.status, &said.json()["error"]), (401, &json!("invalid_token")));
    assert!(said.text.contains("Token is expired"));
    story.token.revoke();
    let said = story.answer(&mr, &mr.sha(), "passed").await;
    assert!(said.status == 401 && said.text.contains("Token was revoked"));
    story.token.restore();

    let reader = story.sim.token(&story.gate, &["read_api"], Role::Developer);
    let said = story.answer_with(reader.value(), &mr, body()).await;
    assert_eq!((said.status, &said.json()["error"]), (403, &json!("insufficient_scope")));
    assert_eq!(mr.status(&story.check), "pending");
}

#[tokio::test]
async fn a_lapsed_licence_looks_like_a_bad_token_but_the_user_is_known() {
    let story = Story::start().await;
    let mr = story.opens();
    story.project.license_lapses();
    let said = story.answer(&mr, &mr.sha(), "passed").await;
    assert_eq!(said.both(), (401, json!({ "message": "401 Unauthorized" })));
    assert_eq!(story.get("/user").await.json()["username"], "gate");
    assert_eq!(mr.detailed_merge_status(), "mergeable");
    story.project.license_returns();
    assert_eq!(story.answer(&mr, &mr.sha(), "passed").await.status, 201);
}

#[tokio::test]
async fn roles_decide_between_403_and_404() {
    let story = Story::start().await;
    let mr = story.opens();
    let forbidden = (403, json!({ "message": "403 Forbidden" }));
    let not_found = (404, json!({ "message": "404 Project Not Found" }));
    let cases = [
        (Role::None, Visibility::Private, not_found),
        (Role::None, Visibility::Internal, forbidden.clone()),
        (Role::Guest, Visibility::Private, forbidden.clone()),
        (Role::Reporter, Visibility::Private, forbidden.clone()),
        (Role::CustomApprover, Visibility::Private, (404, json!({ "message": null }))),
    ];
    for (role, visibility, expected) in cases {
        story.project.set_visibility(visibility);
        story.sim.set_role(&story.gate, &story.project, role);
        let said = story.answer(&mr, &mr.sha(), "passed").await;
        assert_eq!(said.both(), expected, "{role:?}");
    }
    story.sim.set_role(&story.gate, &story.project, Role::Maintainer);
    assert_eq!(story.answer(&mr, &mr.sha(), "passed").await.status, 201);
    story.project.archive();
    assert_eq!(story.answer(&mr, &mr.sha(), "passed").await.both(), forbidden);
}

#[tokio::test]
async fn unknown_things_are_not_found() {
    let story = Story::start().await;
    let mr = story.opens();
    let project = story.project.id();
    let not_found = (404, json!({ "message": "404 Not found" }));
    let send = async |path: &str, body: Value| story.send(Method::POST, path, body).await.both();

    let body = story.body(&mr.sha(), "passed");
    let path = "/projects/999999/merge_requests/1/status_check_responses";
    let project_not_found = (404, json!({ "message": "404 Project Not Found" }));
    assert_eq!(send(path, body.clone()).await, project_not_found);

    let path = format!("/projects/{project}/merge_requests/77/status_check_responses");
    assert_eq!(send(&path, body.clone()).await, not_found);

    let mut other_check = body;
    other_check["external_status_check_id"] = json!(999_999);
    let path = format!("/projects/{project}/merge_requests/1/status_check_responses");
    assert_eq!(send(&path, other_check).await, not_found);
    assert_eq!(send("/nonsense", json!({})).await, (404, json!({ "error": "404 Not Found" })));
}

#[tokio::test]
async fn another_sha_gets_409_with_the_true_head() {
    let story = Story::start().await;
    let mr = story.opens();
    let old = mr.sha();
    let new = mr.push();
    let expected = format!("SHA does not match HEAD of source branch: {new}");
    for sha in [old.as_str(), &new[..8], &new.to_uppercase()] {
        let said = story.answer(&mr, sha, "passed").await;
        assert_eq!(said.both(), (409, json!({ "message": expected })));
    }
}

#[tokio::test]
async fn each_check_comes_before_the_next() {
    let story = Story::start().await;
    let mr = story.opens();
    // A wrong sha and a low role: the check id wins, then the sha, then the role.
    story.sim.set_role(&story.gate, &story.project, Role::CustomApprover);
    let mut body = story.body("0000", "passed");
    body["external_status_check_id"] = json!(999_999);
    assert_eq!(story.answer_with(story.token.value(), &mr, body).await.status, 404);
    assert_eq!(story.answer(&mr, "0000", "passed").await.status, 409);
    assert_eq!(story.answer(&mr, &mr.sha(), "passed").await.status, 404);
    // A Guest learns nothing of checks and shas.
    story.sim.set_role(&story.gate, &story.project, Role::Guest);
    assert_eq!(story.answer(&mr, "0000", "passed").await.status, 403);
    // The licence comes before the merge request.
    story.project.license_lapses();
    let path = format!("/projects/{}/merge_requests/77/status_check_responses", story.project.id());
    let said = story.send(Method::POST, &path, story.body("0000", "passed")).await;
    assert_eq!(said.status, 401);
}

#[tokio::test]
async fn a_moved_project_takes_only_get_by_its_old_path() {
    let story = Story::start().await;
    let mr = story.opens();
    story.project.moves_to("store/backend");
    let path = "/projects/shop%2Fbackend/merge_requests/1/status_check_responses";
    let said = story.send(Method::POST, path, story.body(&mr.sha(), "passed")).await;
    let sentence = "Non GET methods are not allowed for moved projects";
    assert_eq!(said.both(), (405, json!({ "message": sentence })));
    assert_eq!(story.get("/projects/shop%2Fbackend").await.status, 301);
    assert_eq!(story.get("/projects/store%2Fbackend").await.status, 200);
    assert_eq!(story.answer(&mr, &mr.sha(), "passed").await.status, 201);
}

#[tokio::test]
async fn draft_closed_and_merged_ones_can_be_answered() {
    let story = Story::start().await;
    let mr = story.project.merge_request("Later", &story.author).draft().opens();
    assert_eq!(story.answer(&mr, &mr.sha(), "passed").await.status, 201);
    mr.close();
    assert_eq!(story.answer(&mr, &mr.sha(), "failed").await.status, 201);
    mr.reopen();
    mr.force_merge();
    assert_eq!(story.answer(&mr, &mr.sha(), "passed").await.status, 201);
}
