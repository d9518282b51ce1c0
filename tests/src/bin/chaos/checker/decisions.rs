//! I4 and I5: decisions are recorded once, as they were sent, and each attempt has one receipt.

use std::collections::{BTreeMap, BTreeSet};

use super::{Check, Violation};
use crate::{
    log::{Outcome, Sent},
    observed::{Decision, Observed},
};

/// Everything that was sent under one name: an id, or, from a page, a reason.
#[derive(Debug, Default)]
struct Sendings<'a> {
    sent: Vec<(&'a Sent, Outcome)>,
    rows: Vec<&'a Decision>,
}

/// What names a decision for its sender.
fn key(source: &str, decision_id: Option<&str>, reason: &str) -> (String, String) {
    let own = decision_id.filter(|_| source != "ui").unwrap_or(reason);
    (source.to_owned(), own.to_owned())
}

pub(super) fn each_is_recorded_once(observed: &Observed) -> Check {
    let mut all: BTreeMap<(String, String), Sendings<'_>> = BTreeMap::new();
    for entry in &observed.notes.entries {
        if let Some(sent) = &entry.sent {
            let key = key(sent.source, sent.decision_id.as_deref(), &sent.reason);
            all.entry(key).or_default().sent.push((sent, entry.outcome));
        }
    }
    for row in &observed.record.decisions {
        let key = key(&row.source, Some(&row.decision_id), &row.reason);
        all.entry(key).or_default().rows.push(row);
    }
    let violations: Vec<Violation> = all.iter().flat_map(|(key, it)| wrong(key, it)).collect();
    Check::new("I4", "decisions are recorded once, as sent", (all.len(), "decisions"), violations)
}

fn wrong((source, name): &(String, String), it: &Sendings<'_>) -> Option<Violation> {
    let Some((first, _)) = it.sent.first() else {
        return Some(Violation::new(format!("{source} never sent a decision {name}")));
    };
    let violation = |sentence: String| Some(Violation::new(sentence).about(first.iid));
    let done = it.sent.iter().any(|(_, outcome)| *outcome == Outcome::Done);
    let refused = it.sent.iter().all(|(_, outcome)| *outcome == Outcome::Refused);
    match &it.rows[..] {
        [] if done => violation(format!("the decision {name} of {source} was taken and is lost")),
        [] => None,
        [row] if refused && row.accepted => {
            violation(format!("the decision {name} of {source} was refused and counts"))
        }
        [row] => {
            let as_sent = |(sent, _): &(&Sent, Outcome)| {
                sent.word.as_str() == row.word && sent.sha == row.sha && sent.actor == row.actor
            };
            let same = it.sent.iter().any(as_sent);
            let sentence =
                || format!("the decision {name} of {source} is not recorded as it was sent");
            if same { None } else { violation(sentence()) }
        }
        rows => {
            violation(format!("the decision {name} of {source} is recorded {} times", rows.len()))
        }
    }
}

pub(super) fn each_attempt_has_one_receipt(observed: &Observed) -> Check {
    let streams = &observed.streams;
    let mut counts: BTreeMap<(&str, &str), (usize, usize)> = BTreeMap::new();
    for (source, id) in &streams.decisions {
        if let Some(id) = id {
            counts.entry((source, id)).or_default().0 += 1;
        }
    }
    for receipt in &streams.receipts {
        counts.entry((&receipt.source, &receipt.decision_id)).or_default().1 += 1;
    }
    let mut violations = Vec::new();
    for ((source, id), (attempts, receipts)) in &counts {
        if attempts != receipts {
            violations.push(Violation::new(format!(
                "decision {id} of {source} was attempted {attempts} times and has {receipts} receipts"
            )));
        }
    }
    let accepted: BTreeSet<(&str, &str)> = streams
        .receipts
        .iter()
        .filter(|it| it.accepted)
        .map(|it| (it.source.as_str(), it.decision_id.as_str()))
        .collect();
    for row in &observed.record.decisions {
        let told = accepted.contains(&(row.source.as_str(), row.decision_id.as_str()));
        if told != row.accepted {
            violations.push(Violation::new(format!(
                "decision {} of {} is {} on record, and its receipt says otherwise",
                row.decision_id,
                row.source,
                if row.accepted { "accepted" } else { "refused" },
            )));
        }
    }
    let attempts = counts.values().map(|(attempts, _)| attempts).sum();
    Check::new("I5", "each attempt has one receipt", (attempts, "attempts"), violations)
}
