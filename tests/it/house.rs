//! The house rules that a machine can check: who may import whom.

use std::{collections::BTreeMap, process::Command};

use serde_json::Value;

/// Our crates and what each may import of them. An arrow that is not here points up.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("approval", &[]),
    ("evidence", &["approval"]),
    ("proto", &[]),
    ("migrations", &["evidence"]),
    ("kit", &[]),
    ("gitlab-sim", &[]),
    ("model", &["approval"]),
    ("gitlab", &[]),
    ("identity", &[]),
    ("bus", &["kit", "proto"]),
    ("ingress", &["bus", "gitlab", "kit", "proto"]),
    ("recorder", &["approval", "bus", "evidence", "kit", "migrations", "proto"]),
    ("decision", &["bus", "gitlab", "kit", "proto"]),
    ("ui", &["bus", "identity", "kit", "proto"]),
    (
        "countersign",
        &[
            "approval",
            "bus",
            "decision",
            "evidence",
            "gitlab",
            "gitlab-sim",
            "identity",
            "ingress",
            "kit",
            "proto",
            "recorder",
            "ui",
        ],
    ),
    ("tests", &["bus", "gitlab-sim", "kit", "proto"]),
];

/// Libraries that only some rooms may know.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("async-nats", &["bus", "tests"]),
    ("sea-orm", &["recorder", "tests"]),
    ("sea-orm-migration", &["migrations"]),
    ("reqwest", &["gitlab", "gitlab-sim", "identity", "tests"]),
];

/// Libraries that bring clocks, randomness, I/O or tasks.
const NEVER_IN_THE_CORE: &[&str] =
    &["tokio", "futures", "tracing", "axum", "rand", "reqwest", "sea-orm", "async-nats", "prost"];

fn imports() -> BTreeMap<String, Vec<(String, bool)>> {
    let manifest = format!("{}/../Cargo.toml", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline", "--manifest-path"])
        .arg(manifest)
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let of = |package: &Value| {
        let all = package["dependencies"].as_array().unwrap();
        let import = |it: &Value| (it["name"].as_str().unwrap().to_owned(), it["kind"].is_null());
        all.iter().map(import).collect()
    };
    packages.iter().map(|it| (it["name"].as_str().unwrap().to_owned(), of(it))).collect()
}

#[test]
fn imports_point_down_only() {
    let imports = imports();
    let ours: Vec<&String> = imports.keys().collect();
    for (name, found) in &imports {
        let allowed = MAY_IMPORT.iter().find(|(room, _)| room == name);
        let (_, allowed) = allowed.unwrap_or_else(|| panic!("{name} has no place in the house"));
        for (import, _) in found.iter().filter(|(import, _)| ours.contains(&import)) {
            assert!(allowed.contains(&import.as_str()), "{name} must not import {import}");
        }
    }
    assert_eq!(imports.len(), MAY_IMPORT.len(), "a room of the table is gone");
}

#[test]
fn some_libraries_are_known_in_one_room_only() {
    for (name, found) in imports() {
        for (import, normal) in found {
            let rule = ONLY_IN.iter().find(|(library, _)| *library == import);
            if let Some((_, rooms)) = rule.filter(|_| normal) {
                assert!(rooms.contains(&name.as_str()), "{name} must not know {import}");
            }
            let core = name == "approval" && normal;
            assert!(!core || !NEVER_IN_THE_CORE.contains(&import.as_str()), "approval: {import}");
        }
    }
}
