//! The target branches of a merge request over time, as GitLab had them and as we knew them.

use crate::{
    log::{Entry, Micros, Sent},
    observed::{Decision, Observed},
};

/// Where every merge request points to when it is opened.
const FIRST: &str = "main";

/// The target branches of a merge request.
#[derive(Debug)]
pub(super) struct Targets<'a> {
    sent: Vec<&'a Sent>,
    changes: Vec<Change<'a>>,
}

#[derive(Debug)]
struct Change<'a> {
    branch: &'a str,
    at: Micros,
    /// When the first call or look-up that tells it was recorded.
    known: Micros,
}

impl<'a> Targets<'a> {
    pub(super) fn of(observed: &'a Observed, iid: u64) -> Self {
        let own = |entry: &&Entry| entry.iid == Some(iid);
        let entries: Vec<&Entry> = observed.notes.entries.iter().filter(own).collect();
        let change = |entry: &&'a Entry| {
            let (at, branch) = (entry.began, entry.retargeted.as_deref()?);
            Some(Change { branch, at, known: known(observed, iid, at, branch) })
        };
        let mut changes: Vec<Change<'_>> = entries.iter().filter_map(change).collect();
        changes.sort_by_key(|change| change.at);
        Self { sent: entries.iter().filter_map(|entry| entry.sent.as_ref()).collect(), changes }
    }

    /// The branch that we knew of at a moment.
    pub(super) fn known_at(&self, at: Micros) -> &str {
        self.latest(|change| change.known <= at)
    }

    /// The moments at which we learned of another branch.
    pub(super) fn moments(&self) -> impl Iterator<Item = Micros> {
        self.changes.iter().map(|change| change.known)
    }

    /// Whether a decision was about a branch: the one that it named, or the one that GitLab had, or
    /// that we knew of, when it was made.
    pub(super) fn judged_by(&self, decision: &Decision, branch: &str) -> bool {
        let sent = self.sent.iter().find(|sent| sent.reason == decision.reason);
        match sent.and_then(|sent| sent.target_branch.as_deref()) {
            Some(stated) => stated == branch,
            None => {
                branch == self.latest(|change| change.at <= decision.at)
                    || branch == self.known_at(decision.at)
            }
        }
    }

    fn latest(&self, until: impl Fn(&Change<'_>) -> bool) -> &str {
        self.changes.iter().rfind(|change| until(change)).map_or(FIRST, |change| change.branch)
    }
}

/// When a change of the target was recorded first, by a call made after it or by a look-up.
fn known(observed: &Observed, iid: u64, at: Micros, branch: &str) -> Micros {
    let tells = |body: &str| {
        let mut calls = observed.calls.iter().filter(|call| call.body_sha256 == body);
        calls.any(|call| call.at >= at && call.target_branch == branch)
    };
    let rows = observed.record.deliveries.iter().filter(|row| row.iid == iid && row.recorded >= at);
    let told = rows.filter(|row| row.origin != "call" || tells(&row.body_sha256));
    told.map(|row| row.recorded).min().unwrap_or(Micros::MAX)
}
