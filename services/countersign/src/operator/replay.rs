//! `countersign policy replay`: what another policy would have made of what was decided.

use std::path::PathBuf;

use approval::{Actor, Attempt, Facts, Policy, Request, Sha, Time, Word};
use clap::Args;
use proto::v1::{ListJudgedResponse, RecordedDecision};
use serde::Serialize;
use uuid::Uuid;

use super::{
    Problem, judged, print,
    text::{as_json, table, utc, visible},
};
use crate::{Config, load};

/// Which requests, and under which policy.
#[derive(Debug, Args)]
pub(super) struct Replay {
    /// The proposed file; only its [policy] counts. Without it, that of the configuration
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// How far back, such as 30d or 12h
    #[arg(long, default_value = "30d")]
    since: String,
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

/// A request that would have another verdict.
#[derive(Debug, Serialize)]
struct Difference {
    request_id: String,
    merge_request: String,
    check: String,
    sha: String,
    was: String,
    would_be: &'static str,
    why: String,
}

/// All that were looked at.
#[derive(Debug, Default, Serialize)]
struct Differences {
    since: String,
    judged: usize,
    policy: String,
    different: Vec<Difference>,
}

/// Judges what was recorded under the proposed policy; nothing is changed by it.
pub(super) fn run(config: &Config, arguments: &Replay) -> Result<(), Problem> {
    let proposed = match &arguments.policy {
        Some(file) => config.clone().with_policy_of(load(Some(file.as_path()), &[])?),
        None => config.clone(),
    };
    let policy = proposed.policy()?;
    let now = kit::clock::now_micros();
    let since = judged::since(&arguments.since, now)?;
    let mut all = Differences {
        since: utc(Some(&since)),
        policy: proposed.policy_hash(),
        ..Differences::default()
    };
    judged::each(config, since, "policy replay", |judged| {
        all.judged += 1;
        all.different.extend(difference(&judged, &policy, now));
    })?;
    print(&if arguments.json { as_json(&all) } else { overview(&all) });
    Ok(())
}

/// Whether a request would have another verdict; what cannot be read would, and says so.
fn difference(judged: &ListJudgedResponse, policy: &Policy, now: i64) -> Option<Difference> {
    let request = judged.request.clone().unwrap_or_default();
    let open = matches!(request.state.as_str(), "waiting" | "approved" | "rejected" | "expired");
    let until = if open { Some(now) } else { proto::micros(request.changed_at.as_ref()) };
    let (would_be, why) = match read(judged) {
        Some((read, attempts)) => {
            let until = Time(until.unwrap_or(now));
            let (verdict, why) = read.replayed(attempts, until, policy);
            (verdict.as_str(), why)
        }
        None => ("unknown", "What was recorded cannot be read.".to_owned()),
    };
    (would_be != judged.verdict).then(|| Difference {
        request_id: request.request_id,
        merge_request: format!("{}!{}", request.project_path, request.iid),
        check: request.check_name,
        sha: request.sha,
        was: judged.verdict.clone(),
        would_be,
        why,
    })
}

fn read(judged: &ListJudgedResponse) -> Option<(Request, Vec<Attempt>)> {
    let wire = judged.request.clone()?;
    let sha = Sha::parse(&wire.sha).ok()?;
    let began = Time(proto::micros(judged.round_began_at.as_ref())?);
    let id = Uuid::parse_str(&wire.request_id).ok()?;
    let facts = Facts {
        gitlab: wire.gitlab,
        project_path: wire.project_path,
        check_name: wire.check_name,
        title: wire.title,
        url: wire.url,
        source_branch: wire.source_branch,
        target_branch: wire.target_branch,
        author_id: Some(judged.author_id).filter(|id| *id != 0),
        author_name: Some(wire.author_name).filter(|name| !name.is_empty()),
        pushed_by: judged.pushed_by.clone(),
        labels: wire.labels,
        draft: wire.draft,
        updated_at: None,
    };
    let attempts = judged.attempts.iter().map(|it| attempt(it, &sha)).collect::<Option<_>>()?;
    Some((Request::new(id, sha, facts, began), attempts))
}

/// An attempt as it was made; one that named no word we know changes nothing.
fn attempt(recorded: &RecordedDecision, sha: &Sha) -> Option<Attempt> {
    let actor = recorded.actor.clone().unwrap_or_default();
    Some(Attempt {
        id: Uuid::parse_str(&recorded.decision_id).ok()?,
        source: recorded.source.clone(),
        actor: Actor { id: actor.id, name: actor.name, groups: actor.groups },
        word: Word::parse(&recorded.verdict)?,
        break_glass: recorded.break_glass,
        signed: recorded.signed || recorded.source == bus::UI_SOURCE,
        sha: sha.clone(),
        target_branch: None,
        reason: recorded.reason.clone(),
        at: Time(proto::micros(recorded.at.as_ref())?),
    })
}

fn overview(all: &Differences) -> String {
    let Differences { since, judged, different, .. } = all;
    let requests = if *judged == 1 { "request" } else { "requests" };
    let count = match different.len() {
        0 => "every one would have the verdict that it has".to_owned(),
        1 => "one would have another verdict".to_owned(),
        more => format!("{more} would have another verdict"),
    };
    let sentence = format!("{judged} {requests} since {since}: {count}.");
    if different.is_empty() {
        return sentence;
    }
    let head = ["MERGE REQUEST", "CHECK", "COMMIT", "WAS", "WOULD BE", "WHY"];
    let row = |it: &Difference| {
        vec![
            visible(&it.merge_request, false),
            visible(&it.check, false),
            it.sha.chars().take(8).collect(),
            it.was.clone(),
            it.would_be.to_owned(),
            visible(&it.why, false),
        ]
    };
    let head = head.map(ToOwned::to_owned).to_vec();
    let rows: Vec<_> = std::iter::once(head).chain(different.iter().map(row)).collect();
    let hint =
        "Facts of a merge request are those known last; what was refused then is tried again.";
    format!("{sentence}\n\n{}\n\n{hint}", table(&rows))
}
