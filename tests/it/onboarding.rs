//! A platform engineer sets the gate up, and proves that it is.

use std::os::unix::fs::PermissionsExt;

use bus::embedded::free_port;
use gitlab_sim::Role;
use tests::{Said, Stage, Terms, story};

/// Where GitLab finds us is known beforehand.
fn reachable() -> Terms {
    let port = free_port().unwrap();
    Terms::default()
        .with("COUNTERSIGN_LISTEN", &format!("127.0.0.1:{port}"))
        .with("COUNTERSIGN_SERVER__PUBLIC_URL", &format!("http://127.0.0.1:{port}"))
}

/// A file with the token of somebody who maintains every project.
fn maintainer(stage: &Stage) -> String {
    let olga = stage.gitlab.user_named("olga", "Olga");
    let token = stage.gitlab.token(&olga, &["api"], Role::Maintainer);
    let file = stage.data_folder().join("maintainer.token");
    std::fs::write(&file, token.value()).unwrap();
    file.display().to_string()
}

fn registers(stage: &Stage, words: &[&str]) -> Said {
    let token = maintainer(stage);
    stage.operator().says(&[&["register", "--token-file", &token], words].concat())
}

fn examines(stage: &Stage, words: &[&str]) -> Said {
    let token = maintainer(stage);
    let words = [&["doctor", "--project", "shop/backend", "--token-file", &token], words];
    stage.operator().says(&words.concat())
}

story!(a_project_is_registered_and_its_merge_requests_wait, reachable(), |stage| {
    let project = stage.gitlab.project("shop/frontend");
    project.require_checks(false);
    let said = registers(stage, &["--project", "shop/frontend", "--require"]);
    let check = project.checks().remove(0);
    let line = format!(
        "shop/frontend: status check {} \"Change approval\" was made; merging waits for it.",
        check.id()
    );
    assert_eq!((said.code, said.text.as_str()), (Some(0), line.as_str()));
    assert!(project.requires_checks());
    let author = stage.gitlab.user("grace");
    let merge_request = project.opens_merge_request("Faster checkout", &author);
    stage.gitlab.calls_settled().await;
    assert_eq!(stage.gitlab.deliveries().last().unwrap().status(), Some(202));
    assert_eq!(merge_request.status(&check), "pending");
});

story!(a_check_with_another_secret_is_repaired, reachable(), |stage| {
    stage.check.set_secret(Some("somebody-mistyped-it"));
    let said = registers(stage, &["--project", "shop/backend"]);
    let line = format!(
        "shop/backend: status check {} \"Change approval\" was repaired; merging waits for it.",
        stage.check.id()
    );
    assert_eq!(said.text, line);
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.state_becomes(&merge_request, "Waiting").await;
});

story!(a_group_is_registered_with_what_is_below_it, reachable(), |stage| {
    let _core = stage.gitlab.project("bank/ledger/core");
    let _cards = stage.gitlab.project("bank/cards");
    stage.gitlab.project("bank/old").license_lapses();
    let said = registers(stage, &["--group", "bank", "--target-branch", "main"]);
    assert_eq!(said.code, Some(1));
    let lines: Vec<&str> = said.text.lines().collect();
    assert!(lines[0].starts_with("bank/cards: status check "), "{}", said.text);
    assert!(lines[1].starts_with("bank/ledger/core: status check "), "{}", said.text);
    assert!(lines[2].starts_with("bank/old: FAILED: GitLab refused"), "{}", said.text);
    assert_eq!(lines[3], "countersign: 1 of 3 projects failed");
    let said = registers(stage, &["--project", "bank/cards", "--target-branch", "release/*"]);
    assert!(said.text.contains("release/* is not a protected branch: protect it"), "{}", said.text);
});

story!(a_fresh_secret_is_written_for_its_owner_only, reachable(), |stage| {
    let file = stage.data_folder().join("fresh.secret");
    let path = file.display().to_string();
    let words = ["--project", "shop/backend", "--secret-file", &path];
    let dry = registers(stage, &[&words[..], &["--dry-run"]].concat());
    assert!(dry.text.contains("its status check would be repaired, calling http://127.0.0.1"));
    assert!(!file.exists());
    let said = registers(stage, &words);
    assert!(said.text.starts_with(&format!("A fresh secret is in {path}; ingress takes it with")));
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let secret = std::fs::read_to_string(&file).unwrap();
    assert_eq!(secret.trim().len(), 64);
    assert!(!said.text.contains(secret.trim()), "a secret is not for a terminal");
});

story!(who_is_no_maintainer_is_told_so, reachable(), |stage| {
    let said = stage.operator().says(&["register", "--project", "shop/backend"]);
    let sentence = "shop/backend: FAILED: the token's user must be a maintainer there; give \
                    another token with --token-file.";
    assert_eq!((said.code, said.text.lines().next()), (Some(1), Some(sentence)));
});

story!(a_doctor_finds_nothing_where_all_is_well, reachable(), |stage| {
    stage.opens_merge_request("Faster checkout").await;
    let said = examines(stage, &[]);
    assert_eq!(said.code, Some(0), "{}", said.text);
    for line in [
        "ok        it answers as GitLab 18.9.0-ee",
        "ok        its clock and ours agree",
        "ok        the token has the scope api",
        "ok        shop/backend: the token's user may answer status checks",
        "ok        shop/backend: merging waits for status checks",
        "ok        shop/backend: \"Change approval\" calls us",
        "ok        GitLab main has called, for 1 status checks",
        "ok        it has the schema of this program",
    ] {
        assert!(said.text.lines().any(|it| it.trim() == line), "{line} is not in\n{}", said.text);
    }
    assert_eq!(stage.bus().await.read_all("CS_DEAD").await.len(), 0, "a probe is no call");
});

story!(a_doctor_names_each_cause_and_its_fix, reachable(), |stage| {
    stage.check.scope_to(&["release/*"]);
    stage.project.require_checks(false);
    let operator = stage.operator().with("COUNTERSIGN_HOOK_SECRET", "another-secret-than-ingress");
    let token = maintainer(stage);
    let said = operator.says(&["doctor", "--project", "shop/backend", "--token-file", &token]);
    assert_eq!(said.code, Some(1));
    for (found, fix) in [
        (
            "WRONG     shop/backend: merging does not wait for status checks, they are only shown",
            "register --project shop/backend --require",
        ),
        (
            "warning   shop/backend: \"Change approval\" is for the branches release/*",
            "register it for every branch",
        ),
        ("has another secret than this configuration", "give both the same: hook.*.secret"),
    ] {
        let mut lines = said.text.lines().skip_while(|line| !line.contains(found)).skip(1);
        let told = lines.next().unwrap_or_else(|| panic!("{found} is not in\n{}", said.text));
        assert!(told.trim().starts_with("->") && told.contains(fix), "{told}");
    }
});

story!(a_doctor_tells_a_token_that_is_not_enough, reachable(), |stage| {
    let weak = stage.gitlab.user_named("weak", "Weak");
    let token = stage.gitlab.token(&weak, &["read_api"], Role::Reporter);
    let operator = stage.operator().with("COUNTERSIGN_GITLAB_TOKEN", token.value());
    let said = operator.says(&["doctor", "--project", "shop/backend"]).text;
    assert!(said.contains("WRONG     the token has the scope read_api and not api"), "{said}");
    assert!(said.contains("WRONG     shop/backend: the token's user has a role below Developer"));
    let unknown = operator.with("COUNTERSIGN_GITLAB_TOKEN", "glpat-nobody").says(&["doctor"]).text;
    assert!(unknown.contains("WRONG     GitLab does not know the token, or it has expired"));
    let nobody = stage.operator().with("COUNTERSIGN_GITLAB_URL", "http://127.0.0.1:1");
    let said = nobody.says(&["doctor"]).text;
    assert_eq!(said.matches("GitLab could not be reached").count(), 1, "{said}");
});

story!(a_doctor_looks_at_a_bus_of_its_own, Terms::default().apart(), |stage| {
    let said = examines(stage, &[]).text;
    for line in
        ["ok        stream CS_INTAKE is as it must be, in one copy", "takes our credentials"]
    {
        assert!(said.contains(line), "{line} is not in\n{said}");
    }
    assert!(said.contains("not seen  whether nats-server syncs each message"), "{said}");
});

/// A nats-server with a monitoring port; both end with the story.
fn nats_server(folder: &std::path::Path, sync: &str) -> (kit::child::Guarded, u16, u16) {
    let (port, monitor) = (free_port().unwrap(), free_port().unwrap());
    let config = folder.join(format!("{port}.conf"));
    let text = format!(
        "listen: \"127.0.0.1:{port}\"\nhttp: \"127.0.0.1:{monitor}\"\n\
         jetstream {{ store_dir: {:?}{sync} }}\n",
        folder.join(format!("{port}"))
    );
    std::fs::write(&config, text).unwrap();
    let mut command = std::process::Command::new(tests::tool("NATS_SERVER_BIN", "nats-server"));
    command.arg("--config").arg(config).stdout(std::process::Stdio::null());
    command.stderr(std::process::Stdio::null());
    (kit::child::Guarded::spawn(command).unwrap(), port, monitor)
}

#[tokio::test]
async fn a_doctor_looks_whether_nats_server_syncs() {
    let folder = tempfile::tempdir().unwrap();
    for (sync, line) in [
        (
            ", sync_interval: always",
            "ok        localhost syncs each message before it acknowledges it",
        ),
        ("", "WRONG     localhost acknowledges before it syncs: a power failure loses"),
    ] {
        let (_server, port, monitor) = nats_server(folder.path(), sync);
        let listens = async || tokio::net::TcpStream::connect(("127.0.0.1", monitor)).await.is_ok();
        tests::until("nats-server to listen", listens).await;
        let operator = tests::Operator::default()
            .with("COUNTERSIGN_NATS_URL", &format!("nats://127.0.0.1:{port}"));
        let monitor = format!("localhost:{monitor}");
        let said = operator.says(&["doctor", "--nats-monitor", &monitor]).text;
        let said = said.replace(&monitor, "localhost");
        assert!(said.contains(line), "{said}");
        assert!(said.contains("WRONG     stream CS_INTAKE: "), "there is none yet: {said}");
    }
}

story!(a_doctor_beside_a_role_sees_what_that_role_may, Terms::default().apart(), |stage| {
    let beside = |role: &str| stage.operator_beside(role).says(&["doctor"]).text;
    let recorder = beside("recorder");
    for stream in ["CS_INTAKE", "CS_EVENT", "CS_DECISION_UI"] {
        let line = format!("  ok        stream {stream} is as it must be, in one copy");
        assert!(recorder.contains(&line), "{recorder}");
    }
    let only = stage.operator_beside("recorder").says(&["doctor", "--only", "bus"]);
    assert!(only.code == Some(0) && only.text.starts_with("bus\n"), "{}", only.text);
    assert!(!only.text.contains("\ndatabase\n"), "{}", only.text);
    let ui = beside("ui");
    let line = "  not seen  the user ui of the bus may not look at CS_INTAKE, CS_OUTCOME, CS_RESPOND, CS_EVENT, \
                CS_DEAD, CS_DECISION_SERVICENOW\n            -> run doctor where recorder is, too: it looks at \
                every stream.";
    assert!(ui.contains(line) && ui.contains("stream CS_RECEIPT is as it must be"), "{ui}");
});
