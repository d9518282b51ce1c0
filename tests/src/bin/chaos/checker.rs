//! Whether what was observed keeps the invariants of `ARCHITECTURE.md`.
//!
//! Everything is computed anew from what was sent, from GitLab's history and from the rows of the
//! database; none of the product's code is used, and no verdict of its is believed.

mod calls;
mod decisions;
mod heads;
mod policy;
mod posts;
mod record;
mod targets;
#[cfg(test)]
mod tests;

use crate::{
    log::{Micros, Struck},
    observed::Observed,
    plan::{Fault, GitLabTrouble},
};

/// Whether the product looks at open merge requests by itself, so that it finds what no call told
/// it. Without it, what was lost for good is counted and is no violation.
pub(crate) const SWEEPS: bool = true;

/// Something that must not be.
#[derive(Debug, Clone)]
pub(crate) struct Violation {
    pub(crate) sentence: String,
    /// The merge request that it is about, if it is about one.
    pub(crate) iid: Option<u64>,
    /// When it happened, if that is known.
    pub(crate) at: Option<Micros>,
}

/// One invariant, looked at.
#[derive(Debug, Clone)]
pub(crate) struct Check {
    /// Its name, such as `I1`.
    pub(crate) invariant: &'static str,
    /// What it says.
    pub(crate) says: &'static str,
    /// How many things it was looked at for, and what they are called.
    pub(crate) looked_at: (usize, &'static str),
    pub(crate) violations: Vec<Violation>,
}

/// What is no violation and must be told all the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Remarks {
    /// What only a look at GitLab without a call can find.
    pub(crate) needs_sweep: Vec<String>,
    /// Posts that were under way when the verdict changed.
    pub(crate) late_posts: usize,
    /// The latest of them, in microseconds after the verdict had changed.
    pub(crate) latest: Micros,
    /// Posts that a killed, stopped or cut-off process left behind and the next one overlapped.
    pub(crate) left_behind: usize,
}

/// The result of a run.
#[derive(Debug, Clone)]
pub(crate) struct Checked {
    pub(crate) checks: Vec<Check>,
    pub(crate) remarks: Remarks,
}

impl Check {
    fn new(
        invariant: &'static str,
        says: &'static str,
        looked_at: (usize, &'static str),
        violations: Vec<Violation>,
    ) -> Self {
        Self { invariant, says, looked_at, violations }
    }
}

impl Violation {
    fn new(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), iid: None, at: None }
    }

    fn about(self, iid: u64) -> Self {
        Self { iid: Some(iid), ..self }
    }

    fn at(self, at: Micros) -> Self {
        Self { at: Some(at), ..self }
    }
}

impl Checked {
    /// How many violations there are in all.
    pub(crate) fn violations(&self) -> usize {
        self.checks.iter().map(|check| check.violations.len()).sum()
    }
}

/// Looks at everything.
pub(crate) fn check(observed: &Observed) -> Checked {
    let mut remarks = Remarks::default();
    let mut checks = vec![
        calls::each_is_recorded_once(observed),
        posts::each_passed_was_decided(observed, &mut remarks),
        heads::each_shows_its_verdict(observed, &mut remarks),
        decisions::each_is_recorded_once(observed),
        decisions::each_attempt_has_one_receipt(observed),
        record::the_tree_holds(observed),
        posts::none_overlap(observed, &mut remarks),
        record::nothing_is_dropped(observed),
        record::no_secret_is_in_a_log(observed),
    ];
    let waits = observed.not_quiet.iter().map(|what| {
        Violation::new(format!("after all faults had ended it did not become quiet: {what}"))
    });
    let quiet = waits.collect();
    checks.push(Check::new("end", "everything becomes quiet after the faults", (1, "run"), quiet));
    if SWEEPS {
        let missed = std::mem::take(&mut remarks.needs_sweep);
        let missed = missed.into_iter().map(Violation::new).collect();
        let says = "what no call told is found all the same";
        checks.push(Check::new("sweep", says, (observed.merge_requests.len(), "heads"), missed));
    }
    Checked { checks, remarks }
}

/// Whether one of these faults explains that a post came late or twice between two moments.
fn held_up(observed: &Observed, from: Micros, to: Micros) -> bool {
    let holds_up = |struck: &&Struck| match &struck.fault {
        Fault::Kill { member, .. } | Fault::Stop { member, .. } | Fault::Restart { member } => {
            member.starts_with("decision") || member.starts_with("recorder")
        }
        Fault::Link { link, .. } => link.starts_with("decision") || link.ends_with("postgres"),
        Fault::GitLab { trouble, .. } => {
            matches!(trouble, GitLabTrouble::Late | GitLabTrouble::SaysLate)
        }
        _ => false,
    };
    let mut struck = observed.notes.faults.iter().filter(holds_up);
    struck.any(|it| it.began <= to && from <= it.ended)
}
