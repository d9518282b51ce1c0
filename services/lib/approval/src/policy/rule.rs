//! One rule: which merge requests it is for, and what it asks.

use super::{Condition, People, pattern::Pattern, people::TookPart, requirement::Requirement};
use crate::{Actor, Facts, Refusal, RefusalCode, Word};

/// Which merge requests a rule is for. What is empty excludes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// Names of GitLab instances.
    pub gitlabs: Vec<String>,
    /// Paths of projects.
    pub projects: Vec<Pattern>,
    /// Branches that would be merged into.
    pub target_branches: Vec<Pattern>,
    /// Names of status checks.
    pub checks: Vec<Pattern>,
    /// Labels that must all be there.
    pub labels: Vec<String>,
}

/// What somebody must say why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reasons {
    /// Nothing.
    Never,
    /// A rejection, and taking a decision back.
    Against,
    /// Every decision.
    Always,
}

impl Reasons {
    /// The word on the wire and in the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Against => "against",
            Self::Always => "always",
        }
    }
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What people call it.
    pub name: String,
    /// Which merge requests it is for.
    pub scope: Scope,
    /// What must be there for an approval.
    pub requires: Requirement,
    /// Whether the author of a merge request may approve it.
    pub author_may_approve: bool,
    /// Whether those who pushed to it may.
    pub pushers_may_approve: bool,
    /// What somebody must say why.
    pub reasons: Reasons,
    /// Whether systems must have signed their decisions.
    pub signed: bool,
    /// When it rejects by itself: people's approvals do not count then.
    pub reject_when: Option<Condition>,
    /// When it approves by itself, without people.
    pub approve_when: Option<Condition>,
    /// How long a request may wait, in microseconds, instead of what holds for all.
    pub decide_within: Option<i64>,
    /// How long an approval stands, in microseconds, instead of what holds for all.
    pub approval_lasts: Option<i64>,
}

impl Scope {
    /// Whether a merge request is among those meant.
    #[must_use]
    pub fn includes(&self, facts: &Facts) -> bool {
        (self.gitlabs.is_empty() || self.gitlabs.contains(&facts.gitlab))
            && Pattern::match_any(&self.projects, &facts.project_path)
            && Pattern::match_any(&self.target_branches, &facts.target_branch)
            && Pattern::match_any(&self.checks, &facts.check_name)
            && self.labels.iter().all(|label| facts.labels.contains(label))
    }
}

impl Rule {
    /// A rule for everything.
    #[must_use]
    pub fn for_all(requires: Requirement, reasons: Reasons) -> Self {
        Self {
            name: "default".to_owned(),
            scope: Scope::default(),
            requires,
            author_may_approve: false,
            pushers_may_approve: false,
            reasons,
            signed: false,
            reject_when: None,
            approve_when: None,
            decide_within: None,
            approval_lasts: None,
        }
    }

    /// Whether this person may say this, with these words.
    pub(super) fn check(
        &self,
        people: &People,
        facts: &Facts,
        (source, actor): (&str, &Actor),
        (word, reason): (Word, &str),
    ) -> Result<(), Refusal> {
        let who = actor.display();
        let refuse = |message: String| Err(Refusal::new(RefusalCode::NotAllowed, message));
        if !self.requires.may_be_met_by(source, actor) {
            return refuse(format!(
                "{who} may not decide here. Those who may: {}.",
                self.requires.those_who_may()
            ));
        }
        if word == Word::Approve
            && let Some(part) = self.stands_against(people, facts, source, actor)
        {
            let did = match part {
                TookPart::Author => "is the author of this merge request",
                TookPart::Pusher => "has pushed to this merge request",
            };
            return refuse(format!("{who} {did} and may not approve it."));
        }
        let needed = match self.reasons {
            Reasons::Never => false,
            Reasons::Against => word != Word::Approve,
            Reasons::Always => true,
        };
        if needed && reason.trim().is_empty() {
            let message = format!("To {} needs a reason; say why.", word.as_str());
            return Err(Refusal::new(RefusalCode::ReasonRequired, message));
        }
        Ok(())
    }

    /// What keeps somebody from approving, if anything does.
    pub(super) fn stands_against(
        &self,
        people: &People,
        facts: &Facts,
        source: &str,
        actor: &Actor,
    ) -> Option<TookPart> {
        people.part_in(facts, source, actor).filter(|part| match part {
            TookPart::Author => !self.author_may_approve,
            TookPart::Pusher => !self.pushers_may_approve,
        })
    }
}
