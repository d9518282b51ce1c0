//! Who may decide, and when a request is approved.

use std::num::NonZeroU32;

use crate::{Actor, Decision, Refusal, RefusalCode, Verdict, Word};

/// Approved by enough people; one rejection rejects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// How many different people must approve.
    pub approvals: NonZeroU32,
    /// Who may decide.
    pub allowed: Allowed,
    /// Whether a rejection or revocation needs a reason.
    pub reason_required: bool,
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

/// Who may decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed {
    /// Everybody whom a configured source vouches for.
    Anyone,
    /// Only people or groups on these lists.
    Listed {
        /// Actor ids.
        people: Vec<String>,
        /// Group names.
        groups: Vec<String>,
    },
}

/// A verdict with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// What the decisions amount to.
    pub verdict: Verdict,
    /// Why, in one sentence.
    pub explanation: String,
}

impl Policy {
    /// Whether this person may say this, with these words.
    pub fn check(&self, actor: &Actor, word: Word, reason: &str) -> Result<(), Refusal> {
        if let Allowed::Listed { people, groups } = &self.allowed {
            let listed = people.contains(&actor.id)
                || actor.groups.iter().any(|group| groups.contains(group));
            if !listed {
                let message = format!("{} may not decide here.", actor.display());
                return Err(Refusal::new(RefusalCode::NotAllowed, message));
            }
        }
        if self.reason_required && word != Word::Approve && reason.trim().is_empty() {
            let message = format!("To {} needs a reason; say why.", word.as_str());
            return Err(Refusal::new(RefusalCode::ReasonRequired, message));
        }
        Ok(())
    }

    /// What the decisions of one round amount to.
    #[must_use]
    pub fn evaluate(&self, decisions: &[&Decision]) -> Evaluation {
        let standing = standing(decisions);
        let rejections = || standing.iter().filter(|decision| decision.word == Word::Reject);
        if rejections().next().is_some() {
            let by = names(rejections().copied());
            return Evaluation {
                verdict: Verdict::Rejected,
                explanation: format!("Rejected by {by}."),
            };
        }
        let approvals: Vec<_> =
            standing.into_iter().filter(|decision| decision.word == Word::Approve).collect();
        let have = approvals.len();
        let need = usize::try_from(self.approvals.get()).unwrap_or(usize::MAX);
        let by = names(approvals.into_iter());
        if have >= need {
            return Evaluation {
                verdict: Verdict::Approved,
                explanation: format!("Approved by {by}."),
            };
        }
        let more = match need - have {
            1 => "one more approval".to_owned(),
            missing => format!("{missing} more approvals"),
        };
        let so_far = if have == 0 { String::new() } else { format!(" Approved so far by {by}.") };
        let explanation = format!("{have} of {need}: needs {more}.{so_far}");
        Evaluation { verdict: Verdict::Waiting, explanation }
    }
}

/// What each person says last, in the order they said it.
fn standing<'a>(decisions: &[&'a Decision]) -> Vec<&'a Decision> {
    let mut last: Vec<&Decision> = Vec::new();
    for decision in decisions {
        match last.iter_mut().find(|other| other.same_person(decision)) {
            Some(other) if other.rank() < decision.rank() => *other = decision,
            Some(_) => {}
            None => last.push(decision),
        }
    }
    last.sort_by_key(|decision| decision.rank());
    last
}

fn names<'a>(decisions: impl Iterator<Item = &'a Decision>) -> String {
    decisions.map(|decision| decision.actor.display()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{decision, policy};

    fn explain(approvals: u32, decisions: &[Decision]) -> String {
        policy(approvals).evaluate(&decisions.iter().collect::<Vec<_>>()).explanation
    }

    #[test]
    fn the_verdict_explains_itself() {
        let ada = decision("ada", Word::Approve, 1);
        let bob = decision("bob", Word::Approve, 2);
        let eve = decision("eve", Word::Reject, 3);
        assert_eq!(explain(1, &[]), "0 of 1: needs one more approval.");
        assert_eq!(explain(3, &[]), "0 of 3: needs 3 more approvals.");
        assert_eq!(
            explain(2, std::slice::from_ref(&ada)),
            "1 of 2: needs one more approval. Approved so far by ada."
        );
        assert_eq!(explain(2, &[bob.clone(), ada.clone()]), "Approved by ada, bob.");
        assert_eq!(explain(2, &[ada, bob, eve]), "Rejected by eve.");
    }

    #[test]
    fn one_person_counts_once_and_the_last_word_stands() {
        let yes = decision("ada", Word::Approve, 1);
        let again = decision("ada", Word::Approve, 2);
        let back = decision("ada", Word::Revoke, 3);
        assert!(explain(2, &[yes.clone(), again.clone()]).starts_with("1 of 2"));
        for order in [[&yes, &again, &back], [&back, &again, &yes], [&again, &back, &yes]] {
            assert_eq!(policy(1).evaluate(&order).verdict, Verdict::Waiting);
        }
    }

    #[test]
    fn at_the_same_time_the_stricter_word_stands() {
        let yes = decision("ada", Word::Approve, 1);
        let no = decision("ada", Word::Reject, 1);
        for order in [[&yes, &no], [&no, &yes]] {
            assert_eq!(policy(1).evaluate(&order).verdict, Verdict::Rejected);
        }
    }

    #[test]
    fn only_the_listed_may_decide() {
        let allowed = Allowed::Listed { people: vec!["ada".into()], groups: vec!["cab".into()] };
        let policy = Policy { allowed, ..policy(1) };
        let of = |id: &str, group: &str| Actor {
            id: id.into(),
            name: String::new(),
            groups: vec![group.into()],
        };
        assert_eq!(policy.check(&of("ada", "dev"), Word::Approve, ""), Ok(()));
        assert_eq!(policy.check(&of("bob", "cab"), Word::Approve, ""), Ok(()));
        let refused = policy.check(&of("eve", "dev"), Word::Approve, "");
        let message = "eve may not decide here.";
        assert_eq!(refused, Err(Refusal::new(RefusalCode::NotAllowed, message)));
    }

    #[test]
    fn a_rejection_may_need_a_reason() {
        let policy = Policy { reason_required: true, ..policy(1) };
        let ada = decision("ada", Word::Approve, 1).actor;
        assert_eq!(policy.check(&ada, Word::Approve, ""), Ok(()));
        assert_eq!(policy.check(&ada, Word::Reject, "too late"), Ok(()));
        let refused = policy.check(&ada, Word::Reject, "  ");
        let message = "To reject needs a reason; say why.";
        assert_eq!(refused, Err(Refusal::new(RefusalCode::ReasonRequired, message)));
    }
}
