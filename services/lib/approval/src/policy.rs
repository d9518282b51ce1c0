//! Who may decide, and when a request is approved.

mod automatic;
mod break_glass;
mod condition;
mod freeze;
mod pattern;
mod people;
mod requirement;
mod rule;
mod turn;

#[cfg(test)]
mod tests;

pub use break_glass::BreakGlass;
pub use condition::{Condition, ConditionError};
pub use freeze::{Freeze, Frozen, Window};
pub use pattern::{Pattern, PatternError};
pub use people::{People, Person};
pub use requirement::{Count, Finding, Requirement, Who};
pub use rule::{Reasons, Rule, Scope};

use crate::{Attempt, Decision, Facts, Refusal, RefusalCode, Time, Timing, Verdict, Word};

/// What is said when no rule is for a merge request.
const NO_RULE: &str = "No rule of the policy is for this merge request, so nobody can approve it.";

/// The rules, and what GitLab is told meanwhile. One rejection rejects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The first one that is for a merge request counts. Where none is, nobody can approve.
    pub rules: Vec<Rule>,
    /// Times in which nothing may be approved.
    pub freezes: Vec<Freeze>,
    /// How one person approves in an emergency; absent where nobody may.
    pub break_glass: Option<BreakGlass>,
    /// Those who are known by more than one name.
    pub people: People,
    /// What GitLab is told while nobody has decided.
    pub pending: Pending,
    /// What happens when somebody else's `passed` is found on a request that nobody decided.
    pub foreign_passed: ForeignPassed,
    /// How long people may take, and how long an approval lasts.
    pub times: Times,
}

/// What GitLab is told while nobody has decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pending {
    /// Nothing: GitLab shows `pending`, and `failed` two to three minutes after a merge request was
    /// opened or Retry was pressed.
    Quiet,
    /// `pending` again and again, so that GitLab does not turn it into `failed`.
    Heartbeat {
        /// Time between two, in microseconds.
        every: i64,
        /// How long after the request opened, in microseconds; then it is quiet.
        lasts: i64,
    },
    /// `failed` at once: the only answer but `passed` that GitLab keeps as it is.
    FailFirst,
}

/// What happens when somebody else's `passed` is found on a request that nobody decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForeignPassed {
    /// It is published and answered with `failed`.
    Answer,
    /// It is only published.
    Report,
}

/// How long things take, in microseconds. No time that passes makes a verdict more permissive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Times {
    /// How long a request may wait for a decision; for ever when absent.
    pub decide_within: Option<i64>,
    /// How long an approval stands after the decision that completed it; for ever when absent.
    pub approval_lasts: Option<i64>,
    /// How long after the request opened people are reminded, shortest first.
    pub remind_after: Vec<i64>,
    /// How long after a command was last heard of it is given to decision once more.
    pub resend_after: i64,
}

/// A verdict with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// What the decisions amount to.
    pub verdict: Verdict,
    /// Why, in one sentence.
    pub explanation: String,
    /// How far the rule is met; absent when there is none.
    pub finding: Option<Finding>,
    /// Whether it is approved because somebody broke the glass.
    pub broke_glass: bool,
}

impl Policy {
    /// The rule for a merge request.
    #[must_use]
    pub fn rule(&self, facts: &Facts) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.scope.includes(facts))
    }

    /// How long people may take about a merge request, and how long an approval of it lasts.
    #[must_use]
    pub fn times(&self, facts: &Facts) -> Times {
        let rule = self.rule(facts);
        let Times { decide_within, approval_lasts, .. } = self.times;
        Times {
            decide_within: rule.and_then(|it| it.decide_within).or(decide_within),
            approval_lasts: rule.and_then(|it| it.approval_lasts).or(approval_lasts),
            ..self.times.clone()
        }
    }

    /// Whether somebody may say something about a merge request, with these words.
    pub fn check(&self, facts: &Facts, attempt: &Attempt) -> Result<(), Refusal> {
        let (source, actor) = (attempt.source.as_str(), &attempt.actor);
        let (word, reason) = (attempt.word, attempt.reason.as_str());
        if let Some(rule) = self.rule(facts).filter(|rule| rule.signed && !attempt.signed) {
            let rule = &rule.name;
            let message = format!("The rule {rule} takes only decisions that {source} has signed.");
            return Err(Refusal::new(RefusalCode::NotAllowed, message));
        }
        if attempt.break_glass {
            return self.check_broken(facts, (source, actor), (word, reason));
        }
        let Some(rule) = self.rule(facts) else {
            return Err(Refusal::new(RefusalCode::NotAllowed, NO_RULE));
        };
        // Who broke the glass can take that back, also where the rule does not name them.
        let breaks = self.glass(facts).is_some_and(|glass| glass.from.includes(source, actor));
        if word == Word::Revoke && breaks {
            return Ok(());
        }
        rule.check(&self.people, facts, (source, actor), (word, reason))
    }

    /// The freeze that a moment lies in, for a merge request; of several the one that ends last.
    #[must_use]
    pub fn frozen(&self, facts: &Facts, at: Time) -> Option<Frozen> {
        let frozen = freeze::of(&self.freezes, facts).filter_map(|freeze| freeze.at(at));
        frozen.max_by(|one, other| one.until.cmp(&other.until))
    }

    /// What a freeze answers to an approval, unless that breaks the glass where it may.
    pub(crate) fn refuses_frozen(&self, facts: &Facts, attempt: &Attempt) -> Option<Refusal> {
        let passes = || self.glass(facts).is_some_and(|glass| glass.passes_freeze);
        if attempt.word != Word::Approve || attempt.break_glass && passes() {
            return None;
        }
        let frozen = self.frozen(facts, attempt.at)?;
        Some(Refusal::new(RefusalCode::NotAllowed, frozen.sentence()))
    }

    /// When the next freeze for a merge request begins after a moment.
    #[must_use]
    pub fn next_freeze(&self, facts: &Facts, after: Time) -> Option<Time> {
        freeze::of(&self.freezes, facts).filter_map(|freeze| freeze.next_start(after)).min()
    }

    /// What the decisions of one round about a merge request amount to, with what its rule says by
    /// itself. Approvals from before the last freeze began do not count.
    #[must_use]
    pub fn evaluate(&self, facts: &Facts, decisions: &[&Decision], timing: &Timing) -> Evaluation {
        let standing = self.standing(decisions);
        let names = |of: &mut dyn Iterator<Item = &Decision>| {
            of.map(|decision| decision.actor.display()).collect::<Vec<_>>().join(", ")
        };
        let rejected = names(&mut standing.iter().copied().filter(|it| it.word == Word::Reject));
        let broken = |it: &&Decision| self.breaks(facts, it, timing);
        let broken = names(&mut standing.iter().copied().filter(broken));
        let rule = self.rule(facts).map(|rule| self.look_at(rule, facts, &standing, timing));
        let finding = rule.as_ref().map(|(_, _, finding)| finding.clone());
        let broke_glass = rejected.is_empty() && !broken.is_empty();
        let (verdict, explanation) = match (rejected.as_str(), broken.as_str(), rule) {
            ("", "", Some((verdict, explanation, _))) => (verdict, explanation),
            ("", "", None) => (Verdict::Waiting, NO_RULE.to_owned()),
            ("", by, _) => (Verdict::Approved, format!("Approved by {by}, who broke the glass.")),
            (by, _, _) => (Verdict::Rejected, format!("Rejected by {by}.")),
        };
        Evaluation { verdict, explanation, finding, broke_glass }
    }

    /// What a rule makes of what people say last, when nobody rejects and no glass is broken.
    fn look_at(
        &self,
        rule: &Rule,
        facts: &Facts,
        standing: &[&Decision],
        timing: &Timing,
    ) -> (Verdict, String, Finding) {
        let people = rule.requires.look_at(&self.approvals(rule, facts, standing, timing));
        let itself = rule.by_itself(facts, timing);
        let (verdict, explanation) = match &itself.rejects {
            None if people.met => (Verdict::Approved, people.sentence.clone()),
            None => match itself.approves.as_ref().filter(|finding| finding.met) {
                Some(finding) => (Verdict::Approved, finding.sentence.clone()),
                None => (Verdict::Waiting, people.sentence.clone()),
            },
            Some(rejects) if rejects.certain => (Verdict::Rejected, rejects.sentence.clone()),
            // Whether it may be approved at all is not known.
            Some(doubt) => (Verdict::Waiting, doubt.sentence.clone()),
        };
        (verdict, explanation, itself.beside(people))
    }

    /// The approvals that count under a rule, among what people say last.
    fn approvals<'a>(
        &self,
        rule: &Rule,
        facts: &Facts,
        standing: &[&'a Decision],
        timing: &Timing,
    ) -> Vec<&'a Decision> {
        let counts = |decision: &&Decision| {
            let (source, actor) = (&decision.source, &decision.actor);
            decision.word == Word::Approve
                && Some(decision.at) >= timing.frozen_at
                && rule.stands_against(&self.people, facts, source, actor).is_none()
        };
        standing.iter().copied().filter(counts).collect()
    }

    /// What each person says last, in the order they said it.
    fn standing<'a>(&self, decisions: &[&'a Decision]) -> Vec<&'a Decision> {
        let mut last: Vec<&Decision> = Vec::new();
        for decision in decisions.iter().filter(|it| it.word != Word::Review) {
            match last.iter_mut().find(|other| self.people.same(other, decision)) {
                Some(other) if other.rank() < decision.rank() => *other = decision,
                Some(_) => {}
                None => last.push(decision),
            }
        }
        last.sort_by_key(|decision| decision.rank());
        last
    }
}
