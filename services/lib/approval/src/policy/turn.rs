//! Whose turn it is: on whom a request waits, and what would be refused before anybody tries.

use uuid::Uuid;

use super::{Policy, Who};
use crate::{
    Actor, Attempt, Decision, Refusal, Request, State, Time, Word, admit::admit, decide::decision,
};

impl Request {
    /// What would be answered to an approval of somebody now, if it would be refused.
    #[must_use]
    pub fn refuses(
        &self,
        policy: &Policy,
        source: &str,
        actor: &Actor,
        at: Time,
    ) -> Option<Refusal> {
        let attempt = self.approval_of(source, actor, at);
        let checked = admit(self, &attempt).and_then(|()| policy.check(&self.facts, &attempt));
        checked.err().or_else(|| policy.refuses_frozen(&self.facts, &attempt))
    }

    /// Whether it waits on somebody: their approval is missing, and would be taken.
    #[must_use]
    pub fn waits_on(&self, policy: &Policy, source: &str, actor: &Actor, at: Time) -> bool {
        self.state() == State::Waiting
            && self.refuses(policy, source, actor, at).is_none()
            && policy.lacks(self, &|who| who.includes(source, actor))
            && !self.was_approved_by(policy, source, actor, at)
    }

    /// Whether it waits on a group that somebody belongs to, be it on them or on others.
    #[must_use]
    pub fn waits_on_groups_of(&self, policy: &Policy, actor: &Actor) -> bool {
        let theirs = |who: &Who| actor.groups.iter().any(|group| who.groups.contains(group));
        self.state() == State::Waiting && policy.lacks(self, &theirs)
    }

    /// Whether a broken glass waits for a review, and somebody's would be taken.
    #[must_use]
    pub fn may_be_reviewed_by(&self, policy: &Policy, source: &str, actor: &Actor) -> bool {
        let waits = self.glass.is_some_and(|glass| glass.reviewed_at.is_none());
        let review = decision(self.approval_of(source, actor, self.seen_at), self.round);
        waits && policy.check_review(&self.facts, &review, self.broke_glass()).is_ok()
    }

    fn was_approved_by(&self, policy: &Policy, source: &str, actor: &Actor, at: Time) -> bool {
        let theirs = decision(self.approval_of(source, actor, at), self.round);
        let counted = self.counted().collect::<Vec<_>>();
        let frozen = self.timing.frozen_at;
        let stands = |it: &&Decision| {
            it.word == Word::Approve && Some(it.at) >= frozen && policy.people.same(it, &theirs)
        };
        policy.standing(&counted).iter().any(stands)
    }

    /// An approval that nothing is wrong with but who gives it.
    fn approval_of(&self, source: &str, actor: &Actor, at: Time) -> Attempt {
        Attempt {
            id: Uuid::nil(),
            source: source.to_owned(),
            actor: actor.clone(),
            word: Word::Approve,
            break_glass: false,
            signed: true,
            sha: self.sha.clone(),
            target_branch: Some(self.facts.target_branch.clone()),
            reason: "-".to_owned(),
            at,
        }
    }
}

impl Policy {
    /// Whether an approval of these is missing, when something is that people can give.
    fn lacks(&self, request: &Request, are: &dyn Fn(&Who) -> bool) -> bool {
        let Some(rule) = self.rule(&request.facts) else { return false };
        let counted = request.counted().collect::<Vec<_>>();
        let standing = self.standing(&counted);
        let approvals = self.approvals(rule, &request.facts, &standing, &request.timing);
        rule.requires.lacks(&rule.requires.look_at(&approvals), are)
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        Actor, Time, Word,
        testing::{Scene, approvals, seconds, sighting},
    };

    fn member(id: &str, groups: &[&str]) -> Actor {
        let groups = groups.iter().map(|it| (*it).to_owned()).collect();
        Actor { id: id.to_owned(), name: String::new(), groups }
    }

    /// Two of anybody.
    fn scene() -> Scene {
        let mut scene = Scene::default();
        scene.policy.rules[0].requires = approvals(2, &[]);
        scene.sees(&sighting('a', 1));
        scene
    }

    fn waits_on(scene: &Scene, id: &str, at: Time) -> bool {
        scene.gate.requests[0].waits_on(&scene.policy, "ui", &member(id, &[]), at)
    }

    #[test]
    fn it_waits_on_whoever_has_not_approved_yet() {
        let mut scene = scene();
        assert!(waits_on(&scene, "ada", seconds(2)));
        scene.says("ada", Word::Approve, 'a', 2);
        assert!(!waits_on(&scene, "ada", seconds(3)), "she has said so");
        assert!(waits_on(&scene, "ben", seconds(3)));
        scene.says("ben", Word::Approve, 'a', 3);
        assert!(!waits_on(&scene, "eve", seconds(4)), "it is approved");
    }

    #[test]
    fn it_waits_on_nobody_in_a_freeze() {
        let mut scene = scene();
        scene.policy.freezes = vec![crate::testing::freeze(10, 20)];
        assert!(!waits_on(&scene, "ada", seconds(15)));
        assert!(waits_on(&scene, "ada", seconds(30)));
    }

    #[test]
    fn it_waits_on_the_groups_whose_approvals_are_missing() {
        let mut scene = scene();
        scene.policy.rules[0].requires = approvals(1, &["qa"]);
        let request = &scene.gate.requests[0];
        let (ada, ben) = (member("ada", &["qa"]), member("ben", &["cab"]));
        assert!(request.waits_on(&scene.policy, "ui", &ada, seconds(2)));
        assert!(!request.waits_on(&scene.policy, "ui", &ben, seconds(2)));
        assert!(request.waits_on_groups_of(&scene.policy, &ada));
        assert!(!request.waits_on_groups_of(&scene.policy, &ben));
        let refusal = request.refuses(&scene.policy, "ui", &ben, seconds(2));
        let said = "ben may not decide here. Those who may: qa.";
        assert_eq!(refusal.map(|it| it.message).as_deref(), Some(said));
    }
}
