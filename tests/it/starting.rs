//! How the program starts and stops.

use std::process::Command;

use tests::{Terms, binary, dies, is_alive, story};

fn said(arguments: &[&str], environment: &[(&str, &str)]) -> (Option<i32>, String) {
    let output = Command::new(binary())
        .args(arguments)
        .env_clear()
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap().trim().to_owned())
}

#[test]
fn a_wrong_configuration_ends_with_64_and_one_sentence() {
    let (code, text) = said(&["up"], &[("COUNTERSIGN_HOOK_SECRET", "secret")]);
    assert_eq!(code, Some(64));
    assert_eq!(
        text,
        "countersign: no GitLab is configured: set COUNTERSIGN_GITLAB_URL, \
         COUNTERSIGN_GITLAB_TOKEN and COUNTERSIGN_HOOK_SECRET, or try `countersign demo`"
    );
    let (code, text) = said(&["recorder"], &[]);
    assert_eq!(code, Some(64));
    assert!(text.starts_with("countersign: bus.url is not set"), "{text}");
}

#[test]
fn the_configuration_explains_itself() {
    let (code, text) = said(&["config"], &[]);
    assert_eq!(code, Some(0));
    assert!(text.starts_with("# Countersign: every setting with its default."), "{text}");
}

story!(nothing_is_left_behind, |stage| {
    stage.opens_merge_request("Faster checkout").await;
    let server = stage.nats_server_pid();
    assert_eq!(stage.is_stopped(), Some(0));
    assert!(!is_alive(server), "the nats-server is gone after a stop");
    stage.starts();
    let server = stage.nats_server_pid();
    stage.is_killed();
    dies(server).await;
});

story!(it_goes_on_where_it_stopped, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    assert_eq!(stage.is_stopped(), Some(0));
    stage.starts();
    stage.approver("Ada").approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
    assert_eq!(stage.rows("status_check").await, 1);
});

story!(a_data_folder_serves_one_process, |stage| {
    let refused = stage.starts_another().unwrap_err();
    assert!(refused.contains("another countersign runs in the data folder"), "{refused}");
});

story!(
    an_unsigned_hook_warns,
    Terms::default().with("COUNTERSIGN_HOOK__OPEN__ALLOW_UNSIGNED", "true"),
    |stage| {
        let warning = "this hook takes calls from anyone: it has no secret";
        assert!(stage.program().log().contains(warning));
        let answer = stage
            .http()
            .post(format!("{}/approval-apps/status_check/open", stage.url()))
            .header("content-type", "application/json")
            .body(stage.body_of_a_call().await)
            .send();
        assert_eq!(answer.await.unwrap().status(), 202);
    }
);

story!(each_role_runs_by_itself, Terms::default().apart(), |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.approver("Ada").approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
    stage.is_killed();
    stage.starts();
    let page = stage.approver("Eve").rejects(&merge_request, "Changed my mind").await;
    assert_eq!(page.state(), "Rejected", "{}", page.html);
    merge_request.status_becomes(&stage.check, "failed").await;
});

story!(who_does_not_know_recorders_secret_is_not_answered, Terms::default().apart(), |stage| {
    let knows = stage.operator();
    assert_eq!(knows.says(&["user", "list"]).code, Some(0));
    let guesses = knows.clone().with("COUNTERSIGN_RECORDER__SECRET", "another-secret-of-recorder");
    let add = ["user", "add", "eve", "--name", "Eve", "--by", "Eve"];
    let create = ["token", "create", "--source", "servicenow", "--scope", "decide", "--note", "x"];
    for words in [&add[..], &[&create[..], &["--by", "Eve"]].concat(), &["dead", "list"]] {
        let said = guesses.types(words, "a-password-of-eve\n");
        let sentence = "countersign: recorder.secret is not the one that recorder has: set both to \
                        the same";
        assert_eq!((said.code, said.text.as_str()), (Some(1), sentence));
    }
    let without = knows.with("COUNTERSIGN_RECORDER__SECRET", "").says(&["user", "list"]);
    assert_eq!(without.code, Some(64), "{without:?}");
    assert_eq!((stage.rows("person").await, stage.rows("api_token").await), (0, 0));
});

story!(another_process_on_the_machine_cannot_ask_recorder, |stage| {
    let file = std::fs::read_to_string(stage.data_folder().join("recorder.address")).unwrap();
    let address = file.lines().next().unwrap();
    let stranger = stage
        .operator()
        .with("COUNTERSIGN_RECORDER__URL", &format!("http://{address}"))
        .with("COUNTERSIGN_RECORDER__SECRET", "a-secret-that-was-guessed");
    let said = stranger.says(&["user", "list"]);
    assert!(said.code == Some(1) && said.text.contains("recorder.secret is not"), "{said:?}");
});
