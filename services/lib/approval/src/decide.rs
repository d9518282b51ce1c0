//! What a decision does to a gate.

use uuid::Uuid;

use crate::{
    Accepted, Attempt, Decision, Effect, Gate, Policy, Refusal, RefusalCode, Request, Time, Word,
    admit::{admit, admit_review},
};

/// A glass that somebody broke: approved by one person although the rule was not met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Glass {
    /// The decision that broke it first.
    pub decision: Uuid,
    /// Until when somebody else must look at it.
    pub review_by: Time,
    /// When somebody else did.
    pub reviewed_at: Option<Time>,
    /// Whether it was said that nobody did in time.
    pub overdue: bool,
}

impl Gate {
    /// Applies a decision, or says why not.
    pub fn decide(
        &mut self,
        request_id: Uuid,
        attempt: Attempt,
        policy: &Policy,
    ) -> Result<Accepted, Refusal> {
        let before = self.states();
        let index = self.position(request_id).ok_or_else(|| {
            Refusal::new(RefusalCode::UnknownRequest, "There is no such request.")
        })?;
        let request = &mut self.requests[index];
        if attempt.word == Word::Review {
            return request.review(attempt, policy);
        }
        admit(request, &attempt)?;
        policy.check(&request.facts, &attempt)?;
        let glass = policy.glass(&request.facts).filter(|_| attempt.break_glass);
        if let Some(refusal) = policy.refuses_frozen(&request.facts, &attempt) {
            return Err(refusal);
        }
        let review_by = glass.map(|glass| Time(attempt.at.0.saturating_add(glass.review_within)));

        let decision = decision(attempt, request.round);
        let last = request
            .decisions
            .iter()
            .filter(|other| other.round == decision.round && other.word != Word::Review)
            .filter(|other| policy.people.same(other, &decision))
            .max_by_key(|other| other.rank());
        let overtaken = last.is_some_and(|last| last.rank() > decision.rank());
        let same = (decision.word, decision.break_glass);
        let repeated = last.is_some_and(|last| (last.word, last.break_glass) == same);
        let changed = !overtaken && !repeated;
        let (word, at) = (decision.word, decision.at);
        let broken = review_by.filter(|_| changed).map(|by| request.breaks(decision.id, by));
        request.decisions.push(decision);
        request.judge(policy);
        let message = match (overtaken, repeated) {
            (true, _) => "A later decision of the same person is recorded already.".to_owned(),
            (_, true) => format!("Recorded before, nothing new. {}", request.explanation),
            _ => format!("Recorded: {}. {}", word.as_str(), request.explanation),
        };
        let effects = self.finish(&before, broken.into_iter().collect(), at, policy);
        Ok(Accepted { changed, message, effects })
    }
}

impl Request {
    /// The decision that broke the glass, when it was broken and the decision is known.
    #[must_use]
    pub fn broke_glass(&self) -> Option<&Decision> {
        let glass = self.glass?;
        self.decisions.iter().find(|decision| decision.id == glass.decision)
    }

    /// Remembers that the glass was broken; one that waits for its review goes on waiting.
    fn breaks(&mut self, decision: Uuid, review_by: Time) -> Effect {
        let waits = self.glass.filter(|glass| glass.reviewed_at.is_none());
        let new = Glass { decision, review_by, reviewed_at: None, overdue: false };
        let glass = *self.glass.insert(waits.unwrap_or(new));
        Effect::GlassBroken(self.id, glass.review_by)
    }

    /// Somebody looks at a broken glass, whatever has become of the merge request.
    fn review(&mut self, attempt: Attempt, policy: &Policy) -> Result<Accepted, Refusal> {
        admit_review(self, &attempt)?;
        let Some(mut glass) = self.glass else {
            return Err(Refusal::new(RefusalCode::NotAllowed, "No glass was broken here."));
        };
        let at = attempt.at;
        let decision = decision(attempt, self.round);
        policy.check_review(&self.facts, &decision, self.broke_glass())?;
        let who = decision.actor.display().to_owned();
        self.decisions.push(decision);
        if glass.reviewed_at.is_some() {
            let message = "Recorded before, nothing new. The broken glass was reviewed before.";
            return Ok(Accepted { changed: false, message: message.to_owned(), effects: vec![] });
        }
        glass.reviewed_at = Some(at);
        self.glass = Some(glass);
        self.timing.due_at = self.next_due(policy);
        let message = format!("Recorded: review. The broken glass was reviewed by {who}.");
        Ok(Accepted { changed: true, message, effects: vec![Effect::GlassReviewed(self.id)] })
    }
}

pub(crate) fn decision(attempt: Attempt, round: u32) -> Decision {
    Decision {
        id: attempt.id,
        source: attempt.source,
        actor: attempt.actor,
        word: attempt.word,
        break_glass: attempt.break_glass,
        reason: attempt.reason,
        at: attempt.at,
        round,
    }
}
