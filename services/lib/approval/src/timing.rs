//! What time does to a request: reminders, expiry, heartbeats, and commands that were lost.

use uuid::Uuid;

use crate::{
    Command, Effect, Gate, Pending, Policy, Request, State, Status, Time, Times, Verdict, Word,
};

/// What the clock did to the current round of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Timing {
    /// When the verdict expires, unless somebody decides.
    pub deadline: Option<Time>,
    /// The latest deadline that is known to have passed.
    pub passed: Option<Time>,
    /// When the latest freeze began that is known to have begun in this round.
    pub frozen_at: Option<Time>,
    /// Since when its rule approves it by itself: since it was first seen to, outside a freeze.
    pub automatic_since: Option<Time>,
    /// Reminders that were sent.
    pub reminders: u32,
    /// When GitLab was last told `pending`.
    pub beat_at: Option<Time>,
    /// When [`Gate::tick`] must be called although nothing happens.
    pub due_at: Option<Time>,
}

/// Nothing expires and nobody is reminded; a command that is not heard of is given again after a
/// quarter of an hour.
impl Default for Times {
    fn default() -> Self {
        Self {
            decide_within: None,
            approval_lasts: None,
            remind_after: Vec::new(),
            resend_after: 15 * 60 * 1_000_000,
        }
    }
}

impl Times {
    /// When a verdict expires: decisions that complete it move that, time alone never does.
    pub(crate) fn deadline(
        &self,
        verdict: Verdict,
        round_began_at: Time,
        last_decision: Option<Time>,
    ) -> Option<Time> {
        match verdict {
            Verdict::Waiting => Some(later(round_began_at, self.decide_within?)),
            Verdict::Approved => Some(later(last_decision?, self.approval_lasts?)),
            Verdict::Rejected | Verdict::Expired => None,
        }
    }
}

impl Timing {
    /// Whether what the rule approves by itself counts: not from before a freeze.
    pub(crate) fn automatic_counts(&self) -> bool {
        self.automatic_since.is_some() && self.automatic_since >= self.frozen_at
    }
}

impl Request {
    /// Takes note of whether its rule approves it by itself. A freeze that is on takes nothing away here:
    /// [`Gate::tick`] does.
    pub(crate) fn look_for_automatic(&mut self, at: Time, policy: &Policy) {
        let approves =
            policy.rule(&self.facts).is_some_and(|it| it.approves_by_itself(&self.facts));
        let frozen = policy.frozen(&self.facts, at).is_some();
        self.timing.automatic_since = match approves {
            false => None,
            true if frozen || self.timing.automatic_counts() => self.timing.automatic_since,
            true => Some(at),
        };
    }

    pub(crate) fn next_due(&self, policy: &Policy) -> Option<Time> {
        let current = !matches!(self.state(), State::Superseded | State::Cancelled);
        let deadline = self.timing.deadline.filter(|_| current);
        let resend =
            self.answer.outstanding.map(|_| later(self.answer.heard_at, policy.times.resend_after));
        let freeze = self.next_freeze(policy).filter(|_| current);
        let review = self.review_due();
        [deadline, freeze, self.next_reminder(policy), self.next_beat(policy), resend, review]
            .into_iter()
            .flatten()
            .min()
    }

    /// When the next freeze takes approvals away: none was made in one, so it is the first after the last
    /// of them. What has expired has none to lose.
    fn next_freeze(&self, policy: &Policy) -> Option<Time> {
        if self.verdict == Verdict::Expired {
            return None;
        }
        let approvals = self.counted().filter(|decision| decision.word == Word::Approve);
        let counted = approvals.map(|it| it.at).chain(self.timing.automatic_since);
        let counted = counted.filter(|at| Some(*at) >= self.timing.frozen_at);
        policy.next_freeze(&self.facts, counted.max()?)
    }

    /// Until when a broken glass must be reviewed, while that was not said to be over.
    fn review_due(&self) -> Option<Time> {
        let waits = self.glass.filter(|glass| glass.reviewed_at.is_none() && !glass.overdue);
        waits.map(|glass| glass.review_by)
    }

    fn miss_review(&mut self, now: Time) -> Option<Effect> {
        self.review_due().filter(|due| *due <= now)?;
        self.glass.as_mut()?.overdue = true;
        Some(Effect::GlassUnreviewed(self.id))
    }

    fn next_reminder(&self, policy: &Policy) -> Option<Time> {
        let sent = usize::try_from(self.timing.reminders).unwrap_or(usize::MAX);
        let after = policy.times.remind_after.get(sent)?;
        (self.state() == State::Waiting).then(|| later(self.round_began_at, *after))
    }

    fn next_beat(&self, policy: &Policy) -> Option<Time> {
        let Pending::Heartbeat { every, lasts } = policy.pending else { return None };
        let next = later(self.timing.beat_at.unwrap_or(self.round_began_at), every);
        let ends = later(self.round_began_at, lasts);
        (self.beats(policy) && self.answer.outstanding.is_none() && next <= ends).then_some(next)
    }

    /// All reminders that are due count as sent: after a long standstill people are reminded once.
    fn remind(&mut self, now: Time, policy: &Policy) -> Option<Effect> {
        let before = self.timing.reminders;
        while self.next_reminder(policy).is_some_and(|due| due <= now) {
            self.timing.reminders += 1;
        }
        (self.timing.reminders > before).then_some(Effect::Remind(self.id))
    }

    fn beat(&mut self, now: Time, policy: &Policy) -> Option<Effect> {
        self.next_beat(policy).filter(|due| *due <= now)?;
        self.timing.beat_at = Some(now);
        let command = self.answer.command(self.id, Status::Pending, now);
        command.map(|command| Effect::Respond(self.id, command))
    }

    fn resend(&mut self, now: Time, policy: &Policy) -> Option<(Uuid, Command)> {
        let due = later(self.answer.heard_at, policy.times.resend_after);
        let command = self.answer.outstanding.as_mut().filter(|_| due <= now)?;
        // Whoever had it may have posted it, and been cut off before saying so.
        command.may_have_been_applied = true;
        self.answer.heard_at = now;
        Some((self.id, *command))
    }
}

impl Gate {
    /// Takes in that it is `now`: what was due is done. Ticks that are late, early or repeated do
    /// no harm.
    pub fn tick(&mut self, now: Time, policy: &Policy) -> Vec<Effect> {
        let before = self.states();
        let mut effects = Vec::new();
        for request in &mut self.requests {
            let freeze = request.next_freeze(policy).filter(|began| *began <= now);
            let deadline = request.timing.deadline.filter(|deadline| *deadline <= now);
            // In their order, however late it is looked: what expired before a freeze stays expired.
            let first = deadline.is_none_or(|deadline| freeze <= Some(deadline));
            if freeze.is_some() && first && request.standing == crate::Standing::Current {
                request.timing.frozen_at = freeze;
                request.judge(policy);
            }
            let deadline = request.timing.deadline.filter(|deadline| *deadline <= now);
            if deadline.is_some() && request.standing == crate::Standing::Current {
                request.timing.passed = request.timing.passed.max(deadline);
                request.judge(policy);
            }
            effects.extend(request.miss_review(now));
            effects.extend(request.remind(now, policy));
            effects.extend(request.beat(now, policy));
            let resent = request.resend(now, policy);
            effects.extend(resent.map(|(id, command)| Effect::Resend(id, command)));
        }
        self.finish(&before, effects, now, policy)
    }
}

fn later(time: Time, by: i64) -> Time {
    Time(time.0.saturating_add(by))
}
