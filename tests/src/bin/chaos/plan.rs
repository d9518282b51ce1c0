//! From a seed to what happens when. Every choice is made here, before anything runs, so that a
//! seed replays: the same operations and faults at the same times. What the machine makes of them
//! differs from run to run.

mod draw;
mod fault;
mod operation;

use std::time::Duration;

pub(crate) use draw::Draw;
pub(crate) use fault::{BUS, BUS_DISK, DATABASE_DISK, Fault, GitLabTrouble, Kind, Shape};
pub(crate) use operation::{Operation, Word};

/// Time between two operations, on average.
const OPERATION_EVERY: Duration = Duration::from_millis(160);
/// Time between two faults, on average.
const FAULT_EVERY: Duration = Duration::from_millis(1100);
/// Time at the beginning without faults, so that there is something to disturb.
const CALM: Duration = Duration::from_secs(1);
/// Most merge requests of a run.
const MERGE_REQUESTS_MAX: usize = 400;

/// Something that is done at a time.
#[derive(Debug, Clone)]
pub(crate) struct Step<T> {
    /// Time since the beginning.
    pub(crate) at: Duration,
    /// What is done.
    pub(crate) what: T,
}

/// Everything that happens in a run.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// How many different people must approve.
    pub(crate) approvals: u32,
    /// What people and systems do, in order of time.
    pub(crate) operations: Vec<Step<Operation>>,
    /// What goes wrong, in order of time.
    pub(crate) faults: Vec<Step<Fault>>,
}

impl Plan {
    /// The plan of a seed for a run of this length, with faults of these kinds only.
    pub(crate) fn of(seed: u64, length: Duration, shape: &Shape, kinds: &[Kind]) -> Self {
        let mut draw = Draw::new(seed);
        let approvals = if draw.chance(70) { 2 } else { 1 };
        Self {
            approvals,
            operations: operations(&mut draw.split(), length),
            faults: faults(&mut draw.split(), length, shape, kinds),
        }
    }
}

fn operations(draw: &mut Draw, length: Duration) -> Vec<Step<Operation>> {
    let mut steps = Vec::new();
    let mut at = Duration::ZERO;
    let mut opened = 0;
    while at < length {
        let what = match opened {
            0..3 => Operation::Open,
            _ => Operation::draw(draw, opened < MERGE_REQUESTS_MAX),
        };
        opened += usize::from(what == Operation::Open);
        steps.push(Step { at, what });
        at += draw.between(Duration::ZERO, OPERATION_EVERY * 2);
    }
    steps
}

fn faults(draw: &mut Draw, length: Duration, shape: &Shape, kinds: &[Kind]) -> Vec<Step<Fault>> {
    let mut steps = Vec::new();
    if kinds.is_empty() {
        return steps;
    }
    let mut at = CALM;
    while at < length {
        let what = Fault::draw(draw, shape, kinds);
        steps.push(Step { at, what });
        at += draw.between(Duration::ZERO, FAULT_EVERY * 2);
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(seed: u64) -> Plan {
        let shape = Shape::of(true, true);
        Plan::of(seed, Duration::from_secs(60), &shape, &Kind::ALL)
    }

    #[test]
    fn a_seed_always_gives_the_same_plan() {
        let as_text = |seed| format!("{:?}", plan(seed));
        assert_eq!(as_text(7), as_text(7));
        assert_ne!(as_text(7), as_text(8));
    }

    #[test]
    fn a_minute_holds_some_of_everything() {
        let plan = plan(7);
        assert!(plan.operations.len() > 250, "{}", plan.operations.len());
        let kinds = |kind: Kind| plan.faults.iter().any(|it| it.what.kind() == kind);
        let missing: Vec<_> = Kind::ALL.into_iter().filter(|kind| !kinds(*kind)).collect();
        assert!(missing.len() < 3, "{missing:?}");
    }
}
