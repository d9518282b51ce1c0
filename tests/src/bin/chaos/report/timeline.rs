//! Violations, each with what happened around it.

use std::fmt::{self, Formatter};

use crate::{
    checker::Violation,
    log::{Micros, Outcome, in_seconds},
    run::Ended,
};

/// How much of what was before and after is shown.
const BEFORE: Micros = 8_000_000;
const AFTER: Micros = 3_000_000;
/// Most lines about one violation.
const LINES_MAX: usize = 40;

pub(super) fn violations(f: &mut Formatter<'_>, ended: &Ended, most: usize) -> fmt::Result {
    for check in ended.checked.checks.iter().filter(|check| !check.violations.is_empty()) {
        writeln!(f, "\n  {} {}", check.invariant, check.says)?;
        for violation in check.violations.iter().take(most) {
            writeln!(f, "  * {}", violation.sentence)?;
            for line in lines(ended, violation) {
                writeln!(f, "      {line}")?;
            }
        }
        let more = check.violations.len().saturating_sub(most);
        if more > 0 {
            writeln!(f, "    and {more} more")?;
        }
    }
    Ok(())
}

/// What happened to the merge request, and to everything around the moment.
fn lines(ended: &Ended, violation: &Violation) -> Vec<String> {
    let observed = &ended.observed;
    let Some(iid) = violation.iid else {
        return Vec::new();
    };
    let mut lines: Vec<(Micros, String)> = Vec::new();
    for entry in observed.notes.entries.iter().filter(|it| it.iid == Some(iid)) {
        let outcome = match entry.outcome {
            Outcome::Done => "",
            Outcome::Refused => " [refused]",
            Outcome::Unknown => " [unknown]",
        };
        lines.push((entry.began, format!("{} {}{outcome}", entry.name, entry.detail)));
    }
    for post in observed.posts.iter().filter(|it| it.iid == iid) {
        let who = if post.ours { "we post" } else { "somebody posts" };
        let status = post.http_status.map_or("cut".to_owned(), |it| it.to_string());
        let sha = crate::clients::short(&post.sha);
        let ended = seconds(observed.began, post.ended);
        lines
            .push((post.received, format!("{who} {} for {sha}: {status} at {ended}", post.status)));
    }
    for call in observed.calls.iter().filter(|it| it.iid == iid && it.number.is_some()) {
        let status = call.status.map_or("broken".to_owned(), |it| it.to_string());
        let number = call.number.unwrap_or_default();
        lines.push((
            call.at,
            format!("GitLab calls ({number}, to {}): {status}", call.target_branch),
        ));
    }
    for row in observed.record.decisions.iter().filter(|it| it.recorded < Micros::MAX) {
        let own =
            observed.record.requests.iter().find(|it| Some(&it.id) == row.request_id.as_ref());
        if own.is_some_and(|it| it.iid == iid) {
            let said = if row.accepted { "counts" } else { "refused" };
            let sha = crate::clients::short(&row.sha);
            let what = format!("{} {} {sha}, round {}: {said}", row.actor, row.word, row.round);
            lines.push((row.recorded, format!("recorded: {what}")));
        }
    }
    let at = violation.at.or_else(|| lines.iter().map(|(at, _)| *at).max()).unwrap_or_default();
    for struck in &observed.notes.faults {
        if struck.began <= at + AFTER && at - BEFORE <= struck.ended {
            let until = seconds(observed.began, struck.ended);
            let (name, target) = (struck.fault.name(), struck.fault.target());
            lines.push((struck.began, format!("FAULT {name} ({target}) until {until}")));
        }
    }
    lines.retain(|(when, _)| *when > 0 && *when <= at + AFTER);
    lines.sort();
    let skipped = lines.len().saturating_sub(LINES_MAX);
    let told = lines.into_iter().skip(skipped);
    told.map(|(when, line)| format!("{:>8} {line}", seconds(observed.began, when))).collect()
}

fn seconds(began: Micros, at: Micros) -> String {
    format!("{:.2} s", in_seconds(at - began))
}
