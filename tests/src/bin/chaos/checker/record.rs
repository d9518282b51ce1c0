//! I6, I8 and I10: the audit record, the streams, and the logs.

use std::collections::BTreeSet;

use tests::tree::{leaf, peaks};

use super::{Check, Violation};
use crate::observed::{Audit, Observed};

/// I6. Each record is what its hash says, none is missing, and the tree over all is the one that recorder goes
/// on from.
pub(super) fn the_tree_holds(observed: &Observed) -> Check {
    let mut seq = 0;
    let mut violations = Vec::new();
    let mut leaves: Vec<[u8; 32]> = Vec::new();
    for Audit { seq: next, record, hash: stored } in &observed.record.audit {
        if *next != seq + 1 {
            violations.push(Violation::new(format!("the audit record goes from {seq} to {next}")));
        }
        let leaf = leaf(record);
        if *stored != hex::encode(leaf) {
            violations
                .push(Violation::new(format!("audit record {next} is not what its hash says")));
        }
        leaves.push(leaf);
        seq = *next;
    }
    if violations.is_empty() && peaks(&leaves) != observed.record.tree {
        violations.push(Violation::new("the tree of the audit record is another one".to_owned()));
    }
    let records = observed.record.audit.len();
    Check::new("I6", "the audit record verifies", (records, "records"), violations)
}

/// I8. What a stream holds is applied, or is a dead letter with its cause.
pub(super) fn nothing_is_dropped(observed: &Observed) -> Check {
    let (record, streams) = (&observed.record, &observed.streams);
    let mut violations = Vec::new();
    let mut missing = |what: &str, sent: &[String], known: BTreeSet<&str>| {
        for id in sent.iter().filter(|id| !known.contains(id.as_str())) {
            violations
                .push(Violation::new(format!("{what} {id} is in its stream and not on record")));
        }
    };
    let deliveries = record.deliveries.iter().map(|it| it.id.as_str()).collect();
    missing("the call", &streams.intake, deliveries);
    missing(
        "the outcome",
        &streams.outcomes,
        record.responses.iter().map(String::as_str).collect(),
    );
    for source in ["ui", "servicenow"] {
        let of = streams.decisions.iter().filter(|(from, _)| from == source);
        let sent: Vec<String> = of.filter_map(|(_, id)| id.clone()).collect();
        let rows = record.decisions.iter().filter(|it| it.source == source);
        missing("the decision", &sent, rows.map(|it| it.decision_id.as_str()).collect());
    }
    let unreadable = streams.decisions.iter().filter(|(_, id)| id.is_none()).count();
    let mut expected = unreadable;
    for letter in &streams.dead {
        if letter.stream == "CS_DECISION_SERVICENOW" && letter.reason == "invalid" && expected > 0 {
            expected -= 1;
            continue;
        }
        violations.push(Violation::new(format!(
            "a message of {} is a dead letter ({}): {}",
            letter.stream, letter.reason, letter.cause
        )));
    }
    if expected > 0 {
        let sentence = format!("{expected} messages that are no decisions left no dead letter");
        violations.push(Violation::new(sentence));
    }
    let messages = streams.intake.len() + streams.outcomes.len() + streams.decisions.len();
    Check::new("I8", "messages are applied or dead letters", (messages, "messages"), violations)
}

/// I10.
pub(super) fn no_secret_is_in_a_log(observed: &Observed) -> Check {
    let found = observed.in_logs.iter().map(Violation::new).collect();
    Check::new("I10", "no secret, e-mail address or panic is in a log", (6, "canaries"), found)
}
