//! What Prometheus and Grafana get: names, rules, a dashboard, and a runbook for each alert.

use std::{
    collections::BTreeSet,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use kit::metrics::ALL;
use serde_json::Value;
use tests::{Terms, story, tool};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn file(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What promtool says, and whether it is content.
fn promtool(arguments: &[&str], input: &str) -> (bool, String) {
    let mut child = Command::new(tool("PROMTOOL_BIN", "promtool"))
        .args(arguments)
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.success() && !text.contains("no help text"), text)
}

/// Every name that stands in a text.
fn names(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|word| word.starts_with("countersign_")).map(str::to_owned).collect()
}

/// The name of the metric without what a histogram adds.
fn metric(name: &str) -> &str {
    let stem = ["_bucket", "_sum", "_count"].iter().find_map(|it| name.strip_suffix(it));
    stem.filter(|stem| ALL.iter().any(|(known, ..)| known == stem)).unwrap_or(name)
}

story!(prometheus_takes_what_every_role_says, Terms::default().apart(), |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.approver("Ada").approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
    for role in ["ingress", "recorder", "decision", "ui"] {
        let text = stage.role_says(role).await;
        let (content, said) = promtool(&["check", "metrics"], &text);
        assert!(content, "{role}: {said}\n{text}");
        for name in names(&text) {
            let known = ALL.iter().any(|(known, ..)| *known == metric(&name));
            assert!(known || name == "countersign", "{name} is not in the table");
        }
    }
    let recorder = stage.role_says("recorder").await;
    assert!(recorder.contains("countersign_verdicts_total{state=\"approved\"} 1"), "{recorder}");
    assert!(recorder.contains("countersign_decisions_total{source=\"ui\",code=\"accepted\"} 1"));
});

#[test]
fn every_metric_of_the_code_is_in_the_table() {
    let mut used = BTreeSet::new();
    let mut folders = vec![root().join("services")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") && !path.ends_with("metrics.rs")
            {
                let text = std::fs::read_to_string(path).unwrap();
                used.extend(
                    text.split('"').filter(|it| it.starts_with("countersign_")).map(str::to_owned),
                );
            }
        }
    }
    used.retain(|name| {
        [
            "_total", "_seconds", "_depth", "_bytes", "_open", "_mode", "_lag", "_hands", "_ready",
            "_out",
        ]
        .iter()
        .any(|it| name.ends_with(it))
    });
    let table: BTreeSet<String> = ALL.iter().map(|(name, ..)| (*name).to_owned()).collect();
    let unknown: Vec<_> = used.difference(&table).collect();
    assert!(unknown.is_empty(), "{unknown:?} have no help");
    let unused: Vec<_> =
        table.difference(&used).filter(|it| *it != "countersign_build_info").collect();
    assert!(unused.is_empty(), "{unused:?} are counted nowhere");
}

#[test]
fn prometheus_takes_the_rules_and_their_tests() {
    let (content, said) = promtool(&["check", "rules", "deploy/monitoring/alerts.yml"], "");
    assert!(content, "{said}");
    let tests = ["deploy/monitoring/alerts.test.yml", "deploy/monitoring/alerts.days.test.yml"];
    let (content, said) = promtool(&["test", "rules", tests[0], tests[1]], "");
    assert!(content, "{said}");
}

#[test]
fn every_alert_has_a_runbook_and_asks_for_metrics_that_are() {
    let rules: Value = serde_saphyr::from_str(&file("deploy/monitoring/alerts.yml")).unwrap();
    let runbook = file("docs/operations.md");
    let groups = rules["groups"].as_array().unwrap();
    let alerts: Vec<&Value> = groups
        .iter()
        .flat_map(|it| it["rules"].as_array().unwrap())
        .filter(|it| it["alert"].is_string())
        .collect();
    assert!(alerts.len() >= 15, "{} alerts", alerts.len());
    for alert in alerts {
        let name = alert["alert"].as_str().unwrap();
        assert!(runbook.contains(&format!("\n### {name}\n")), "{name} has no entry in the runbook");
        assert!(alert["annotations"]["summary"].is_string(), "{name}");
        assert!(["page", "ticket"].iter().any(|it| alert["labels"]["severity"] == *it), "{name}");
        for used in names(alert["expr"].as_str().unwrap()) {
            assert!(ALL.iter().any(|(known, ..)| *known == metric(&used)), "{name}: {used}");
        }
    }
    for (name, ..) in ALL {
        assert!(runbook.contains(&format!("`{name}`")), "{name} is not in docs/operations.md");
    }
}

#[test]
fn the_dashboard_asks_for_metrics_that_are() {
    let text = file("deploy/monitoring/dashboard.json");
    let dashboard: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(dashboard["uid"], "countersign");
    for used in names(&text) {
        assert!(ALL.iter().any(|(known, ..)| *known == metric(&used)), "{used}");
    }
    let panels = dashboard["panels"].as_array().unwrap();
    let shown = panels.iter().filter(|it| it["type"] != "row");
    assert!(shown.clone().count() >= 15);
    for panel in shown {
        assert!(panel["title"].is_string() && panel["description"].is_string(), "{panel}");
    }
}
