//! Secrets are replaced while calls come and answers go: nobody is refused.

use gitlab_sim::Role;
use tests::{HOOK_SECRET, Stage, Terms, story, until};

const NEW_SECRET: &str = "another-shared-secret-for-stories";

/// Files that hold secrets, as a cluster mounts them.
fn writes(stage: &Stage, name: &str, secret: &str) -> String {
    let file = stage.data_folder().with_file_name(name);
    std::fs::write(&file, secret).unwrap();
    file.to_str().unwrap().to_owned()
}

/// The configuration with its secrets in files.
fn with_files(stage: &mut Stage, token: &str) -> String {
    let hook = writes(stage, "hook", HOOK_SECRET);
    let token = writes(stage, "token", token);
    stage.unset_setting("COUNTERSIGN_HOOK_SECRET");
    stage.unset_setting("COUNTERSIGN_GITLAB_TOKEN");
    format!("[hook.default]\nsecret_file = \"{hook}\"\n[gitlab.main]\ntoken_file = \"{token}\"")
}

story!(a_hook_secret_is_replaced_under_traffic, Terms::default(), |stage| {
    let token = stage.token.value().to_owned();
    let config = with_files(stage, &token);
    stage.is_configured_by(&config);
    let mut opened = vec![stage.opens_merge_request("Before").await];
    writes(stage, "hook", &format!("{NEW_SECRET}\n{HOOK_SECRET}\n"));
    until("the new secret to be taken", async || {
        stage.log().contains("other secrets are taken from now on")
    })
    .await;
    // The old one is still right while GitLab has it.
    opened.push(stage.opens_merge_request("Meanwhile").await);
    stage.check.set_secret(Some(NEW_SECRET));
    opened.push(stage.opens_merge_request("After").await);
    for merge_request in &opened {
        stage.approver("Ada").approves(merge_request).await;
        merge_request.status_becomes(&stage.check, "passed").await;
    }
    let statuses: Vec<_> = stage.gitlab.deliveries().iter().map(|it| it.status()).collect();
    assert!(statuses.iter().all(|status| *status == Some(202)), "{statuses:?}");
});

story!(a_token_is_replaced_under_traffic, Terms::default(), |stage| {
    let token = stage.token.value().to_owned();
    let config = with_files(stage, &token);
    stage.is_configured_by(&config);
    let first = stage.opens_merge_request("Before").await;
    stage.approver("Ada").approves(&first).await;
    first.status_becomes(&stage.check, "passed").await;
    let bot = stage.gitlab.user_named("countersign-bot", "Countersign");
    let new = stage.gitlab.token(&bot, &["api"], Role::Developer);
    writes(stage, "token", new.value());
    until("the new token to be used", async || {
        stage.log().contains("another token is used from now on")
    })
    .await;
    stage.token.revoke();
    let second = stage.opens_merge_request("After").await;
    stage.approver("Ada").approves(&second).await;
    second.status_becomes(&stage.check, "passed").await;
    assert!(!stage.log().contains(new.value()), "the new token is in the log");
});
