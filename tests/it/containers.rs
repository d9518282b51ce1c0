//! What container engines and clusters run beside the roles.

use bus::embedded::free_port;
use tests::{Kind, Program, Terms, story};

fn at_a_known_port() -> Terms {
    let port = free_port().unwrap();
    Terms::default().with("COUNTERSIGN_SERVER__ADMIN_LISTEN", &format!("127.0.0.1:{port}"))
}

story!(a_container_engine_asks_whether_a_role_is_ready, at_a_known_port(), |stage| {
    let said = stage.operator().says(&["healthcheck"]);
    assert_eq!(said.code, Some(0), "{}", said.text);
    assert!(said.text.lines().any(|line| line == "recorder: ok"), "{}", said.text);
    stage.is_stopped();
    let said = stage.operator().says(&["healthcheck"]);
    assert_eq!(said.code, Some(1));
    assert!(said.text.starts_with("countersign: nothing answers at http://127.0.0.1:"));
    stage.starts();
});

story!(where_recorder_may_not_change_the_schema_somebody_else_does, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.is_stopped();
    let said = stage.operator().says(&["migrate"]);
    assert_eq!((said.code, said.text.as_str()), (Some(0), "The database is up to date."));
    stage.set_setting("COUNTERSIGN_DATABASE__MIGRATE", "false");
    stage.somebody_says("DELETE FROM seaql_migrations WHERE version LIKE 'm0021%'").await;
    let refused = stage.starts_another().unwrap_err();
    let sentence =
        "the database lacks the step m0021_saved_views of its schema: run `countersign migrate`";
    assert!(refused.contains(sentence), "{refused}");
    stage.somebody_says("DROP TABLE saved_view").await;
    let said = stage.operator().says(&["migrate"]);
    assert_eq!(said.text, "Carried out:\n  m0021_saved_views");
    stage.starts();
    stage.approver("Ada").approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
});

#[test]
fn recorder_needs_no_right_to_change_tables() {
    tests::tell(Kind::Postgres, Terms::default(), async |stage| {
        let merge_request = stage.opens_merge_request("Faster checkout").await;
        stage.is_stopped();
        let role = format!("recorder_{}", std::process::id());
        stage.somebody_says(&format!("CREATE ROLE {role} LOGIN")).await;
        stage.somebody_says(&format!("GRANT USAGE ON SCHEMA public TO {role}")).await;
        let rights = "SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public";
        stage.somebody_says(&format!("GRANT {rights} TO {role}")).await;
        let owner = stage.setting("COUNTERSIGN_DATABASE_URL").to_owned();
        let url = owner.replace("postgres://countersign@", &format!("postgres://{role}@"));
        stage.set_setting("COUNTERSIGN_DATABASE_URL", &url);
        stage.set_setting("COUNTERSIGN_DATABASE__MIGRATE", "false");
        stage.starts();
        stage.approver("Ada").approves(&merge_request).await;
        merge_request.status_becomes(&stage.check, "passed").await;
    });
}

#[tokio::test]
async fn the_simulated_gitlab_runs_alone_and_takes_the_configured_token() {
    let listen = format!("127.0.0.1:{}", free_port().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let settings = [
        ("COUNTERSIGN_GITLAB_URL", "http://127.0.0.1:1"),
        ("COUNTERSIGN_GITLAB_TOKEN", "glpat-of-the-simulation"),
        ("COUNTERSIGN_HOOK_SECRET", "secret-of-the-simulation"),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let url = format!("http://{listen}");
    let words = ["simulated-gitlab", "--listen", &listen, "--url", &url];
    let program = Program::start(&words, &settings, folder.path().join("log")).unwrap();
    let asks = tests::http().get(format!("{}api/v4/user", program.address("gitlab")));
    assert_eq!(asks.try_clone().unwrap().send().await.unwrap().status(), 401);
    let user = asks.header("PRIVATE-TOKEN", "glpat-of-the-simulation").send().await.unwrap();
    assert!(user.text().await.unwrap().contains("\"change-gate\""));
    assert_eq!(program.stop().code(), Some(0));
}
