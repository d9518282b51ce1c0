//! Base values for tests: change one thing at a time.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

use std::num::NonZeroU32;

use uuid::Uuid;

use crate::{
    Actor, Attempt, Command, CommandResult, Decision, Effect, Facts, ForeignPassed, Freeze, Gate,
    MergeRequestState, Outcome, Pending, People, Policy, Reading, Reasons, Requirement, Rule,
    Scope, Sha, Sighting, Status, Time, Times, Who, Window, Word,
};

/// So many approvals of these groups; of anybody, when none is named.
pub(crate) fn approvals(count: u32, groups: &[&str]) -> Requirement {
    let groups = groups.iter().map(|it| (*it).to_owned()).collect();
    let count = NonZeroU32::new(count).unwrap();
    Requirement::Approvals { count, from: Who { groups, ..Who::default() } }
}

pub(crate) fn policy(count: u32) -> Policy {
    Policy {
        rules: vec![Rule::for_all(approvals(count, &[]), Reasons::Never)],
        freezes: Vec::new(),
        break_glass: None,
        people: People::default(),
        pending: Pending::Quiet,
        foreign_passed: ForeignPassed::Answer,
        times: Times::default(),
    }
}

/// A commit named by one hexadecimal digit.
pub(crate) fn sha(digit: char) -> Sha {
    Sha::parse(&digit.to_string().repeat(40)).unwrap()
}

pub(crate) fn id_of(sha: &Sha) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, sha.as_str().as_bytes())
}

pub(crate) fn seconds(seconds: i64) -> Time {
    Time(seconds * 1_000_000)
}

/// An open merge request into `main` whose head is `digit`, seen when GitLab's clock said `at`.
pub(crate) fn sighting(digit: char, at: i64) -> Sighting {
    Sighting {
        sha: Some(sha(digit)),
        oldrev: None,
        state: MergeRequestState::Open,
        retry: false,
        authoritative: false,
        at: seconds(at),
        facts: Facts {
            gitlab: "main".into(),
            project_path: "shop/backend".into(),
            check_name: "Change approval".into(),
            title: "Faster checkout".into(),
            url: "https://gitlab.example/shop/backend/-/merge_requests/4".into(),
            source_branch: "faster".into(),
            target_branch: "main".into(),
            author_id: Some(7),
            author_name: None,
            pushed_by: Vec::new(),
            labels: Vec::new(),
            draft: false,
            updated_at: Some(seconds(at)),
        },
    }
}

pub(crate) fn actor(id: &str) -> Actor {
    Actor { id: id.into(), name: String::new(), groups: Vec::new() }
}

pub(crate) fn attempt(who: &str, word: Word, digit: char, at: i64) -> Attempt {
    Attempt {
        id: Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{who}{word:?}{digit}{at}").as_bytes()),
        source: "ui".into(),
        actor: actor(who),
        word,
        break_glass: false,
        signed: false,
        sha: sha(digit),
        target_branch: None,
        reason: String::new(),
        at: seconds(at),
    }
}

pub(crate) fn decision(who: &str, word: Word, at: i64) -> Decision {
    let attempt = attempt(who, word, 'a', at);
    Decision {
        id: attempt.id,
        source: attempt.source,
        actor: attempt.actor,
        word,
        break_glass: false,
        reason: String::new(),
        at: attempt.at,
        round: 0,
    }
}

pub(crate) fn outcome(command: Command, result: CommandResult) -> Outcome {
    Outcome {
        command_id: command.id,
        status: command.status,
        result,
        may_have_been_applied: false,
        message: "said so".into(),
    }
}

/// A freeze from one second to another.
pub(crate) fn freeze(from: i64, until: i64) -> Freeze {
    let zone = jiff::tz::TimeZone::UTC;
    let at =
        |second| jiff::Timestamp::from_second(second).unwrap().to_zoned(zone.clone()).datetime();
    let window = Window::Once { from: at(from), until: at(until) };
    Freeze { name: "Night".to_owned(), scope: Scope::default(), time_zone: zone.clone(), window }
}

/// A gate told by actors, so that a test reads as a story.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    pub(crate) gate: Gate,
    pub(crate) policy: Policy,
}

impl Default for Scene {
    fn default() -> Self {
        Self { gate: Gate::default(), policy: policy(1) }
    }
}

impl Scene {
    pub(crate) fn sees(&mut self, sighting: &Sighting) -> Vec<Effect> {
        self.gate.sight(sighting, &self.policy, id_of)
    }

    /// Decides and returns the receipt's sentence, accepted or not.
    pub(crate) fn says(&mut self, who: &str, word: Word, digit: char, at: i64) -> String {
        let attempt = attempt(who, word, digit, at);
        match self.gate.decide(id_of(&sha(digit)), attempt, &self.policy) {
            Ok(accepted) => accepted.message,
            Err(refusal) => format!("{}: {}", refusal.code.as_str(), refusal.message),
        }
    }

    /// The command on its way for a commit.
    pub(crate) fn command(&self, digit: char) -> Command {
        self.outstanding(digit).unwrap()
    }

    pub(crate) fn outstanding(&self, digit: char) -> Option<Command> {
        self.gate.request(id_of(&sha(digit))).unwrap().answer.outstanding
    }

    pub(crate) fn ends(&mut self, digit: char, result: CommandResult) -> Vec<Effect> {
        let outcome = outcome(self.command(digit), result);
        self.hears(digit, &outcome)
    }

    /// What became of a command is heard of at the first second.
    pub(crate) fn hears(&mut self, digit: char, outcome: &Outcome) -> Vec<Effect> {
        self.gate.settle(id_of(&sha(digit)), outcome, seconds(1), &self.policy)
    }

    /// GitLab is asked what it shows after the last answer.
    pub(crate) fn reads(&mut self, digit: char, shown: Status) -> Vec<Effect> {
        let id = id_of(&sha(digit));
        let Some(request) = self.gate.request(id) else { return Vec::new() };
        let command_id = request.answer.last_command_id(id);
        self.reads_after(digit, Reading { command_id, shown })
    }

    pub(crate) fn reads_after(&mut self, digit: char, reading: Reading) -> Vec<Effect> {
        self.gate.read(id_of(&sha(digit)), reading, seconds(1), &self.policy)
    }

    /// The clock says so many seconds.
    pub(crate) fn is(&mut self, at: i64) -> Vec<Effect> {
        self.gate.tick(seconds(at), &self.policy)
    }

    /// Another policy is in force.
    pub(crate) fn is_judged_anew(&mut self, at: i64) -> Vec<Effect> {
        self.gate.judge_anew(seconds(at), &self.policy)
    }

    pub(crate) fn state(&self, digit: char) -> &'static str {
        self.gate.request(id_of(&sha(digit))).unwrap().state().as_str()
    }

    pub(crate) fn shown(&self, digit: char) -> &'static str {
        self.gate.request(id_of(&sha(digit))).unwrap().answer.shown.as_str()
    }
}
