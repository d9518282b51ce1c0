//! Bodies of calls, event by event.

use gitlab_sim::{MergeRequest, Status};
use serde_json::{Value, json};

use crate::support::Story;

/// A step of a story and its name.
type Step<'a> = (&'a str, &'a dyn Fn(&MergeRequest));

/// Does something and gives the body of the one call it caused.
async fn body_of(story: &Story, act: impl FnOnce()) -> Value {
    let before = story.calls().await.len();
    act();
    let calls = story.calls().await;
    assert_eq!(calls.len(), before + 1);
    calls[before].clone()
}

fn action(body: &Value) -> &Value {
    &body["object_attributes"]["action"]
}

fn is_hook_time(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    let shape = |(at, letter): (usize, char)| match at {
        4 | 7 => letter == '-',
        10 | 19 => letter == ' ',
        13 | 16 => letter == ':',
        20.. => "UTC".contains(letter),
        _ => letter.is_ascii_digit(),
    };
    text.len() == 23 && text.chars().enumerate().all(shape)
}

#[tokio::test]
async fn an_opened_merge_request_is_described_whole() {
    let story = Story::start().await;
    let mr = story.opens();
    let body = story.calls().await.remove(0);
    assert_eq!(body["object_kind"], "merge_request");
    assert_eq!(body["event_type"], "merge_request");
    assert_eq!(body["user"]["username"], "alice");
    assert_eq!(body["user"]["email"], "[REDACTED]");
    assert_eq!(body["project"]["id"], story.project.id());
    assert_eq!(body["project"]["path_with_namespace"], "shop/backend");
    assert_eq!(body["external_approval_rule"]["id"], story.check.id());
    assert_eq!(body["external_approval_rule"]["external_url"], story.hook.url);
    let attributes = &body["object_attributes"];
    assert_eq!(attributes["action"], "open");
    assert_eq!(attributes["iid"], mr.iid());
    assert_eq!(attributes["target_project_id"], story.project.id());
    assert_eq!(attributes["author_id"], story.author.id());
    assert_eq!((&attributes["state"], &attributes["state_id"]), (&json!("opened"), &json!(1)));
    assert_eq!(attributes["url"], mr.web_url());
    assert_eq!(attributes["merge_status"], "checking");
    assert_eq!(attributes["description"], Value::Null);
    assert_eq!(attributes["source_branch"], "1-add-a-basket");
    assert_eq!(attributes["source"]["id"], attributes["target"]["id"]);
    assert!(is_hook_time(&attributes["created_at"]) && is_hook_time(&attributes["updated_at"]));
    let commit = &attributes["last_commit"];
    assert_eq!(commit["id"], mr.sha());
    assert_eq!(commit["author"]["email"], "alice@example.com");
    let time = commit["timestamp"].as_str().unwrap_or_default();
    assert!(time.contains('T') && time.ends_with("+00:00"));
    assert_eq!(body["changes"]["merge_status"]["previous"], "preparing");
    for absent in ["assignees", "reviewers"] {
        assert!(body.get(absent).is_none(), "{absent}");
    }
    for absent in ["oldrev", "system_action"] {
        assert!(attributes.get(absent).is_none(), "{absent}");
    }
}

#[tokio::test]
async fn a_push_names_the_old_revision() {
    let story = Story::start().await;
    let mr = story.opens();
    let old = mr.sha();
    let body = body_of(&story, || drop(mr.push())).await;
    assert_eq!(action(&body), "update");
    assert_eq!(body["object_attributes"]["oldrev"], old);
    assert_eq!(body["object_attributes"]["last_commit"]["id"], mr.sha());
    assert_eq!(body["changes"], json!({}));
    let new = mr.sha();
    let body = body_of(&story, || mr.push_back_to(&old).expect("an earlier head")).await;
    assert_eq!(body["object_attributes"]["oldrev"], new);
    assert_eq!(body["object_attributes"]["last_commit"]["id"], old);
    assert_eq!(mr.shas(), [old, new]);
}

#[tokio::test]
async fn an_edit_names_what_changed() {
    let story = Story::start().await;
    let mr = story.opens();
    let edits: [Step<'_>; 5] = [
        ("title", &|mr| mr.edit_title("Add a cart")),
        ("description", &|mr| mr.edit_description("Why")),
        ("target_branch", &|mr| mr.retarget("release")),
        ("draft", &|mr| mr.mark_draft()),
        ("title", &|mr| mr.mark_ready()),
    ];
    for (field, edit) in edits {
        let body = body_of(&story, || edit(&mr)).await;
        assert_eq!(action(&body), "update");
        let (attributes, change) = (&body["object_attributes"], &body["changes"][field]);
        assert_eq!(change["current"], attributes[field]);
        assert_ne!(change["current"], change["previous"]);
        assert!(attributes.get("oldrev").is_none());
    }
    let body = body_of(&story, || mr.set_labels(&["risky"])).await;
    assert_eq!(body["changes"]["labels"]["previous"], json!([]));
    assert_eq!(body["changes"]["labels"]["current"][0]["title"], "risky");
    assert_eq!(body["labels"][0]["title"], "risky");
    let body = body_of(&story, || mr.resend()).await;
    assert_eq!((action(&body), &body["changes"]), (&json!("update"), &json!({})));
}

#[tokio::test]
async fn closing_reopening_and_merging_change_the_state() {
    let story = Story::start().await;
    let mr = story.opens();
    let steps: [Step<'_>; 3] = [
        ("close", &MergeRequest::close),
        ("reopen", &MergeRequest::reopen),
        ("merge", &MergeRequest::force_merge),
    ];
    for ((name, step), (state, state_id)) in
        steps.into_iter().zip([("closed", 2), ("opened", 1), ("merged", 3)])
    {
        let body = body_of(&story, || step(&mr)).await;
        let attributes = &body["object_attributes"];
        assert_eq!(attributes["action"], name);
        assert_eq!(attributes["state"], state);
        assert_eq!(attributes["state_id"], state_id);
        assert_eq!(body["changes"]["state_id"]["current"], state_id);
        assert_eq!(attributes["merge_commit_sha"].is_string(), name == "merge");
    }
    let before = story.calls().await.len();
    mr.close();
    mr.push();
    assert_eq!(story.calls().await.len(), before);
}

#[tokio::test]
async fn approvals_have_four_words() {
    let story = Story::start().await;
    story.project.set_approvals_required(2);
    let mr = story.opens();
    let (bob, carol) = (story.sim.user("bob"), story.sim.user("carol"));
    let sha = mr.sha();
    let body = body_of(&story, || mr.approve(&bob)).await;
    assert_eq!((action(&body), &body["user"]["username"]), (&json!("approval"), &json!("bob")));
    assert_eq!(action(&body_of(&story, || mr.approve(&carol)).await), "approved");
    assert_eq!(action(&body_of(&story, || mr.unapprove(&bob)).await), "unapproved");
    assert_eq!(action(&body_of(&story, || mr.unapprove(&carol)).await), "unapproval");
    assert_eq!(mr.sha(), sha);
}

#[tokio::test]
async fn a_push_may_reset_approvals() {
    let story = Story::start().await;
    story.project.reset_approvals_on_push(true);
    let mr = story.opens();
    mr.approve(&story.sim.user("bob"));
    mr.push();
    let last = story.calls().await.pop().expect("a call");
    assert_eq!(action(&last), "unapproved");
    assert_eq!(last["object_attributes"]["system"], true);
    assert_eq!(last["object_attributes"]["system_action"], "approvals_reset_on_push");
}

#[tokio::test]
async fn a_retry_names_no_action_and_no_changes() {
    let story = Story::start().await;
    let mr = story.opens();
    mr.push();
    let updated_at = mr.updated_at();
    let bob = story.sim.user("bob");
    let mut bodies = Vec::new();
    for _ in 0..2 {
        mr.set_status(&story.check, Status::Failed);
        let body = body_of(&story, || {
            mr.retry_by(&story.check, &bob).expect("it failed");
        })
        .await;
        let attributes = &body["object_attributes"];
        assert!(attributes.get("action").is_none() && attributes.get("oldrev").is_none());
        assert_eq!(attributes["last_commit"]["id"], mr.sha());
        assert_eq!((&body["changes"], &body["user"]["username"]), (&json!({}), &json!("bob")));
        bodies.push(story.sim.deliveries().pop().expect("a delivery").body);
    }
    assert_eq!(bodies[0], bodies[1]);
    assert_eq!(mr.updated_at(), updated_at);
}

#[tokio::test]
async fn only_the_retried_check_is_called() {
    let story = Story::start().await;
    let other = story.project.check("Other", &format!("{}/other", story.hook.url), None);
    let mr = story.opens();
    assert_eq!(story.calls().await.len(), 2);
    mr.set_status(&other, Status::Failed);
    let body = body_of(&story, || mr.retry(&other).expect("it failed")).await;
    assert_eq!(body["external_approval_rule"]["name"], "Other");
}

#[tokio::test]
async fn people_are_named_when_there_are_any() {
    let story = Story::start().await;
    let (bob, carol) = (story.sim.user("bob"), story.sim.user("carol"));
    let new = story.project.merge_request("Pair", &story.author);
    let _mr = new.reviewers(&[&bob]).assignees(&[&carol]).labels(&["a"]).opens();
    let body = story.calls().await.remove(0);
    assert_eq!(body["reviewers"][0]["username"], "bob");
    assert_eq!(body["reviewers"][0]["re_requested"], false);
    assert_eq!(body["assignees"][0]["username"], "carol");
    assert_eq!(body["object_attributes"]["assignee_id"], carol.id());
    assert_eq!(body["object_attributes"]["reviewer_ids"], json!([bob.id()]));
}

#[tokio::test]
async fn a_deleted_fork_and_lost_commits_are_null() {
    let story = Story::start().await;
    let fork = story.sim.project("alice/backend");
    let mr = story.project.merge_request("From a fork", &story.author).from_fork(&fork).opens();
    let body = story.calls().await.remove(0);
    assert_eq!(body["object_attributes"]["source_project_id"], fork.id());
    assert_eq!(body["project"]["id"], story.project.id());
    fork.delete();
    mr.lose_commits();
    let body = body_of(&story, || mr.resend()).await;
    let attributes = &body["object_attributes"];
    for null in ["source", "source_project_id", "last_commit"] {
        assert_eq!(attributes[null], Value::Null, "{null}");
    }
    assert_eq!(mr.sha(), "");
    assert_eq!(story.answer(&mr, "", "passed").await.status, 409);
}
