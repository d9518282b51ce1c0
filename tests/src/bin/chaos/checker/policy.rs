//! The default policy, written a second time: so many different people must approve, one rejection
//! rejects, and what a person says last counts, by the bus's time.

use std::collections::BTreeMap;

use crate::{
    log::Micros,
    observed::{Decision, Observed, Request},
};

/// What decisions amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Waiting,
    Approved,
    Rejected,
}

impl Verdict {
    /// The word in the database.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }
}

/// What these decisions amount to, all of them of one round.
pub(super) fn verdict<'a>(
    decisions: impl IntoIterator<Item = &'a Decision>,
    approvals: u32,
) -> Verdict {
    let mut last: BTreeMap<(&str, &str), (Micros, u8)> = BTreeMap::new();
    for it in decisions {
        // At the same time the stricter word counts.
        let strictness = match it.word.as_str() {
            "approve" => 0,
            "revoke" => 1,
            _ => 2,
        };
        let said = last.entry((&it.source, &it.actor)).or_insert((Micros::MIN, 0));
        *said = (*said).max((it.at, strictness));
    }
    if last.values().any(|(_, word)| *word == 2) {
        return Verdict::Rejected;
    }
    let approving = last.values().filter(|(_, word)| *word == 0).count();
    match approving >= usize::try_from(approvals).unwrap_or(usize::MAX) {
        true => Verdict::Approved,
        false => Verdict::Waiting,
    }
}

/// What is recorded about one commit of a merge request.
#[derive(Debug, Clone)]
pub(super) struct Commit<'a> {
    pub(super) request: &'a Request,
    /// Accepted or not, in the order in which they were recorded.
    decisions: Vec<&'a Decision>,
    approvals: u32,
}

impl<'a> Commit<'a> {
    /// What is recorded about this commit, if anything.
    pub(super) fn of(observed: &'a Observed, iid: u64, sha: &str) -> Option<Self> {
        let requests = &observed.record.requests;
        let request = requests.iter().find(|it| it.iid == iid && it.sha == sha)?;
        let all = observed.record.decisions.iter();
        let mut decisions: Vec<&Decision> =
            all.filter(|it| it.request_id.as_ref() == Some(&request.id)).collect();
        decisions.sort_by_key(|it| it.recorded);
        Some(Self { request, decisions, approvals: observed.approvals })
    }

    /// The decisions that count at the end.
    pub(super) fn counted(&self) -> impl Iterator<Item = &'a Decision> {
        let round = self.request.round;
        self.decisions.iter().copied().filter(move |it| it.accepted && it.round == round)
    }

    /// What they amount to.
    pub(super) fn verdict(&self) -> Verdict {
        verdict(self.counted(), self.approvals)
    }

    /// What counted amounted to at a moment, of what passes a further test. A round has begun, at
    /// the latest, with the first attempt in it.
    pub(super) fn verdict_at(&self, at: Micros, test: impl Fn(&Decision) -> bool) -> Verdict {
        let known = || self.decisions.iter().filter(|it| it.recorded <= at);
        let Some(round) = known().map(|it| it.round).max() else {
            return Verdict::Waiting;
        };
        let counted = known().filter(|it| it.accepted && it.round == round && test(it));
        verdict(counted.copied(), self.approvals)
    }

    /// The moments at which the verdict can have changed, and those of what follows from it.
    pub(super) fn moments(&self) -> impl Iterator<Item = Micros> {
        self.decisions.iter().map(|it| it.recorded)
    }
}
