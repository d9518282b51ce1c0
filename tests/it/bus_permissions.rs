//! Who may do what on the bus: each credential against each class of subjects.

use std::{collections::BTreeMap, path::Path, time::Duration};

use async_nats::{Client, ConnectOptions, Event};
use bus::embedded::free_port;
use kit::child::Guarded;
use tests::{Operator, Terms, story, tool};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// One subject of each class, and who may publish to it and subscribe to it.
const MAY: [(&str, &[&str], &[&str]); 24] = [
    ("countersign.intake.v1.main.6", &["ingress", "decision"], &[]),
    ("countersign.decision.v1.ui", &["ui"], &[]),
    ("countersign.decision.v1.servicenow", &["servicenow"], &[]),
    ("countersign.decision.v1.jira", &["jira", "ui"], &[]),
    ("countersign.respond.v1.main.6", &["recorder"], &[]),
    ("countersign.outcome.v1.main.6", &["decision"], &[]),
    ("countersign.event.v1.request-opened.main.6", &["recorder"], &["watcher"]),
    ("countersign.receipt.v1.ui.4f", &["recorder"], &["ui"]),
    ("countersign.receipt.v1.servicenow.4f", &["recorder"], &["servicenow"]),
    ("countersign.receipt.v1.jira.4f", &["recorder"], &["jira", "ui"]),
    ("countersign.dead.v1.CS_INTAKE.invalid", &["ingress", "recorder", "decision"], &[]),
    ("countersign.pulse.v1.ingress", &["ingress"], &["ui"]),
    ("countersign.pulse.v1.ui", &["ui"], &["ui"]),
    ("_INBOX_recorder.x", &[], &["recorder"]),
    ("_INBOX_servicenow.x", &[], &["servicenow"]),
    ("$JS.API.STREAM.CREATE.CS_INTAKE", &["recorder"], &[]),
    ("$JS.API.STREAM.DELETE.CS_INTAKE", &[], &[]),
    ("$JS.API.STREAM.PURGE.CS_DECISION_UI", &[], &[]),
    ("$JS.API.STREAM.MSG.GET.CS_DECISION_JIRA", &["recorder"], &[]),
    ("$JS.API.CONSUMER.CREATE.CS_RESPOND.decision", &["decision"], &[]),
    ("$JS.API.CONSUMER.MSG.NEXT.CS_DECISION_UI.recorder", &["recorder"], &[]),
    ("$JS.ACK.CS_RESPOND.decision.1.1.1.1.0", &["decision"], &[]),
    ("$JS.API.DIRECT.GET.CS_RECEIPT.countersign.receipt.v1.servicenow.4f", &["servicenow"], &[]),
    ("something.else", &[], &[]),
];
const USERS: [&str; 7] = ["ingress", "recorder", "decision", "ui", "jira", "servicenow", "watcher"];

fn password(user: &str) -> String {
    format!("word-of-{user}")
}

/// A nats-server with the configuration that the command prints; it ends with what is returned.
fn serves(folder: &Path, configuration: &str) -> (Guarded, u16) {
    let (file, port) = (folder.join("nats.conf"), free_port().unwrap());
    std::fs::write(&file, configuration).unwrap();
    let mut command = std::process::Command::new(tool("NATS_SERVER_BIN", "nats-server"));
    command.arg("-c").arg(&file).args(["-a", "127.0.0.1", "-p", &port.to_string()]);
    command.arg("-l").arg(folder.join("log"));
    for user in USERS {
        command.env(format!("BUS_PASSWORD_{}", user.to_uppercase()), password(user));
    }
    (Guarded::spawn(command).unwrap(), port)
}

/// A client, and what the server complains about.
async fn connects(user: &str, port: u16) -> (Client, UnboundedReceiver<String>) {
    let (says, complaints) = unbounded_channel();
    let options = ConnectOptions::with_user_and_password(user.to_owned(), password(user))
        .retry_on_initial_connect()
        .event_callback(move |event| {
            if let Event::ServerError(error) = event {
                let _gone = says.send(error.to_string());
            }
            std::future::ready(())
        });
    (options.connect(format!("127.0.0.1:{port}")).await.unwrap(), complaints)
}

/// The subjects that the server did not let a user publish and subscribe to.
async fn refused(user: &str, port: u16) -> (Vec<String>, Vec<String>) {
    let (client, mut complaints) = connects(user, port).await;
    let mut kept = Vec::new();
    for (subject, ..) in MAY {
        client.publish(subject, "x".into()).await.unwrap();
        kept.push(client.subscribe(subject).await.unwrap());
    }
    // Refused to everybody, and so the last complaint.
    client.publish("the.end", "x".into()).await.unwrap();
    let (mut publish, mut subscribe) = (Vec::new(), Vec::new());
    loop {
        let said = tokio::time::timeout(Duration::from_secs(20), complaints.recv()).await;
        let said = said.expect("the last complaint within 20 s").unwrap();
        let subject = said.split('"').nth(1).unwrap_or_else(|| panic!("{said}")).to_owned();
        match said.to_lowercase().contains("publish") {
            true if subject == "the.end" => return (publish, subscribe),
            true => publish.push(subject),
            false => subscribe.push(subject),
        }
    }
}

#[tokio::test]
async fn each_credential_does_only_what_it_is_for() {
    let folder = tempfile::tempdir().unwrap();
    let operator = Operator::default()
        .with("COUNTERSIGN_SOURCE__SERVICENOW__PASSWORD", "x")
        .with("COUNTERSIGN_SOURCE__JIRA__PASSWORD", "x");
    let store = folder.path().join("store").display().to_string();
    let words =
        ["bus", "permissions", "--over-http", "jira", "--reader", "watcher", "--store-dir", &store];
    let printed = operator.says(&words);
    assert_eq!(printed.code, Some(0), "{}", printed.text);
    let (server, port) = serves(folder.path(), &printed.text);
    let mut wrong = BTreeMap::new();
    for user in USERS {
        let (publish, subscribe) = refused(user, port).await;
        for (subject, publishers, subscribers) in MAY {
            let found = (
                !publish.iter().any(|it| it == subject),
                !subscribe.iter().any(|it| it == subject),
            );
            if found != (publishers.contains(&user), subscribers.contains(&user)) {
                wrong.insert((user, subject), found);
            }
        }
    }
    drop(server);
    assert!(wrong.is_empty(), "may (publish, subscribe): {wrong:#?}");
}

story!(a_name_that_cannot_be_a_user_is_refused, |stage| {
    let says =
        |words: &[&str]| stage.operator().says(&[&["bus", "permissions"], words].concat()).text;
    let sentence = "the source jira is not configured; add [source.jira]";
    assert_eq!(says(&["--over-http", "jira"]), format!("countersign: {sentence}"));
    let sentence = "ingress is there twice: every user needs its name";
    assert_eq!(says(&["--reader", "ingress"]), format!("countersign: {sentence}"));
    let sentence = "a b: a name is made of letters, digits, - and _";
    assert_eq!(says(&["--reader", "a b"]), format!("countersign: {sentence}"));
});

story!(a_source_reads_its_own_receipt_later, Terms::default().apart(), |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.is_quiet().await;
    let servicenow = stage.outside_system();
    let id = uuid::Uuid::new_v4().to_string();
    let decision = serde_json::json!({
        "decision_id": id, "request_id": stage.request_id(&merge_request), "verdict": "approve",
        "sha": merge_request.sha(), "actor": { "id": "jane.doe" },
    });
    let receipt = servicenow.decides(&decision).await;
    assert_eq!(servicenow.reads_receipt(&id).await, receipt);
});
