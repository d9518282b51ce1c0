//! The approval protocol as a state machine, checked state by state.
//!
//! Recorder's transitions are the code that ships: [`approval::Gate`] takes each call, decision,
//! outcome and reading. Around it stands a model of everything that may go wrong: streams that
//! reorder and redeliver, processes that die between any two steps, posts that land late, answers
//! that are lost, calls that never arrive, and a Developer who posts `passed` by hand.
//!
//! What is promised, and checked in every reachable state (`properties.rs`):
//!
//! - A `passed` of ours in GitLab was posted with leave, and the leave was given by recorder at an
//!   instant at which accepted decisions on exactly that commit and the target branch that recorder
//!   knew of satisfied the policy. A verdict that changes between the leave and the landing cannot
//!   call the post back; it is followed by a `failed` as soon as the outcome is known.
//! - Once nothing is under way, GitLab shows the verdict; and if others wrote to GitLab, a call was
//!   lost, or a post landed after its command was settled, then one sweep later it does.
//!
//! `stateright`'s `eventually` forgets what it waits for when paths join. So "eventually" is said
//! here as "in every state in which nothing of ours is left to do", which is an invariant.
//!
//! A proof is worth what it can refute: each [`Mutant`] breaks one rule of the protocol, and a test
//! asserts that the checker finds what comes of it.

mod canonical;
mod check;
mod decision;
mod gitlab;
mod mutant;
mod oracle;
mod outside;
mod people;
mod properties;
mod recorder;
mod scope;
mod system;
mod world;

pub use check::{Checked, check, refute};
pub use mutant::Mutant;
pub use properties::{PROMISES, REACHED};
pub use scope::{Budget, Scope};
pub use system::{Action, Fate, System};
pub use world::World;
