//! What must hold in every state, and what must be reached in some.

use approval::{Shown, Standing, Verdict};
use stateright::Property;

use crate::{
    canonical::canonical,
    gitlab::Status,
    oracle,
    system::{Action, System},
    world::{Disturbance, Fault, Order, Report, Result, World, command_id, request_id},
};

/// Most steps that undisturbed work takes from a state in which nothing was left to do.
const STEPS_MAX: usize = 60;

/// Names of the invariants; the numbers are those of `ARCHITECTURE.md`.
pub const PROMISES: [&str; 10] = [
    "I1 a call answered 2xx is recorded once",
    "I2 every passed of ours was posted while the policy was satisfied",
    "I3 once quiet and undisturbed, GitLab shows the verdict",
    "I3 once quiet, one sweep later GitLab shows the verdict",
    "I4 a decision counts once, and only for its commit and target branch",
    "I5 every decision attempt has one receipt",
    "I7 one command is outstanding for a request",
    "I7 one post is in flight for a request, unless a process died",
    "I8 what is reported as delivered was stored",
    "I8 what is on the bus was committed",
];

/// Names of what must be reachable, so that the invariants say something.
pub const REACHED: [&str; 6] = [
    "GitLab shows a passed of ours",
    "GitLab refuses an answer: another commit is the head",
    "a passed is taken back",
    "a late post lands after its command was settled",
    "GitLab is found to show something else",
    "a passed stands that nobody decided",
];

type Condition = fn(&System, &World) -> bool;

pub(crate) fn all() -> Vec<Property<System>> {
    let promises: [Condition; 10] = [
        |_, world| !has(world, &[Fault::AppliedTwice, Fault::NotRecorded]),
        |_, world| !has(world, &[Fault::UnlawfulPassed]),
        |system, world| {
            let undisturbed = world.known.disturbances.is_empty();
            !(world.is_quiet() && undisturbed) || agrees(system, world)
        },
        |system, world| !world.is_quiet() || agrees_after_a_sweep(system, world),
        counts_once,
        |_, world| !has(world, &[Fault::TwoReceipts, Fault::NoReceipt]),
        |_, world| world.known.open.windows(2).all(|two| two[0].0 != two[1].0),
        one_post,
        |_, world| !has(world, &[Fault::UntrueDelivered]),
        |_, world| world.orders.iter().all(|order| is_on_record(world, *order)),
    ];
    let reached: [Condition; 6] = [
        |_, world| {
            let head = world.gitlab.head;
            let ours = !world.known.disturbances.contains(&Disturbance::Rogue);
            ours && world.gitlab.status(head) == Status::Passed
        },
        |_, world| outcome(world, |_, result| matches!(result, Result::NotHead(_))),
        |_, world| {
            outcome(world, |status, result| (status, result) == (Status::Failed, Result::Delivered))
                && world.gate.requests.iter().any(|it| it.answer.shown == Shown::Passed)
        },
        |_, world| world.known.disturbances.contains(&Disturbance::LatePost),
        |_, world| {
            world.reports.iter().any(|report| match report {
                Report::Read { commit, status, .. } => world.request(*commit).is_some_and(|it| {
                    it.answer.shown == Shown::Passed && *status != Status::Passed
                        || it.answer.shown == Shown::Failed && *status != Status::Failed
                }),
                Report::Outcome { .. } => false,
            })
        },
        |system, world| {
            let head = world.gitlab.head;
            world.gitlab.status(head) == Status::Passed && !system.is_satisfied(world, head)
        },
    ];
    let promises = PROMISES.into_iter().zip(promises);
    let reached = REACHED.into_iter().zip(reached);
    promises
        .map(|(name, condition)| Property::always(name, condition))
        .chain(reached.map(|(name, condition)| Property::sometimes(name, condition)))
        .collect()
}

fn has(world: &World, faults: &[Fault]) -> bool {
    world.known.faults.iter().any(|fault| faults.contains(fault))
}

fn outcome(world: &World, is: impl Fn(Status, Result) -> bool) -> bool {
    world.reports.iter().any(|report| match report {
        Report::Outcome { status, result, .. } => is(*status, *result),
        Report::Read { .. } => false,
    })
}

/// No decision stands twice in the core's memory, and none makes a verdict that it was not about.
fn counts_once(system: &System, world: &World) -> bool {
    world.gate.requests.iter().all(|request| {
        let commit = crate::world::commit_of(request.id);
        let ids = request.decisions.iter().map(|decision| decision.id);
        let once = ids.collect::<std::collections::BTreeSet<_>>().len() == request.decisions.len();
        once && (request.verdict != Verdict::Approved || system.is_satisfied(world, commit))
    })
}

/// Whether a command on the bus is one that recorder gave and committed.
fn is_on_record(world: &World, order: Order) -> bool {
    let Order::Respond { commit, command, .. } = order else {
        return true;
    };
    world.request(commit).is_some_and(|request| {
        (1..=request.answer.commands).any(|count| command_id(request.id, count) == command)
    })
}

/// What a process that died has left behind is not counted: nobody can call it back.
fn one_post(_: &System, world: &World) -> bool {
    let posting = world.replicas.each_ref().map(|it| it.posting.map(|post| post.commit));
    posting[0].is_none() || posting[0] != posting[1]
}

/// Whether recorder knows the head and GitLab shows its verdict, which is what people decided about
/// exactly that commit and target branch.
fn agrees(system: &System, world: &World) -> bool {
    let gitlab = &world.gitlab;
    let Some(request) = world.gate.request(request_id(gitlab.head)) else {
        return false;
    };
    let current = world.gate.requests.iter().filter(|it| it.standing == Standing::Current).count();
    let status = gitlab.status(gitlab.head);
    let approvals = system.approvals;
    request.standing == Standing::Current
        && current == 1
        && request.facts.target_branch == gitlab.target.name()
        && request.answer.outstanding.is_none()
        && match request.verdict {
            Verdict::Approved => {
                status == Status::Passed
                    && oracle::satisfied(world, gitlab.head, gitlab.target, approvals)
            }
            Verdict::Rejected | Verdict::Expired => status == Status::Failed,
            Verdict::Waiting => status != Status::Passed,
        }
}

/// Lets the sweep look once from a state in which nothing is left to do, and everybody finish.
fn agrees_after_a_sweep(system: &System, world: &World) -> bool {
    if agrees(system, world) {
        return true;
    }
    let mut world = world.clone();
    system.sweep(&mut world);
    let mut actions = Vec::new();
    for _ in 0..STEPS_MAX {
        canonical(&mut world);
        System::work(&world, &mut actions);
        let Some(action) = actions.drain(..).next() else {
            return agrees(system, &world);
        };
        let action: Action = action;
        system.step(&mut world, action);
    }
    false
}
