//! Everything that can happen next.

use std::num::NonZeroU32;

use approval::{ForeignPassed, Pending, People, Policy, Reasons, Requirement, Rule, Times, Who};
use stateright::{Model, Property};

use crate::{
    canonical::canonical,
    gitlab::Commit,
    mutant::Mutant,
    people::Said,
    properties,
    scope::Scope,
    world::{Call, Fault, Order, Post, Report, World, take},
};

/// The protocol in one bounded world.
#[derive(Debug, Clone)]
pub struct System {
    pub(crate) scope: Scope,
    pub(crate) policy: Policy,
    /// How many people must approve.
    pub(crate) approvals: u32,
    mutant: Option<Mutant>,
}

/// How a post ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fate {
    /// GitLab took it or refused it, and the outcome was reported.
    Answered,
    /// It landed, and nobody saw the answer.
    AnswerLost,
    /// It was lost on the way there, which looks the same from here.
    NeverArrived,
    /// It was certainly not taken: no connection, too many requests, a locked row.
    NotSent,
    /// It was answered, and the bus did not take the report.
    ReportLost,
    /// The process died; the post may land later.
    Crashed,
}

/// One step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(private_interfaces, reason = "a step is to be shown, not to be made")]
pub enum Action {
    /// Somebody pushes the other commit.
    Push {
        /// Whether the call never arrives.
        lost: bool,
    },
    /// Somebody changes the target branch.
    Retarget {
        /// Whether the call never arrives.
        lost: bool,
    },
    /// Somebody presses Retry.
    Retry {
        /// Whether the call never arrives.
        lost: bool,
    },
    /// The first call never arrives.
    LoseCall(Call),
    /// GitLab makes a call again.
    RepeatCall(Call),
    /// GitLab inserts its own `pending` row.
    InsertOwnRow,
    /// GitLab fails a `pending` row.
    TimeOut(Commit),
    /// A Developer posts `passed` for the head.
    PostByHand,
    /// Somebody decides.
    Decide(Said),
    /// The post of a process that died lands.
    LandLate(Post),
    /// A command stands on the bus a second time.
    Duplicate(Order),
    /// The sweep looks at GitLab.
    Sweep,
    /// Recorder applies a call; it may die after the commit.
    RecordCall(Call, bool),
    /// Recorder applies a decision; it may die after the commit.
    RecordDecision(Said, bool),
    /// Recorder applies a report; it may die after the commit.
    RecordReport(Report, bool),
    /// Recorder publishes what it committed.
    Publish,
    /// A replica takes an order.
    Take(usize, Order),
    /// A replica's post ends.
    End(usize, Fate),
    /// A replica stands still.
    Stall(usize),
}

impl System {
    /// The protocol as it is.
    #[must_use]
    pub fn new(scope: Scope) -> Self {
        let approvals = NonZeroU32::new(scope.approvals).unwrap_or(NonZeroU32::MIN);
        let requires = Requirement::Approvals { count: approvals, from: Who::default() };
        let policy = Policy {
            break_glass: None,
            rules: vec![Rule::for_all(requires, Reasons::Never)],
            freezes: Vec::new(),
            people: People::default(),
            pending: Pending::Quiet,
            foreign_passed: ForeignPassed::Answer,
            times: Times::default(),
        };
        Self { scope, policy, approvals: approvals.get(), mutant: None }
    }

    /// The protocol with one rule broken.
    #[must_use]
    pub fn broken(scope: Scope, mutant: Mutant) -> Self {
        Self { mutant: Some(mutant), ..Self::new(scope) }
    }

    pub(crate) fn is(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    /// Makes a step, whether or not the budget has it.
    pub(crate) fn step(&self, world: &mut World, action: Action) {
        match action {
            Action::Push { .. }
            | Action::Retarget { .. }
            | Action::Retry { .. }
            | Action::LoseCall(_)
            | Action::RepeatCall(_)
            | Action::InsertOwnRow
            | Action::TimeOut(_)
            | Action::PostByHand
            | Action::Decide(_)
            | Action::Duplicate(_)
            | Action::Sweep => self.outside(world, action),
            Action::LandLate(post) => self.land_late(world, post),
            Action::RecordCall(..) | Action::RecordDecision(..) | Action::RecordReport(..) => {
                self.record(world, action);
            }
            Action::Publish => {
                let rows = std::mem::take(&mut world.outbox);
                world.orders.extend(rows);
            }
            Action::Take(replica, order) => self.take(world, replica, order),
            Action::End(replica, fate) => {
                match fate {
                    Fate::Answered => {}
                    Fate::Crashed => world.left.decision_crashes -= 1,
                    _ => world.left.losses -= 1,
                }
                self.end(world, replica, fate);
            }
            Action::Stall(replica) => {
                world.left.stalls -= 1;
                Self::stall(world, replica);
            }
        }
    }

    /// Recorder applies a message and acknowledges it, or dies in between.
    fn record(&self, world: &mut World, action: Action) {
        match action {
            Action::RecordCall(call, dies) => {
                take(&mut world.intake, &call);
                world.left.recorder_crashes -= u8::from(dies);
                if dies && self.is(Mutant::AckBeforeCommit) {
                    world.fault(Fault::NotRecorded);
                    return;
                }
                let on_record = self.record_call(world, call);
                if !on_record {
                    world.fault(Fault::NotRecorded);
                }
                if dies {
                    world.intake.push(Call { recorded: true, ..call });
                }
            }
            Action::RecordDecision(said, dies) => {
                take(&mut world.said, &said);
                world.left.recorder_crashes -= u8::from(dies);
                if dies && self.is(Mutant::AckBeforeCommit) {
                    world.fault(Fault::NoReceipt);
                    return;
                }
                if dies && self.is(Mutant::PublishBeforeCommit) {
                    let mut rolled_back = world.clone();
                    self.record_decision(&mut rolled_back, &mut { said });
                    world.orders.append(&mut rolled_back.outbox);
                    world.said.push(said);
                    return;
                }
                let mut said = said;
                self.record_decision(world, &mut said);
                if dies {
                    world.said.push(said);
                }
            }
            Action::RecordReport(report, dies) => {
                take(&mut world.reports, &report);
                self.record_report(world, report);
                if dies {
                    world.reports.push(recorded(report));
                }
                world.left.recorder_crashes -= u8::from(dies);
            }
            _ => {}
        }
    }

    /// Steps of ours, when nothing goes wrong.
    pub(crate) fn work(world: &World, actions: &mut Vec<Action>) {
        actions.extend(distinct(&world.intake).map(|call| Action::RecordCall(call, false)));
        actions.extend(distinct(&world.said).map(|said| Action::RecordDecision(said, false)));
        actions.extend(distinct(&world.reports).map(|report| Action::RecordReport(report, false)));
        if !world.outbox.is_empty() {
            actions.push(Action::Publish);
        }
        for (index, replica) in world.replicas.iter().enumerate() {
            let twin = index > 0 && world.replicas[index - 1] == *replica;
            if replica.posting.is_some() {
                actions.push(Action::End(index, Fate::Answered));
            } else if !twin {
                actions.extend(distinct(&world.orders).map(|order| Action::Take(index, order)));
            }
        }
    }

    /// What goes wrong in our processes.
    fn misfortunes(&self, world: &World, actions: &mut Vec<Action>) {
        let left = &world.left;
        let new = |report: &Report| !matches!(report, Report::Outcome { recorded: true, .. });
        if left.recorder_crashes > 0 {
            let calls = distinct(&world.intake).filter(|call| !call.recorded);
            actions.extend(calls.map(|call| Action::RecordCall(call, true)));
            let said = distinct(&world.said).filter(|said| said.receipts == 0);
            actions.extend(said.map(|said| Action::RecordDecision(said, true)));
            let reports = distinct(&world.reports).filter(new);
            actions.extend(reports.map(|report| Action::RecordReport(report, true)));
        }
        for (index, replica) in world.replicas.iter().enumerate() {
            let Some(post) = replica.posting else {
                continue;
            };
            if left.decision_crashes > 0 {
                actions.push(Action::End(index, Fate::Crashed));
            }
            if left.losses > 0 {
                let fates = [Fate::AnswerLost, Fate::NeverArrived, Fate::NotSent, Fate::ReportLost];
                actions.extend(fates.map(|fate| Action::End(index, fate)));
            }
            if left.stalls > 0 && !post.overtaken {
                actions.push(Action::Stall(index));
            }
        }
        if left.duplicates > 0 {
            let commands = distinct(&world.orders);
            let commands = commands.filter(|order| matches!(order, Order::Respond { .. }));
            actions.extend(commands.map(Action::Duplicate));
        }
        actions.extend(distinct(&world.late).map(Action::LandLate));
        if left.sweeps > 0 {
            actions.push(Action::Sweep);
        }
    }
}

fn recorded(report: Report) -> Report {
    match report {
        Report::Outcome { commit, command, status, result, may_have_been_applied, .. } => {
            let recorded = true;
            Report::Outcome { commit, command, status, result, may_have_been_applied, recorded }
        }
        read @ Report::Read { .. } => read,
    }
}

/// Each of what stands in order, once.
pub(crate) fn distinct<T: Copy + PartialEq>(items: &[T]) -> impl Iterator<Item = T> + '_ {
    let first = |(index, item): &(usize, &T)| *index == 0 || items[*index - 1] != **item;
    items.iter().enumerate().filter(first).map(|(_, item)| *item)
}

impl Model for System {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World::opened(self.scope.budget)]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        Self::work(world, actions);
        self.misfortunes(world, actions);
        Self::life(world, actions);
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let mut next = world.clone();
        self.step(&mut next, action);
        canonical(&mut next);
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}
