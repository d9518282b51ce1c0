//! What a rule says by itself, without people: its conditions, and how they explain themselves.

use super::{
    Finding, Rule,
    requirement::{ALL_OF, ONE_OF},
};
use crate::{Facts, Timing};

/// What a rule says by itself about a merge request.
#[derive(Debug)]
pub(super) struct ByItself {
    /// Why nothing can be approved; absent while nothing is against it.
    pub(super) rejects: Option<Rejects>,
    /// Whether it approves; absent when it never does.
    pub(super) approves: Option<Finding>,
    /// Whether it could reject.
    can_reject: Option<Finding>,
}

/// Why nothing can be approved.
#[derive(Debug)]
pub(super) struct Rejects {
    /// Whether it is known that the rule rejects; otherwise it cannot be told.
    pub(super) certain: bool,
    pub(super) sentence: String,
}

impl Rule {
    /// Whether it would approve a merge request by itself, if nothing stood against it.
    pub(crate) fn approves_by_itself(&self, facts: &Facts) -> bool {
        let holds = self.approve_when.as_ref().map(|condition| condition.holds(facts));
        holds == Some(Ok(true))
    }

    pub(super) fn by_itself(&self, facts: &Facts, timing: &Timing) -> ByItself {
        let name = &self.name;
        let mut rejects = None;
        let can_reject = self.reject_when.as_ref().map(|condition| match condition.holds(facts) {
            Ok(false) => Finding::leaf(true, format!("Not rejected by the rule {name} itself.")),
            Ok(true) => {
                let sentence =
                    format!("Rejected by the rule {name} itself: {}.", condition.as_str());
                rejects = Some(Rejects { certain: true, sentence: sentence.clone() });
                Finding::leaf(false, sentence)
            }
            Err(cause) => {
                let sentence = format!(
                    "It cannot be told whether the rule {name} rejects this, so nothing is \
                     approved: {cause}."
                );
                rejects = Some(Rejects { certain: false, sentence: sentence.clone() });
                Finding::leaf(false, sentence)
            }
        });
        let approves = self.approve_when.as_ref().map(|condition| {
            let text = condition.as_str();
            match condition.holds(facts) {
                Ok(true) if timing.automatic_counts() => {
                    Finding::leaf(true, format!("Approved by the rule {name} itself: {text}."))
                }
                Ok(true) => Finding::leaf(
                    false,
                    format!("The rule {name} approves nothing by itself in a freeze: {text}."),
                ),
                Ok(false) => {
                    Finding::leaf(false, format!("Not approved by the rule {name} itself: {text}."))
                }
                Err(cause) => Finding::leaf(
                    false,
                    format!("It cannot be told whether the rule {name} approves this: {cause}."),
                ),
            }
        });
        ByItself { rejects, approves, can_reject }
    }
}

impl ByItself {
    /// The whole tree: what people must do, and what the rule says by itself.
    pub(super) fn beside(self, people: Finding) -> Finding {
        let whole = match self.approves {
            None => people,
            Some(approves) => {
                let met = people.met || approves.met;
                let told = if approves.met { &approves } else { &people };
                let sentence = told.sentence.clone();
                Finding { met, sentence, title: ONE_OF, parts: vec![people, approves], count: None }
            }
        };
        match self.can_reject {
            None => whole,
            Some(rejects) => {
                let met = whole.met && rejects.met;
                let told = if rejects.met { &whole } else { &rejects };
                let sentence = told.sentence.clone();
                Finding { met, sentence, title: ALL_OF, parts: vec![rejects, whole], count: None }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failing test should panic")]

    use crate::{
        Condition, Word,
        testing::{Scene, seconds, sighting},
    };

    fn scene(approve_when: &str, reject_when: &str) -> Scene {
        let mut scene = Scene::default();
        let read = |text: &str| (!text.is_empty()).then(|| Condition::parse(text).unwrap());
        scene.policy.rules[0].approve_when = read(approve_when);
        scene.policy.rules[0].reject_when = read(reject_when);
        scene
    }

    fn labelled(at: i64, labels: &[&str]) -> crate::Sighting {
        let mut sighting = sighting('a', at);
        sighting.facts.labels = labels.iter().map(|it| (*it).to_owned()).collect();
        sighting
    }

    fn explanation(scene: &Scene) -> String {
        scene.gate.requests[0].explanation.clone()
    }

    #[test]
    fn a_rule_approves_by_itself_while_its_condition_holds() {
        let mut scene = scene("'docs' in labels", "");
        scene.sees(&labelled(1, &[]));
        assert_eq!((scene.state('a'), scene.outstanding('a')), ("waiting", None));
        scene.sees(&labelled(2, &["docs"]));
        assert_eq!(scene.state('a'), "approved");
        let said = "Approved by the rule default itself: 'docs' in labels.";
        assert_eq!(explanation(&scene), said);
        scene.sees(&labelled(3, &[]));
        assert_eq!(scene.state('a'), "waiting");
    }

    #[test]
    fn what_a_rule_rejects_nobody_approves() {
        let mut scene = scene("'docs' in labels", "draft");
        let mut seen = labelled(1, &["docs"]);
        seen.facts.draft = true;
        scene.sees(&seen);
        assert_eq!(explanation(&scene), "Rejected by the rule default itself: draft.");
        let said = scene.says("ada", Word::Approve, 'a', 2);
        assert_eq!(said, "Recorded: approve. Rejected by the rule default itself: draft.");
        assert_eq!(scene.state('a'), "rejected");
        scene.sees(&labelled(3, &[]));
        assert_eq!(scene.state('a'), "approved", "Ada approved it");
    }

    #[test]
    fn a_rejection_that_cannot_be_told_approves_nothing() {
        let mut scene = scene("true", "labels[0] == 'wip'");
        scene.sees(&labelled(1, &[]));
        scene.says("ada", Word::Approve, 'a', 2);
        assert_eq!(scene.state('a'), "waiting");
        assert!(explanation(&scene).starts_with("It cannot be told whether the rule default rej"));
    }

    #[test]
    fn people_reject_what_a_rule_approves() {
        let mut scene = scene("true", "");
        scene.sees(&labelled(1, &[]));
        assert_eq!(scene.state('a'), "approved");
        scene.says("ada", Word::Reject, 'a', 2);
        assert_eq!(scene.state('a'), "rejected");
    }

    #[test]
    fn a_freeze_takes_an_approval_of_the_rule_and_time_gives_none_back() {
        let mut scene = scene("true", "");
        scene.policy.freezes = vec![crate::testing::freeze(10, 20)];
        scene.sees(&labelled(1, &[]));
        assert_eq!(scene.state('a'), "approved");
        assert_eq!(scene.gate.requests[0].timing.due_at, Some(seconds(10)));
        scene.is(10);
        assert_eq!(scene.state('a'), "waiting");
        scene.sees(&labelled(15, &[]));
        assert_eq!(scene.state('a'), "waiting", "it is seen in the freeze");
        scene.is(30);
        assert_eq!(scene.state('a'), "waiting", "time has passed");
        scene.sees(&labelled(31, &[]));
        assert_eq!(scene.state('a'), "approved", "it is seen after the freeze");
    }
}
