//! I3: at the end GitLab shows for each open head what was decided about it.

use super::{
    Check, Remarks, Violation,
    policy::{Commit, Verdict},
    targets::Targets,
};
use crate::{
    clients::short,
    observed::{Call, Observed, Post, Request, Shown},
};

pub(super) fn each_shows_its_verdict(observed: &Observed, remarks: &mut Remarks) -> Check {
    let mut violations = Vec::new();
    for shown in &observed.merge_requests {
        for sentence in wrong(observed, shown) {
            let sentence = format!("!{} at {}: {sentence}", shown.iid, short(&shown.head));
            match excuse(observed, shown) {
                Some(excuse) => remarks.needs_sweep.push(format!("{sentence} ({excuse})")),
                None => violations.push(Violation::new(sentence).about(shown.iid)),
            }
        }
    }
    let heads = observed.merge_requests.len();
    Check::new("I3", "GitLab shows the verdict at the end", (heads, "heads"), violations)
}

fn wrong(observed: &Observed, shown: &Shown) -> Vec<String> {
    if shown.state != "opened" {
        // GitLab tells nobody about a push to what is closed, so its head may not be on record.
        let own = observed.record.requests.iter().filter(|it| it.iid == shown.iid);
        let open = own.filter(|it| it.standing == "current");
        let said =
            |it: &Request| format!("it is {}, and {} waits on record", shown.state, short(&it.sha));
        return open.map(said).collect();
    }
    let Some(commit) = Commit::of(observed, shown.iid, &shown.head) else {
        return vec!["it is the head at GitLab and not on record".to_owned()];
    };
    let request = commit.request;
    let mut wrong = Vec::new();
    if request.standing != "current" {
        wrong.push(format!("it is open at GitLab and {} on record", request.standing));
        return wrong;
    }
    if request.target_branch != shown.target_branch {
        let (there, here) = (&shown.target_branch, &request.target_branch);
        wrong.push(format!("its target is {there} at GitLab and {here} on record"));
    }
    let verdict = commit.verdict();
    if request.verdict != verdict.word() {
        let (ours, theirs) = (verdict.word(), &request.verdict);
        wrong.push(format!("its decisions amount to {ours}, and the record says {theirs}"));
    }
    let targets = Targets::of(observed, shown.iid);
    for stale in commit.counted().filter(|it| !targets.judged_by(it, &shown.target_branch)) {
        let (id, target) = (&stale.decision_id, &shown.target_branch);
        wrong.push(format!("decision {id} counts and was not about the target branch {target}"));
    }
    let good = match verdict {
        Verdict::Approved => shown.status == "passed",
        Verdict::Rejected => shown.status == "failed",
        Verdict::Waiting => shown.status != "passed",
    };
    if !good {
        let status = &shown.status;
        wrong
            .push(format!("GitLab shows {status}, and the decisions amount to {}", verdict.word()));
    }
    wrong
}

/// Why only a look without a call can find it: the newest call was lost, or somebody else answered
/// last.
fn excuse(observed: &Observed, shown: &Shown) -> Option<String> {
    let own: Vec<&Call> = observed.calls.iter().filter(|it| it.iid == shown.iid).collect();
    let newest = own.iter().filter_map(|it| it.number).max();
    let is_newest = |call: &&&Call| call.number.is_some() && call.number == newest;
    if own.iter().find(is_newest).is_some_and(|call| was_lost(observed, call)) {
        return Some("GitLab gave its newest call up".to_owned());
    }
    let answers = || observed.posts.iter().filter(|it| it.iid == shown.iid && it.sha == shown.head);
    let stored = |it: &&Post| matches!(it.http_status, Some(201) | None);
    let last = answers().filter(stored).max_by_key(|it| it.ended)?;
    if !last.ours {
        return Some("somebody else answered last".to_owned());
    }
    let retry_lost =
        own.iter().any(|it| it.retry && it.at > last.received && was_lost(observed, it));
    retry_lost.then(|| "GitLab gave the call of a Retry up".to_owned())
}

/// Whether no attempt at a call was recorded.
fn was_lost(observed: &Observed, call: &Call) -> bool {
    let recorded = &observed.record.deliveries;
    !recorded.iter().any(|it| it.body_sha256 == call.body_sha256)
}
