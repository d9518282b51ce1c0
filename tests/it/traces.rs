//! What an operator sees from outside: one trace from GitLab's call to GitLab's answer.

use std::collections::HashSet;

use bus::embedded::free_port;
use tests::{Collector, Terms, Traced, story, until};

const ENDPOINT: &str = "COUNTERSIGN_TELEMETRY__OTLP_ENDPOINT";

/// What stands on the way of a call that a rule approves by itself.
const WAY: [&str; 8] = [
    "POST /approval-apps/status_check",
    "publish",
    "record",
    "commit",
    "answer GitLab",
    "countersign.v1.ApprovalService/GetWantedAnswer",
    "GET GitLab",
    "POST GitLab",
];

const BY_ITSELF: &str = r#"
[[policy.rule]]
name = "Production"
requires.approvals = 1
approve_when = "!draft"
"#;

fn traced() -> Terms {
    let port = free_port().unwrap();
    Terms::default()
        .apart()
        .file(BY_ITSELF)
        .a_rule_approves()
        .with(ENDPOINT, &format!("http://127.0.0.1:{port}"))
        .with("OTEL_BSP_SCHEDULE_DELAY", "100")
}

/// Spans that are a part of none of the others.
fn roots(spans: &[Traced]) -> Vec<&str> {
    let ids: HashSet<&str> = spans.iter().map(|span| span.id.as_str()).collect();
    let roots = spans.iter().filter(|span| !ids.contains(span.parent.as_str()));
    roots.map(|span| span.name.as_str()).collect()
}

fn services(spans: &[Traced]) -> Vec<&str> {
    let mut services: Vec<&str> = spans.iter().map(|span| span.service.as_str()).collect();
    services.sort_unstable();
    services.dedup();
    services
}

story!(one_trace_leads_from_the_call_to_the_answer, traced(), |stage| {
    let collector = Collector::at(stage.setting(ENDPOINT)).await;
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    merge_request.status_becomes(&stage.check, "passed").await;
    let whole = || collector.trace_with(&WAY).filter(|spans| roots(spans).len() == 1);
    until("the whole trace", async || whole().is_some()).await;
    let spans = whole().unwrap();
    assert_eq!(roots(&spans), [WAY[0]], "{}", collector.summary());
    let roles = ["countersign-decision", "countersign-ingress", "countersign-recorder"];
    assert_eq!(services(&spans), roles);
});
