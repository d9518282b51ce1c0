//! `countersign audit report`: what was merged, who let it in, and what an auditor asks about.

use clap::Args;
use proto::v1::{ListJudgedResponse, RecordedDecision};
use serde::Serialize;

use crate::{
    Config,
    operator::{
        Problem, judged, print,
        text::{as_json, table, utc, visible},
    },
};

/// Since when, and in what form.
#[derive(Debug, Args)]
pub(super) struct Report {
    /// How far back, such as 90d
    #[arg(long, default_value = "90d")]
    since: String,
    /// Print CSV (RFC 4180), for spreadsheets
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

/// One merged commit at one check.
#[derive(Debug, Serialize)]
struct Merge {
    merged_at: String,
    merge_request: String,
    url: String,
    check: String,
    commit: String,
    target_branch: String,
    author: String,
    verdict: String,
    approvers: String,
    reasons: String,
    break_glass: String,
    /// What an auditor asks about; empty when nothing.
    exception: &'static str,
}

const HEAD: [&str; 12] = [
    "merged_at",
    "merge_request",
    "url",
    "check",
    "commit",
    "target_branch",
    "author",
    "verdict",
    "approvers",
    "reasons",
    "break_glass",
    "exception",
];

pub(super) fn run(config: &Config, arguments: &Report) -> Result<(), Problem> {
    let since = judged::since(&arguments.since, kit::clock::now_micros())?;
    let mut merges = Vec::new();
    judged::each(config, since, "audit report", |judged| merges.extend(merge(judged)))?;
    print(&match (arguments.csv, arguments.json) {
        (true, _) => csv(&merges),
        (_, true) => as_json(&merges),
        _ => overview(&merges, &utc(Some(&since))),
    });
    Ok(())
}

/// A merged commit; nothing for any other.
fn merge(judged: ListJudgedResponse) -> Option<Merge> {
    let request = judged.request?;
    if request.ending != "merged" {
        return None;
    }
    let approvals: Vec<&RecordedDecision> =
        standing(&judged.attempts).into_iter().filter(|it| it.verdict == "approve").collect();
    let list = |of: fn(&RecordedDecision) -> String| {
        let all = approvals.iter().map(|it| of(it)).filter(|text| !text.is_empty());
        all.collect::<Vec<_>>().join("; ")
    };
    let approved = judged.verdict == "approved";
    let exception = match (approved, request.glass.as_str()) {
        (false, _) => "merged without an approval",
        (_, "overdue") => "break-glass that nobody reviewed in time",
        (_, "broken") => "break-glass, not reviewed yet",
        (_, "reviewed") => "break-glass, reviewed",
        _ if approvals.is_empty() => "approved by a rule, not by people",
        _ => "",
    };
    Some(Merge {
        merged_at: utc(request.changed_at.as_ref()),
        merge_request: format!("{}!{}", request.project_path, request.iid),
        url: request.url,
        check: request.check_name,
        commit: request.sha,
        target_branch: request.target_branch,
        author: request.author_name,
        verdict: judged.verdict,
        approvers: list(who),
        reasons: list(|it| it.reason.clone()),
        break_glass: request.glass,
        exception,
    })
}

fn who(decision: &RecordedDecision) -> String {
    let actor = decision.actor.clone().unwrap_or_default();
    let name = if actor.name.is_empty() { actor.id } else { actor.name };
    format!("{name} ({})", decision.source)
}

/// What each account says last.
fn standing(attempts: &[RecordedDecision]) -> Vec<&RecordedDecision> {
    let account =
        |it: &RecordedDecision| (it.source.clone(), it.actor.clone().unwrap_or_default().id);
    let mut last: Vec<&RecordedDecision> = Vec::new();
    for attempt in attempts.iter().filter(|it| it.accepted && it.verdict != "review") {
        last.retain(|other| account(other) != account(attempt));
        last.push(attempt);
    }
    last
}

fn cells(merge: &Merge) -> [&str; 12] {
    [
        &merge.merged_at,
        &merge.merge_request,
        &merge.url,
        &merge.check,
        &merge.commit,
        &merge.target_branch,
        &merge.author,
        &merge.verdict,
        &merge.approvers,
        &merge.reasons,
        &merge.break_glass,
        merge.exception,
    ]
}

fn csv(merges: &[Merge]) -> String {
    let line = |cells: &[&str]| cells.iter().map(|it| quoted(it)).collect::<Vec<_>>().join(",");
    let rows = merges.iter().map(|merge| line(&cells(merge)));
    std::iter::once(line(&HEAD)).chain(rows).collect::<Vec<_>>().join("\r\n")
}

/// A cell of CSV. What a spreadsheet would take for a formula begins with an apostrophe.
fn quoted(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    match text.contains([',', '"', '\r', '\n']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}

fn overview(merges: &[Merge], since: &str) -> String {
    let exceptions = merges.iter().filter(|merge| !merge.exception.is_empty()).count();
    let merged = if merges.len() == 1 { "merge" } else { "merges" };
    let sentence =
        format!("{} {merged} since {since}, {exceptions} with an exception.", merges.len());
    if merges.is_empty() {
        return sentence;
    }
    let head = ["MERGED", "MERGE REQUEST", "COMMIT", "VERDICT", "APPROVERS", "EXCEPTION"];
    let row = |it: &Merge| {
        vec![
            it.merged_at.clone(),
            visible(&it.merge_request, false),
            it.commit.chars().take(8).collect(),
            it.verdict.clone(),
            visible(&it.approvers, false),
            it.exception.to_owned(),
        ]
    };
    let head = head.map(ToOwned::to_owned).to_vec();
    let rows: Vec<_> = std::iter::once(head).chain(merges.iter().map(row)).collect();
    format!("{sentence}\n\n{}", table(&rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_neither_two_nor_a_formula() {
        for (text, cell) in [
            ("plain", "plain"),
            ("one, two", "\"one, two\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
            ("two\nlines", "\"two\nlines\""),
        ] {
            assert_eq!(quoted(text), cell);
        }
    }
}
