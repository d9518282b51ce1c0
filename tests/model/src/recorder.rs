//! Recorder: each message goes through the real core in one transaction, and what follows from it
//! stands in the outbox with it.

use std::sync::Arc;

use approval::{
    Actor, Attempt, CommandResult, Effect, Facts, Gate, MergeRequestState, Outcome, Policy,
    Reading, Sighting, Time,
};

use crate::{
    gitlab::{Branch, Commit, Status},
    mutant::Mutant,
    people::Said,
    system::System,
    world::{
        Accepted, Call, CommandId, Fault, Order, Report, Result, World, add, commit_of, id_of,
        request_id, sha,
    },
};

/// A tick of the model's clock is a second of the core's.
fn time(tick: u8) -> Time {
    Time(i64::from(tick) * 1_000_000)
}

impl System {
    /// A call or a look, as `services/recorder/src/apply/intake.rs` applies it;
    /// whether it is on record now.
    pub(crate) fn record_call(&self, world: &mut World, call: Call) -> bool {
        if self.is(Mutant::OneCallPerBody) {
            let body = Call { at: 0, recorded: false, ..call };
            if world.bodies.contains(&body) {
                return false;
            }
            world.bodies.push(body);
        }
        if call.recorded {
            return true;
        }
        let mut sighting = sighting(call);
        if self.is(Mutant::IgnoreRetarget) {
            sighting.facts.target_branch = Branch::Main.name().to_owned();
        }
        let gate = Arc::make_mut(&mut world.gate);
        let rounds = rounds(gate);
        let mut effects = gate.sight(&sighting, &self.policy, id_of);
        if let Some(swept) = call.swept {
            effects.extend(self.record_sweep(gate, call.commit, swept, time(call.at)));
        }
        if self.is(Mutant::OldRoundsCount) && rounds != self::rounds(gate) {
            carry_over(gate, &self.policy);
        }
        self.follow(world, effects);
        true
    }

    /// The status that a sweep saw.
    ///
    /// A sweep asks recorder for the last command before it asks GitLab, so that the core can tell
    /// whether an answer was given since.
    fn record_sweep(
        &self,
        gate: &mut Gate,
        commit: Commit,
        (status, known): (Status, CommandId),
        at: Time,
    ) -> Vec<Effect> {
        let id = request_id(commit);
        let now = gate.request(id).map_or(known, last_command);
        let command = if self.is(Mutant::StaleSweep) { now } else { known };
        let reading = Reading { command_id: command.0, shown: status.into() };
        gate.read(id, reading, at, &self.policy)
    }

    /// A decision, as `services/recorder/src/apply/decisions.rs` applies it.
    pub(crate) fn record_decision(&self, world: &mut World, said: &mut Said) {
        if said.receipts > 0 && !self.is(Mutant::ForgetDecisions) {
            return;
        }
        let gate = Arc::make_mut(&mut world.gate);
        let mut about = said.commit;
        if self.is(Mutant::AnyCommit) {
            about = gate.head().map_or(about, |head| commit_of(head.id));
        }
        if self.is(Mutant::TwoCommands) {
            gate.requests.iter_mut().for_each(|request| request.answer.outstanding = None);
        }
        let attempt = self.attempt(said, about);
        let decided = gate.decide(request_id(about), attempt, &self.policy);
        let round = gate.request(request_id(about)).map_or(0, |request| request.round);
        said.receipts += 1;
        if said.receipts > 1 {
            world.fault(Fault::TwoReceipts);
        }
        let Ok(accepted) = decided else {
            return;
        };
        let Said { who, word, commit, target, at, .. } = *said;
        add(&mut world.known.accepted, Accepted { who, word, commit, target, at, round });
        self.follow(world, accepted.effects);
    }

    fn attempt(&self, said: &Said, about: Commit) -> Attempt {
        let mut person = said.who.name().to_owned();
        if self.is(Mutant::CountDecisions) {
            person.push_str(&said.at.to_string());
        }
        Attempt {
            id: uuid::Uuid::from_u128(u128::from(said.at)),
            source: "ui".to_owned(),
            actor: Actor { id: person, name: String::new(), groups: Vec::new() },
            word: said.word,
            break_glass: false,
            signed: true,
            sha: sha(about),
            target_branch: (about == said.commit).then(|| said.target.name().to_owned()),
            reason: String::new(),
            at: time(said.at),
        }
    }

    /// An outcome or a reading, as `apply/outcomes.rs` and `apply/readings.rs` apply it.
    pub(crate) fn record_report(&self, world: &mut World, report: Report) {
        let at = time(world.now);
        let gate = Arc::make_mut(&mut world.gate);
        match report {
            Report::Read { commit, command, status } => {
                let reading = Reading { command_id: command.0, shown: status.into() };
                let effects = gate.read(request_id(commit), reading, at, &self.policy);
                self.follow(world, effects);
            }
            Report::Outcome { recorded: true, .. } => {}
            Report::Outcome { commit, command, status, result, may_have_been_applied, .. } => {
                let outcome = Outcome {
                    command_id: command.0,
                    status: status.into(),
                    result: match result {
                        Result::Delivered => CommandResult::Delivered,
                        Result::Retrying => CommandResult::Retrying,
                        Result::Obsolete => CommandResult::Obsolete,
                        Result::NotHead(head) => CommandResult::NotHead(Some(sha(head))),
                    },
                    may_have_been_applied,
                    message: String::new(),
                };
                let effects = gate.settle(request_id(commit), &outcome, at, &self.policy);
                if result == Result::Delivered && !world.known.landed.contains(&command) {
                    world.fault(Fault::UntrueDelivered);
                }
                if result != Result::Retrying {
                    world.known.open.retain(|(_, open)| *open != command);
                }
                self.follow(world, effects);
            }
        }
    }

    /// Puts what follows into the outbox, as `apply/follow.rs` does.
    fn follow(&self, world: &mut World, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Respond(id, command) => {
                    let (commit, status) = (commit_of(id), command.status.into());
                    let command = CommandId(command.id);
                    add(&mut world.known.open, (commit, command));
                    world.outbox.push(Order::Respond { commit, command, status, deliveries: 0 });
                }
                Effect::ReadBack(id, command) if !self.is(Mutant::NeverLook) => {
                    let command = CommandId(command.id);
                    world.outbox.push(Order::ReadBack { commit: commit_of(id), command });
                }
                Effect::LookUp(_) => world.outbox.push(Order::LookUp),
                Effect::ReadBack(..)
                | Effect::Resend(..)
                | Effect::Remind(_)
                | Effect::Opened(..)
                | Effect::Became(..)
                | Effect::Confirmed(..)
                | Effect::Drifted(..)
                // Whether it is broken changes no command.
                | Effect::GlassBroken(..)
                | Effect::GlassReviewed(_)
                | Effect::GlassUnreviewed(_) => {}
            }
        }
    }
}

/// The id of the newest command of a request.
pub(crate) fn last_command(request: &approval::Request) -> CommandId {
    CommandId(request.answer.last_command_id(request.id))
}

/// Whether a command is still the one that brings GitLab to the verdict, as
/// `services/recorder/src/service/convert.rs` answers it.
pub(crate) fn is_wanted(
    world: &World,
    policy: &Policy,
    commit: Commit,
    command: CommandId,
) -> bool {
    world.request(commit).is_some_and(|request| {
        let outstanding = request.answer.outstanding.filter(|it| it.id == command.0);
        outstanding.is_some_and(|command| request.wanted(policy) == Some(command.status))
    })
}

fn sighting(call: Call) -> Sighting {
    Sighting {
        sha: Some(sha(call.commit)),
        oldrev: call.oldrev.map(sha),
        state: MergeRequestState::Open,
        retry: call.retry,
        authoritative: call.asked,
        at: time(call.at),
        facts: Facts {
            gitlab: String::new(),
            pushed_by: Vec::new(),
            project_path: String::new(),
            check_name: String::new(),
            title: String::new(),
            url: String::new(),
            source_branch: String::new(),
            target_branch: call.target.name().to_owned(),
            author_id: None,
            author_name: None,
            labels: Vec::new(),
            draft: false,
            updated_at: Some(time(call.updated)),
        },
    }
}

fn rounds(gate: &Gate) -> u32 {
    gate.requests.iter().map(|request| request.round).sum()
}

/// Breaks the rule that a round begins without decisions.
fn carry_over(gate: &mut Gate, policy: &Policy) {
    for request in &mut gate.requests {
        let round = request.round;
        request.decisions.iter_mut().for_each(|decision| decision.round = round);
        let decisions: Vec<_> = request.decisions.iter().collect();
        request.verdict = policy.evaluate(&request.facts, &decisions, &request.timing).verdict;
    }
}
