//! I2 and I7: what was posted to GitLab, and when.

use super::{
    Check, Remarks, Violation, held_up,
    policy::{Commit, Verdict},
    targets::Targets,
};
use crate::{
    log::{Micros, in_seconds},
    observed::{Decision, Observed, Post},
};

/// How long a post may be under way while nothing holds it up: between recorder's word that it is
/// wanted and its arrival at GitLab.
const UNDER_WAY: Micros = 2_000_000;
/// How long when something does: decision gives up a request after 20 s, and may have been stopped
/// for 3 s before it sent it.
const HELD_UP: Micros = 24_000_000;

/// I2. A `passed` of ours is justified when the decisions recorded about that very commit amounted
/// to an approval when it reached GitLab, or so shortly before that it was under way already: a post
/// cannot be called back. A decision counts only while the target branch that we know of is the one that
/// it judged.
pub(super) fn each_passed_was_decided(observed: &Observed, remarks: &mut Remarks) -> Check {
    let ours = observed.posts.iter().filter(|it| it.ours && it.status == "passed");
    let (mut looked_at, mut violations) = (0, Vec::new());
    for post in ours {
        looked_at += 1;
        match lateness(observed, post) {
            Some(0) => {}
            Some(late) if late <= limit(observed, post, late) => {
                remarks.late_posts += 1;
                remarks.latest = remarks.latest.max(late);
            }
            late => {
                let why = match late {
                    None => "which nobody had approved".to_owned(),
                    Some(late) => {
                        format!("{:.1} s after the approval was gone", in_seconds(late))
                    }
                };
                let sentence = format!(
                    "passed was posted for !{} at {}, {why}",
                    post.iid,
                    crate::clients::short(&post.sha)
                );
                violations.push(Violation::new(sentence).about(post.iid).at(post.received));
            }
        }
    }
    let says = "passed was posted only for what was approved";
    Check::new("I2", says, (looked_at, "posts of passed"), violations)
}

fn limit(observed: &Observed, post: &Post, late: Micros) -> Micros {
    match held_up(observed, post.received - late, post.received) {
        true => HELD_UP,
        false => UNDER_WAY,
    }
}

/// How long before its arrival the post was last justified; `None` when it never was.
fn lateness(observed: &Observed, post: &Post) -> Option<Micros> {
    let commit = Commit::of(observed, post.iid, &post.sha)?;
    let targets = Targets::of(observed, post.iid);
    let approved = |at: Micros| {
        let judged = |decision: &Decision| targets.judged_by(decision, targets.known_at(at));
        commit.verdict_at(at, judged) == Verdict::Approved
    };
    if approved(post.received) {
        return Some(0);
    }
    // Just before each change, for an approval lasts until the change that ends it.
    let changes = commit.moments().chain(targets.moments());
    let before = changes.filter(|at| *at <= post.received).filter(|at| approved(*at - 1));
    before.max().map(|ended| post.received - ended)
}

/// I7. Two posts for one commit never overlap, unless the first was left behind by a process that
/// was killed, stopped or cut off.
pub(super) fn none_overlap(observed: &Observed, remarks: &mut Remarks) -> Check {
    let ours: Vec<&Post> = observed.posts.iter().filter(|it| it.ours).collect();
    let mut violations = Vec::new();
    for (place, post) in ours.iter().enumerate() {
        let earlier = ours[..place].iter().filter(|it| it.iid == post.iid && it.sha == post.sha);
        for earlier in earlier.filter(|it| post.received < it.ended) {
            if was_left_behind(observed, earlier, post) {
                remarks.left_behind += 1;
                continue;
            }
            let sentence = format!(
                "{} for !{} at {} was posted while {} was under way since {:.2} s",
                post.status,
                post.iid,
                crate::clients::short(&post.sha),
                earlier.status,
                in_seconds(post.received - earlier.received)
            );
            violations.push(Violation::new(sentence).about(post.iid).at(post.received));
        }
    }
    Check::new("I7", "posts for one commit never overlap", (ours.len(), "posts"), violations)
}

/// Whether something cut the one who posted off from its post.
fn was_left_behind(observed: &Observed, earlier: &Post, later: &Post) -> bool {
    use crate::plan::Fault;
    let (from, to) = (earlier.received, later.received);
    observed.notes.faults.iter().any(|struck| {
        let cut_off = match &struck.fault {
            Fault::Kill { member, .. } | Fault::Stop { member, .. } | Fault::Restart { member } => {
                member.starts_with("decision")
            }
            Fault::Link { link, .. } => link.starts_with("decision") && link.ends_with("gitlab"),
            _ => false,
        };
        cut_off && struck.began <= to && from <= struck.ended
    })
}
