//! The approval core: what a merge request's status check may answer, as values.
//!
//! A [`Gate`] stands for one merge request at one status check and holds a [`Request`] for each
//! commit. It takes sightings (what GitLab said), decisions and outcomes, changes, and returns
//! [`Effect`]s for others to carry out.
//!
//! Invariant: this crate knows no clock, no randomness, no I/O and no async. The same inputs
//! give the same result on every machine.

mod admit;
mod answer;
mod decide;
mod decision;
mod facts;
mod gate;
mod order;
mod policy;
mod replay;
mod request;
mod rights;
mod timing;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod shown_table;
#[cfg(test)]
mod table;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod timing_table;

pub use answer::{Answer, Command, CommandResult, Outcome, Reading, Shown, Status};
pub use decide::Glass;
pub use decision::{Accepted, Actor, Attempt, Decision, Refusal, RefusalCode, Word};
pub use facts::{Facts, MergeRequestState, Sha, ShaError, Sighting, Time};
pub use gate::{Effect, Gate};
pub use policy::{
    BreakGlass, Condition, ConditionError, Count, Evaluation, Finding, ForeignPassed, Freeze,
    Frozen, Pattern, PatternError, Pending, People, Person, Policy, Reasons, Requirement, Rule,
    Scope, Times, Who, Window,
};
pub use request::{Ending, Request, Standing, State, Verdict};
pub use rights::{Allowed, Grant, Projects, Right, Rights};
pub use timing::Timing;
