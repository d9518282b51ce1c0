//! One commit of a merge request at one status check.

use uuid::Uuid;

use crate::{
    Answer, Command, Decision, Evaluation, Facts, ForeignPassed, Glass, Pending, Policy, Sha,
    Shown, Status, Time, Timing,
};

/// What the decisions of the current round amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Not enough decisions yet.
    Waiting,
    /// May be merged.
    Approved,
    /// May not be merged.
    Rejected,
    /// Nobody decided in time.
    Expired,
}

impl Verdict {
    /// The word stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
        }
    }

    /// Reads the stored word; an unknown one is never read as approved.
    #[must_use]
    pub fn from_word(word: &str) -> Self {
        match word {
            "approved" => Self::Approved,
            "rejected" => Self::Rejected,
            "expired" => Self::Expired,
            _ => Self::Waiting,
        }
    }
}

/// How a merge request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ending {
    /// When it was merged.
    Merged,
    /// When it was closed without a merge.
    Closed,
}

impl Ending {
    /// The word stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Merged => "merged",
            Self::Closed => "closed",
        }
    }
}

/// Whether a request's commit is the one to decide about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Standing {
    /// When it is the head of an open merge request.
    Current,
    /// When another commit is the head.
    Superseded {
        /// That commit, when known.
        by: Option<Sha>,
    },
    /// When the merge request was merged or closed.
    Cancelled {
        /// Which of the two.
        ending: Ending,
    },
}

/// What a request is to people: its standing, and its verdict while it is current.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Current, and not decided.
    Waiting,
    /// Current and approved.
    Approved,
    /// Current and rejected.
    Rejected,
    /// Current, and nobody decided in time.
    Expired,
    /// Another commit is the head.
    Superseded,
    /// Merged or closed.
    Cancelled,
}

impl State {
    /// The word on the wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::Superseded => "superseded",
            Self::Cancelled => "cancelled",
        }
    }
}

/// One commit of a merge request at one status check.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Request {
    /// Computed from instance, project, iid, check and commit.
    pub id: Uuid,
    /// The commit.
    pub sha: Sha,
    /// The head before the push that brought this commit, when GitLab named it.
    pub oldrev: Option<Sha>,
    /// The newest facts seen together with this commit.
    pub facts: Facts,
    /// When it was first seen.
    pub opened_at: Time,
    /// When it was last seen, unless that was known to be an older look at the merge request.
    pub seen_at: Time,
    /// Whether it is the one to decide about.
    pub standing: Standing,
    /// Grows by one when decisions start afresh: on Retry after a verdict, and on retarget.
    pub round: u32,
    /// When the round began; decisions made before it do not count in it.
    pub round_began_at: Time,
    /// What the decisions of this round amounted to when they were last looked at.
    pub verdict: Verdict,
    /// Why, in one sentence.
    pub explanation: String,
    /// Every accepted decision of every round.
    pub decisions: Vec<Decision>,
    /// The conversation with GitLab.
    pub answer: Answer,
    /// What the clock did to it.
    pub timing: Timing,
    /// The glass that somebody broke last.
    pub glass: Option<Glass>,
}

impl Request {
    /// One that was first seen then: current, and nobody has decided.
    #[must_use]
    pub fn new(id: Uuid, sha: Sha, facts: Facts, at: Time) -> Self {
        Self {
            id,
            sha,
            oldrev: None,
            facts,
            opened_at: at,
            seen_at: at,
            standing: Standing::Current,
            round: 0,
            round_began_at: at,
            verdict: Verdict::Waiting,
            explanation: String::new(),
            decisions: Vec::new(),
            answer: Answer::none(),
            timing: Timing::default(),
            glass: None,
        }
    }

    /// What it is to people.
    #[must_use]
    pub fn state(&self) -> State {
        match (&self.standing, self.verdict) {
            (Standing::Superseded { .. }, _) => State::Superseded,
            (Standing::Cancelled { .. }, _) => State::Cancelled,
            (Standing::Current, Verdict::Waiting) => State::Waiting,
            (Standing::Current, Verdict::Approved) => State::Approved,
            (Standing::Current, Verdict::Rejected) => State::Rejected,
            (Standing::Current, Verdict::Expired) => State::Expired,
        }
    }

    /// The answer GitLab should show, or none where silence is right: while people decide, and
    /// for a commit that is not the head, which GitLab would refuse (409).
    ///
    /// While waiting, a `passed` that may stand is taken back.
    #[must_use]
    pub fn wanted(&self, policy: &Policy) -> Option<Status> {
        if self.standing != Standing::Current {
            return None;
        }
        match self.verdict {
            Verdict::Approved => Some(Status::Passed),
            Verdict::Rejected | Verdict::Expired => Some(Status::Failed),
            Verdict::Waiting => {
                let foreign = self.answer.shown == Shown::ForeignPassed
                    && policy.foreign_passed == ForeignPassed::Answer;
                let must_fail = foreign
                    || self.answer.shown.may_be_our_passed()
                    || policy.pending == Pending::FailFirst;
                must_fail.then_some(Status::Failed)
            }
        }
    }

    /// Whether GitLab may be told this now. `pending` is never wanted for long, but may be told
    /// while people decide.
    #[must_use]
    pub fn may_tell(&self, status: Status, policy: &Policy) -> bool {
        match status {
            Status::Passed | Status::Failed => self.wanted(policy) == Some(status),
            Status::Pending => self.beats(policy),
        }
    }

    /// Whether it is kept `pending` by heartbeats.
    pub(crate) fn beats(&self, policy: &Policy) -> bool {
        self.state() == State::Waiting
            && matches!(policy.pending, Pending::Heartbeat { .. })
            && !self.answer.shown.may_be_passed()
    }

    /// Gives the next command when GitLab should be told something.
    pub(crate) fn command(&mut self, policy: &Policy, at: Time) -> Option<Command> {
        let wanted = self.wanted(policy);
        self.answer.bring_to(self.id, wanted, at)
    }

    /// What the decisions of this round amount to, whatever time has done.
    #[must_use]
    pub fn look_at(&self, policy: &Policy) -> Evaluation {
        let counted = self.counted().collect::<Vec<_>>();
        policy.evaluate(&self.facts, &counted, &self.timing)
    }

    pub(crate) fn counted(&self) -> impl Iterator<Item = &Decision> {
        self.decisions.iter().filter(|it| it.round == self.round)
    }

    /// The verdict of this round and why, from what is known of it and nothing else.
    #[must_use]
    pub fn judged(mut self, policy: &Policy) -> (Verdict, String) {
        self.judge(policy);
        (self.verdict, self.explanation)
    }

    /// Looks at the decisions of this round again.
    pub(crate) fn judge(&mut self, policy: &Policy) {
        let evaluation = self.look_at(policy);
        let last =
            self.counted().map(|decision| decision.at).chain(self.timing.automatic_since).max();
        let times = policy.times(&self.facts);
        let deadline = times.deadline(evaluation.verdict, self.round_began_at, last);
        let over = deadline.is_some_and(|deadline| Some(deadline) <= self.timing.passed);
        let (verdict, explanation) = match over {
            true => (Verdict::Expired, expired(evaluation.verdict)),
            false => (evaluation.verdict, evaluation.explanation),
        };
        self.verdict = verdict;
        self.explanation = explanation;
        self.timing.deadline = if over { None } else { deadline };
    }

    /// Looks at the decisions of this round again, and at what its rule says by itself.
    pub(crate) fn judge_at(&mut self, at: Time, policy: &Policy) {
        self.look_for_automatic(at, policy);
        self.judge(policy);
    }

    /// Starts afresh: what was decided stays on record and no longer counts.
    pub(crate) fn begin_round(&mut self, at: Time, policy: &Policy) {
        self.round += 1;
        self.round_began_at = at;
        self.timing = Timing::default();
        self.judge_at(at, policy);
    }
}

fn expired(was: Verdict) -> String {
    match was {
        Verdict::Approved => "The approval is too old; press Retry in GitLab to ask again.",
        _ => "Nobody decided in time; press Retry in GitLab to ask again.",
    }
    .to_owned()
}
