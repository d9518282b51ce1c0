//! One merge request at one status check, with a request for each of its commits.

use uuid::Uuid;

use crate::{
    Command, CommandResult, Ending, Facts, MergeRequestState, Outcome, Policy, Reading, Request,
    Sha, Shown, Sighting, Standing, State, Status, Time, Verdict, order::Age,
};

/// What others must do after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// A request came into being in this state.
    Opened(Uuid, State),
    /// A request went from one state to another.
    Became(Uuid, State, State),
    /// GitLab must be told.
    Respond(Uuid, Command),
    /// Decision must be given this command once more: nothing was heard of it.
    Resend(Uuid, Command),
    /// People must be reminded that a request waits.
    Remind(Uuid),
    /// GitLab must be asked after a while whether it still shows this answer.
    ReadBack(Uuid, Command),
    /// GitLab shows what we answered.
    Confirmed(Uuid, Shown),
    /// GitLab shows something else than we believed: the second instead of the first.
    Drifted(Uuid, Shown, Shown),
    /// Somebody broke the glass; it must be reviewed until then.
    GlassBroken(Uuid, Time),
    /// Somebody else has looked at a broken glass.
    GlassReviewed(Uuid),
    /// Nobody has looked at a broken glass in time.
    GlassUnreviewed(Uuid),
    /// GitLab must be asked, for this reason: what was seen does not say enough.
    LookUp(String),
}

impl Effect {
    /// The request it is about; a look-up is about the merge request.
    #[must_use]
    pub fn about(&self) -> Option<Uuid> {
        match self {
            Self::Opened(id, _)
            | Self::Became(id, ..)
            | Self::Respond(id, _)
            | Self::Resend(id, _)
            | Self::Remind(id)
            | Self::ReadBack(id, _)
            | Self::Confirmed(id, _)
            | Self::Drifted(id, ..)
            | Self::GlassBroken(id, _)
            | Self::GlassReviewed(id)
            | Self::GlassUnreviewed(id) => Some(*id),
            Self::LookUp(_) => None,
        }
    }
}

/// One merge request at one status check.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Gate {
    /// A request for each commit ever seen, in no particular order.
    pub requests: Vec<Request>,
}

impl Gate {
    /// Takes in what GitLab said. `id_of` computes the id of the request for a commit.
    pub fn sight(
        &mut self,
        sighting: &Sighting,
        policy: &Policy,
        id_of: impl Fn(&Sha) -> Uuid,
    ) -> Vec<Effect> {
        let before = self.states();
        let mut effects = Vec::new();
        match &sighting.sha {
            None => effects.extend(self.sight_without_commit(sighting)),
            Some(sha) => {
                let age = self.age(sighting, sha);
                let known = self.requests.iter().position(|request| request.sha == *sha);
                match known {
                    None => self.open(id_of(sha), sha, sighting, age, policy),
                    Some(index) => self.sight_again(index, sighting, age, policy),
                }
                effects.extend(self.doubt(sighting, sha, age));
            }
        }
        self.finish(&before, effects, sighting.at, policy)
    }

    /// Takes in what became of a command.
    pub fn settle(
        &mut self,
        request_id: Uuid,
        outcome: &Outcome,
        at: Time,
        policy: &Policy,
    ) -> Vec<Effect> {
        let before = self.states();
        let Some(index) = self.position(request_id) else {
            return Vec::new();
        };
        let request = &mut self.requests[index];
        let settled = request.answer.outstanding.filter(|it| it.id == outcome.command_id);
        request.answer.settle(outcome, at);
        let effects = match &outcome.result {
            CommandResult::NotHead(head) => self.not_the_head(index, head.clone()),
            // Asking again at once would only be refused again; the next event tries.
            CommandResult::GivenUp => {
                request.timing.due_at = request.next_due(policy);
                return Vec::new();
            }
            // GitLab ends a `pending` by itself: there is nothing to compare.
            CommandResult::Delivered if outcome.status != Status::Pending => {
                settled.map(|command| Effect::ReadBack(request_id, command)).into_iter().collect()
            }
            _ => Vec::new(),
        };
        self.finish(&before, effects, at, policy)
    }

    /// Takes in what GitLab shows, and repairs a difference.
    pub fn read(
        &mut self,
        request_id: Uuid,
        reading: Reading,
        at: Time,
        policy: &Policy,
    ) -> Vec<Effect> {
        let before = self.states();
        let Some(index) = self.position(request_id) else {
            return Vec::new();
        };
        let request = &mut self.requests[index];
        let Some(believed) = request.answer.read(request_id, reading) else {
            return Vec::new();
        };
        let shown = request.answer.shown;
        let effect = match (believed == shown || believed == Shown::Unsure, shown) {
            (true, Shown::Passed | Shown::Failed) => Some(Effect::Confirmed(request_id, shown)),
            (true, _) => None,
            (false, _) => Some(Effect::Drifted(request_id, believed, shown)),
        };
        self.finish(&before, effect.into_iter().collect(), at, policy)
    }

    /// Counts all decisions anew: the policy is another one than before.
    pub fn judge_anew(&mut self, at: Time, policy: &Policy) -> Vec<Effect> {
        let before = self.states();
        for request in &mut self.requests {
            request.judge_at(at, policy);
        }
        self.finish(&before, Vec::new(), at, policy)
    }

    /// The commit that is the head as far as we know.
    #[must_use]
    pub fn head(&self) -> Option<&Request> {
        let newest = |request: &&Request| request.facts.updated_at;
        let standing =
            self.requests.iter().filter(|it| !matches!(it.standing, Standing::Superseded { .. }));
        standing.max_by_key(newest).or_else(|| self.requests.iter().max_by_key(newest))
    }

    /// The request with this id.
    #[must_use]
    pub fn request(&self, id: Uuid) -> Option<&Request> {
        self.requests.iter().find(|request| request.id == id)
    }

    pub(crate) fn position(&self, id: Uuid) -> Option<usize> {
        self.requests.iter().position(|request| request.id == id)
    }

    pub(crate) fn states(&self) -> Vec<(Uuid, State)> {
        self.requests.iter().map(|request| (request.id, request.state())).collect()
    }

    fn open(&mut self, id: Uuid, sha: &Sha, sighting: &Sighting, age: Age, policy: &Policy) {
        let standing = match age {
            Age::Older => Standing::Superseded { by: self.head().map(|head| head.sha.clone()) },
            Age::Newer | Age::Same | Age::Unclear => standing_of(sighting.state),
        };
        if age == Age::Newer {
            self.supersede_others(sha);
        }
        let mut facts = sighting.facts.clone();
        self.inherit(&mut facts);
        let oldrev = sighting.oldrev.clone();
        let new = Request::new(id, sha.clone(), facts, sighting.at);
        let mut request = Request { oldrev, standing, ..new };
        request.judge_at(sighting.at, policy);
        self.requests.push(request);
    }

    fn sight_again(&mut self, index: usize, sighting: &Sighting, age: Age, policy: &Policy) {
        if age == Age::Newer {
            let sha = self.requests[index].sha.clone();
            self.supersede_others(&sha);
            self.requests[index].standing = standing_of(sighting.state);
        }
        let mut facts = sighting.facts.clone();
        self.inherit(&mut facts);
        let request = &mut self.requests[index];
        if age != Age::Older {
            request.seen_at = request.seen_at.max(sighting.at);
        }
        let superseded = matches!(request.standing, Standing::Superseded { .. });
        if age == Age::Same || (age == Age::Unclear && !superseded) {
            // Only ever towards the end: a reopening within the same second is looked up.
            if sighting.state != MergeRequestState::Open {
                request.standing = standing_of(sighting.state);
            }
        }
        if age != Age::Older && !(superseded && age == Age::Unclear) {
            let retargeted = request.facts.target_branch != facts.target_branch;
            request.oldrev = sighting.oldrev.clone().or(request.oldrev.take());
            request.facts = facts;
            if retargeted {
                request.begin_round(sighting.at, policy);
            } else {
                // With other labels, or when somebody else has pushed, other people must approve.
                request.judge_at(sighting.at, policy);
            }
        }
        if sighting.retry && request.standing == Standing::Current {
            retry(request, sighting.at, policy);
        }
    }

    /// GitLab knows no commit: only an ending can be taken from that.
    fn sight_without_commit(&mut self, sighting: &Sighting) -> Option<Effect> {
        let newest = self.head().and_then(|head| head.facts.updated_at);
        let older = matches!((sighting.facts.updated_at, newest), (Some(a), Some(b)) if a < b);
        if sighting.state != MergeRequestState::Open && !older {
            for request in &mut self.requests {
                if request.standing == Standing::Current {
                    request.standing = standing_of(sighting.state);
                }
            }
        }
        let ask = !sighting.authoritative && sighting.state == MergeRequestState::Open;
        ask.then(|| Effect::LookUp("The call named no commit.".to_owned()))
    }

    /// GitLab refused an answer because another commit is the head.
    fn not_the_head(&mut self, index: usize, head: Option<Sha>) -> Vec<Effect> {
        let request = &mut self.requests[index];
        if request.standing == Standing::Current {
            request.standing = Standing::Superseded { by: head };
        }
        vec![Effect::LookUp("GitLab refused an answer: another commit is the head.".to_owned())]
    }

    /// What is superseded already stays as it is: it was overtaken by the commit it names.
    fn supersede_others(&mut self, sha: &Sha) {
        for request in self.requests.iter_mut().filter(|request| request.sha != *sha) {
            if !matches!(request.standing, Standing::Superseded { .. }) {
                request.standing = Standing::Superseded { by: Some(sha.clone()) };
            }
        }
    }

    /// A call names its author only when the author caused it, and of those who pushed only one; what
    /// we knew before stays true.
    fn inherit(&self, facts: &mut Facts) {
        let before = self.requests.iter().flat_map(|request| &request.facts.pushed_by);
        facts.pushed_by.extend(before);
        facts.pushed_by.sort_unstable();
        facts.pushed_by.dedup();
        if facts.author_name.is_none() {
            let known = self
                .requests
                .iter()
                .find(|it| it.facts.author_id == facts.author_id && it.facts.author_name.is_some());
            facts.author_name = known.and_then(|request| request.facts.author_name.clone());
        }
    }

    /// Adds what every change may bring: new states, and the next commands.
    pub(crate) fn finish(
        &mut self,
        before: &[(Uuid, State)],
        mut effects: Vec<Effect>,
        at: Time,
        policy: &Policy,
    ) -> Vec<Effect> {
        for request in &mut self.requests {
            let now = request.state();
            match before.iter().find(|(id, _)| *id == request.id) {
                None => effects.push(Effect::Opened(request.id, now)),
                Some((_, was)) if *was != now => {
                    effects.push(Effect::Became(request.id, *was, now));
                }
                Some(_) => {}
            }
            let command = request.command(policy, at);
            effects.extend(command.map(|command| Effect::Respond(request.id, command)));
            request.timing.due_at = request.next_due(policy);
        }
        effects
    }
}

fn standing_of(state: MergeRequestState) -> Standing {
    match state {
        MergeRequestState::Open => Standing::Current,
        MergeRequestState::Closed => Standing::Cancelled { ending: Ending::Closed },
        MergeRequestState::Merged => Standing::Cancelled { ending: Ending::Merged },
    }
}

/// Retry was pressed, which GitLab allows only while it shows `failed`; but the call may be late
/// or replayed, so a `passed` that may stand is not forgotten for it.
fn retry(request: &mut Request, at: Time, policy: &Policy) {
    let may_be_passed = request.answer.shown.may_be_passed();
    request.answer.shown = if may_be_passed { Shown::Unsure } else { Shown::Pending };
    request.answer.outdate_readings();
    if matches!(request.verdict, Verdict::Rejected | Verdict::Expired) {
        request.begin_round(at, policy);
    }
}
