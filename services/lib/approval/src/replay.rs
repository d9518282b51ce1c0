//! What a request would have come to under another policy.

use crate::{Attempt, Gate, Policy, Request, Time, Verdict};

impl Request {
    /// What its last round would have come to under a policy, and why, had these attempts been made in
    /// this order and the clock gone on until then. What GitLab said is taken as it was known last.
    #[must_use]
    pub fn replayed(
        &self,
        attempts: Vec<Attempt>,
        until: Time,
        policy: &Policy,
    ) -> (Verdict, String) {
        let fresh = Self::new(self.id, self.sha.clone(), self.facts.clone(), self.round_began_at);
        let mut gate = Gate { requests: vec![fresh] };
        gate.judge_anew(self.round_began_at, policy);
        for attempt in attempts {
            gate.tick(attempt.at, policy);
            // That it is refused is part of what comes of it.
            let _refused = gate.decide(self.id, attempt, policy);
        }
        gate.tick(until, policy);
        let request = &gate.requests[0];
        (request.verdict, request.explanation.clone())
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        Verdict, Word,
        testing::{Scene, attempt, policy, seconds, sighting},
    };

    #[test]
    fn what_was_decided_is_judged_under_another_policy() {
        let mut scene = Scene::default();
        scene.sees(&sighting('a', 1));
        let attempts = || vec![attempt("ada", Word::Approve, 'a', 2)];
        let request = scene.gate.requests[0].clone();
        let (verdict, why) = request.replayed(attempts(), seconds(9), &scene.policy);
        assert_eq!((verdict, why.as_str()), (Verdict::Approved, "Approved by ada."));
        let (verdict, why) = request.replayed(attempts(), seconds(9), &policy(2));
        assert_eq!(verdict, Verdict::Waiting);
        assert_eq!(why, "1 of 2: needs one more approval. Approved so far by ada.");
        let mut short = policy(1);
        short.times.decide_within = Some(500_000);
        let (verdict, _) = request.replayed(attempts(), seconds(9), &short);
        assert_eq!(verdict, Verdict::Expired, "ada came too late");
    }
}
