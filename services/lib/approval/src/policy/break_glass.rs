//! Breaking the glass: one person approves in an emergency, and somebody else reviews it afterwards.

use super::{Policy, Scope, Who, people::TookPart};
use crate::{Actor, Decision, Facts, Refusal, RefusalCode, Timing, Word};

/// Who may approve although the rule is not met, and who looks at it afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakGlass {
    /// Which merge requests it is for.
    pub scope: Scope,
    /// Who may.
    pub from: Who,
    /// Who may review it; never whoever did it, nor who took part in the merge request.
    pub reviewers: Who,
    /// How long a review may take, in microseconds.
    pub review_within: i64,
    /// Whether authors and those who pushed may do it for their own merge request.
    pub author_may: bool,
    /// Whether it counts in a freeze.
    pub passes_freeze: bool,
}

fn refuse<T>(code: RefusalCode, message: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::new(code, message))
}

impl Policy {
    /// How the glass is broken for a merge request; `None` where it cannot be.
    #[must_use]
    pub fn glass(&self, facts: &Facts) -> Option<&BreakGlass> {
        self.break_glass.as_ref().filter(|glass| glass.scope.includes(facts))
    }

    /// Whether somebody may break the glass, with these words.
    pub(super) fn check_broken(
        &self,
        facts: &Facts,
        (source, actor): (&str, &Actor),
        (word, reason): (Word, &str),
    ) -> Result<(), Refusal> {
        let who = actor.display();
        if word != Word::Approve {
            return refuse(RefusalCode::Invalid, "Only an approval can break the glass.");
        }
        let Some(glass) = self.glass(facts) else {
            return refuse(RefusalCode::NotAllowed, "The glass cannot be broken here.");
        };
        if !glass.from.includes(source, actor) {
            return refuse(RefusalCode::NotAllowed, format!("{who} may not break the glass here."));
        }
        if let Some(did) = self.took_part(facts, source, actor).filter(|_| !glass.author_may) {
            return refuse(RefusalCode::NotAllowed, format!("{who} {did} and may not break it."));
        }
        if reason.trim().is_empty() {
            let message = "To break the glass needs a reason; say why it cannot wait.";
            return refuse(RefusalCode::ReasonRequired, message);
        }
        Ok(())
    }

    /// Whether somebody may review what somebody else did, with these words.
    pub(crate) fn check_review(
        &self,
        facts: &Facts,
        review: &Decision,
        broken: Option<&Decision>,
    ) -> Result<(), Refusal> {
        let (source, actor) = (review.source.as_str(), &review.actor);
        let who = actor.display();
        if broken.is_some_and(|broken| self.people.same(broken, review)) {
            let message = format!("{who} broke the glass; somebody else must review that.");
            return refuse(RefusalCode::NotAllowed, message);
        }
        if let Some(did) = self.took_part(facts, source, actor) {
            return refuse(RefusalCode::NotAllowed, format!("{who} {did} and may not review it."));
        }
        // What was broken under an earlier policy is reviewed all the same.
        let among = |glass: &BreakGlass| glass.reviewers.includes(source, actor);
        if self.break_glass.as_ref().is_some_and(|glass| !among(glass)) {
            return refuse(
                RefusalCode::NotAllowed,
                format!("{who} may not review a broken glass."),
            );
        }
        if review.reason.trim().is_empty() {
            let message = "A review needs a reason; say what you found.";
            return refuse(RefusalCode::ReasonRequired, message);
        }
        Ok(())
    }

    /// Whether an approval counts although the rule is not met.
    pub(super) fn breaks(&self, facts: &Facts, decision: &Decision, timing: &Timing) -> bool {
        let allows = |glass: &&BreakGlass| {
            let part = self.took_part(facts, &decision.source, &decision.actor);
            glass.from.includes(&decision.source, &decision.actor)
                && (part.is_none() || glass.author_may)
                && (glass.passes_freeze || Some(decision.at) >= timing.frozen_at)
        };
        decision.word == Word::Approve
            && decision.break_glass
            && self.glass(facts).filter(allows).is_some()
    }

    fn took_part(&self, facts: &Facts, source: &str, actor: &Actor) -> Option<&'static str> {
        self.people.part_in(facts, source, actor).map(|part| match part {
            TookPart::Author => "is the author of this merge request",
            TookPart::Pusher => "has pushed to this merge request",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Effect, MergeRequestState, Person,
        testing::{Scene, attempt, id_of, seconds, sha, sighting},
    };

    const DAY: i64 = 24 * 60 * 60;

    fn only(person: &str) -> Who {
        Who { people: vec![person.to_owned()], ..Who::default() }
    }

    /// Two must approve; Grace may break the glass, and everybody may review that within a day.
    fn scene() -> Scene {
        let mut scene = Scene { policy: crate::testing::policy(2), ..Scene::default() };
        scene.policy.break_glass = Some(BreakGlass {
            scope: Scope::default(),
            from: only("grace"),
            reviewers: Who::default(),
            review_within: DAY * 1_000_000,
            author_may: false,
            passes_freeze: true,
        });
        scene.sees(&sighting('a', 1));
        scene
    }

    fn says(scene: &mut Scene, who: &str, word: Word, reason: &str, at: i64) -> String {
        let broken = word == Word::Approve;
        let attempt = crate::Attempt {
            break_glass: broken,
            reason: reason.to_owned(),
            ..attempt(who, word, 'a', at)
        };
        match scene.gate.decide(id_of(&sha('a')), attempt, &scene.policy) {
            Ok(accepted) => accepted.message,
            Err(refusal) => format!("{}: {}", refusal.code.as_str(), refusal.message),
        }
    }

    #[test]
    fn one_person_approves_and_another_reviews() {
        let mut scene = scene();
        let said = says(&mut scene, "grace", Word::Approve, "Payments are down", 2);
        assert_eq!(said, "Recorded: approve. Approved by grace, who broke the glass.");
        assert_eq!(scene.state('a'), "approved");
        let own = says(&mut scene, "grace", Word::Review, "Fine", 3);
        assert_eq!(own, "not_allowed: grace broke the glass; somebody else must review that.");
        let nothing = says(&mut scene, "ada", Word::Review, "", 4);
        assert_eq!(nothing, "reason_required: A review needs a reason; say what you found.");
        let said = says(&mut scene, "ada", Word::Review, "It was right", 5);
        assert_eq!(said, "Recorded: review. The broken glass was reviewed by ada.");
        assert_eq!(scene.state('a'), "approved");
        let again = says(&mut scene, "bob", Word::Review, "Right", 6);
        assert_eq!(again, "Recorded before, nothing new. The broken glass was reviewed before.");
    }

    #[test]
    fn who_may_not_is_told_why() {
        let mut scene = scene();
        let said = says(&mut scene, "ada", Word::Approve, "I want to", 2);
        assert_eq!(said, "not_allowed: ada may not break the glass here.");
        let silent = says(&mut scene, "grace", Word::Approve, " ", 2);
        assert_eq!(
            silent,
            "reason_required: To break the glass needs a reason; say why it cannot wait."
        );
        let none = says(&mut scene, "ada", Word::Review, "Right", 2);
        assert_eq!(none, "not_allowed: No glass was broken here.");
        scene.policy.break_glass = None;
        let nowhere = says(&mut scene, "grace", Word::Approve, "Down", 2);
        assert_eq!(nowhere, "not_allowed: The glass cannot be broken here.");
        assert_eq!(scene.state('a'), "waiting");
    }

    #[test]
    fn the_author_neither_breaks_the_glass_nor_reviews() {
        let mut scene = scene();
        let identities = vec![("ui".to_owned(), "grace".to_owned())];
        let grace = Person { name: "Grace".to_owned(), gitlab_user_ids: vec![7], identities };
        scene.policy.people.0.push(grace);
        let said = says(&mut scene, "grace", Word::Approve, "Down", 2);
        let why = "grace is the author of this merge request and may not break it.";
        assert_eq!(said, format!("not_allowed: {why}"));
    }

    #[test]
    fn a_rejection_stands_against_a_broken_glass() {
        let mut scene = scene();
        scene.says("eve", Word::Reject, 'a', 2);
        let said = says(&mut scene, "grace", Word::Approve, "Down", 3);
        assert_eq!(said, "Recorded: approve. Rejected by eve.");
        assert_eq!(scene.state('a'), "rejected");
    }

    #[test]
    fn a_review_is_possible_after_the_merge_and_due_in_time() {
        let mut scene = scene();
        says(&mut scene, "grace", Word::Approve, "Down", 2);
        let mut merged = sighting('a', 3);
        merged.state = MergeRequestState::Merged;
        scene.sees(&merged);
        let due = seconds(2 + DAY);
        scene.ends('a', crate::CommandResult::Delivered);
        assert_eq!(scene.gate.requests[0].timing.due_at, Some(due));
        let id = id_of(&sha('a'));
        assert_eq!(scene.is(1 + DAY), []);
        assert_eq!(scene.is(2 + DAY), [Effect::GlassUnreviewed(id)]);
        assert_eq!(scene.is(9 + DAY), [], "it is said once");
        let said = says(&mut scene, "ada", Word::Review, "Late, but right", 10 + DAY);
        assert_eq!(said, "Recorded: review. The broken glass was reviewed by ada.");
        let other = scene.says("bob", Word::Approve, 'a', 11 + DAY);
        assert_eq!(other, "closed: The merge request is merged already.");
    }

    #[test]
    fn a_broken_glass_outlasts_a_freeze_where_the_policy_says_so() {
        for passes_freeze in [true, false] {
            let mut scene = scene();
            if let Some(glass) = &mut scene.policy.break_glass {
                glass.passes_freeze = passes_freeze;
            }
            scene.policy.freezes = vec![crate::testing::freeze(10, 20)];
            says(&mut scene, "grace", Word::Approve, "Down", 2);
            scene.is(10);
            let state = if passes_freeze { "approved" } else { "waiting" };
            assert_eq!(scene.state('a'), state);
            let said = says(&mut scene, "grace", Word::Approve, "Still down", 12);
            assert_eq!(said.starts_with("Recorded"), passes_freeze, "{said}");
        }
    }
}
