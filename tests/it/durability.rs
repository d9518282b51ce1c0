//! What was acknowledged is on the disk; and with the setting that we refuse to rely on, it is not.
//!
//! A killed process loses nothing that the kernel holds, and cutting the power is out of a test's
//! reach. So `strace` watches the syncs: what was acknowledged before one is what a power failure
//! takes away.

use std::{path::Path, process::Command};

use bus::embedded::{Options, Server, free_port};
use serde_json::json;
use tests::{DiskTrace, Inspector, OutsideSystem, Program, binary, tool};
use uuid::Uuid;

/// Messages or commits of a test.
const COUNT: usize = 20;

async fn bus(program: &Path, folder: &Path, sync_always: bool) -> Server {
    let options = Options {
        program: program.to_owned(),
        folder: folder.to_owned(),
        port: free_port().unwrap(),
        users: Vec::new(),
        sync_always,
    };
    Server::start(&options).await.unwrap()
}

/// How many of [`COUNT`] messages nats-server acknowledges without having waited for the disk.
async fn messages_lost_by_a_power_failure(sync_always: bool) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let trace = DiskTrace::of(&tool("NATS_SERVER_BIN", "nats-server"), &folder.path().join("bin"));
    let server = bus(trace.program(), folder.path(), sync_always).await;
    let inspector = Inspector::with_password(None, &server.url(None)).await.unwrap();
    inspector.makes_a_stream("S", "s").await;
    let (mut lost, mut before) = (0, trace.syncs(".blk"));
    for _ in 0..COUNT {
        inspector.publish("s", "a decision").await;
        let now = trace.syncs(".blk");
        lost += usize::from(now == before);
        before = now;
    }
    lost
}

#[tokio::test]
async fn the_bus_acknowledges_what_is_on_the_disk() {
    assert_eq!(messages_lost_by_a_power_failure(true).await, 0);
}

#[tokio::test]
async fn with_the_default_interval_the_bus_acknowledges_what_is_not() {
    assert_eq!(messages_lost_by_a_power_failure(false).await, COUNT);
}

#[tokio::test]
async fn recorder_tells_receipts_of_what_is_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let server =
        bus(&tool("NATS_SERVER_BIN", "nats-server"), &folder.path().join("bus"), true).await;
    let trace = DiskTrace::of(&binary(), &folder.path().join("bin"));
    let settings = [
        ("COUNTERSIGN_NATS_URL", server.url(None)),
        ("COUNTERSIGN_DATA_DIR", folder.path().display().to_string()),
        ("COUNTERSIGN_RECORDER__LISTEN", "127.0.0.1:0".to_owned()),
        ("COUNTERSIGN_RECORDER__SECRET", "the-secret-of-recorder".to_owned()),
        ("COUNTERSIGN_RECORDER__LOG_KEY", tests::LOG_KEY.to_owned()),
        ("COUNTERSIGN_SERVER__ADMIN_LISTEN", "127.0.0.1:0".to_owned()),
        ("COUNTERSIGN_DATABASE_URL", format!("sqlite://{}/r.db", folder.path().display())),
        ("COUNTERSIGN_SOURCE__SERVICENOW__PASSWORD", "unused".to_owned()),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value));
    let log = folder.path().join("recorder.log");
    let recorder = Program::run(trace.program(), &["recorder"], &settings, log).unwrap();
    let outside = OutsideSystem::new("servicenow", "unused", &server.url(None));
    for _ in 0..COUNT {
        let before = trace.syncs("r.db-wal");
        let decision = json!({ "decision_id": Uuid::new_v4().to_string(), "verdict": "approve" });
        outside.decides(&decision).await;
        assert!(trace.syncs("r.db-wal") > before, "a receipt of what is not on the disk");
    }
    assert!(recorder.stop().success());
}

/// How many of [`COUNT`] commits `SQLite` reports without having waited for the disk.
fn commits_lost_by_a_power_failure(synchronous: &str) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let python = tool("COUNTERSIGN_TEST_PYTHON", "python3").canonicalize();
    let trace = DiskTrace::of(&python.unwrap_or_else(|_| "/usr/bin/python3".into()), folder.path());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("it/commit_rows.py");
    let database = folder.path().join("p.db");
    let syncs = folder.path().join("syncs");
    let mut command = Command::new(trace.program());
    command.arg(script).arg(database).arg(synchronous).arg(COUNT.to_string()).arg(syncs);
    let output = command.output().expect("python cannot be run: see `make setup`");
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    said.parse().unwrap_or_else(|_| panic!("{said}\n{}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn sqlite_loses_commits_only_without_full() {
    assert_eq!(commits_lost_by_a_power_failure("FULL"), 0);
    assert_eq!(commits_lost_by_a_power_failure("NORMAL"), COUNT);
}
