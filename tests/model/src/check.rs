//! Visits every reachable state of a scope.

use std::collections::BTreeSet;

use stateright::{Checker, HasDiscoveries, Model};

use crate::{properties::PROMISES, system::System};

/// Threads that check; more than two only heat a small machine.
const THREADS: usize = 2;

/// What a check found.
#[derive(Debug)]
pub struct Checked {
    /// How many different states were visited.
    pub states: usize,
    /// Length of the longest path, in steps.
    pub depth: usize,
    /// Which of [`crate::REACHED`] were.
    pub reached: BTreeSet<&'static str>,
    /// The first broken promise with the shortest way there, one step a line.
    pub broken: Option<String>,
}

/// Checks every reachable state.
#[must_use]
pub fn check(system: &System) -> Checked {
    // Depth first needs the least memory; a name that is no property never ends the search.
    let everything = HasDiscoveries::AllOf(BTreeSet::from(["everything"]));
    let checker = system.clone().checker().threads(THREADS);
    let checker = checker.finish_when(everything).spawn_dfs().join();
    let (states, depth) = (checker.unique_state_count(), checker.max_depth());
    let found: BTreeSet<&str> = checker.discoveries().into_keys().collect();
    let broken = found.iter().find(|name| PROMISES.contains(name));
    let broken = broken.and_then(|name| refute(system, name));
    let reached = found.into_iter().filter(|name| !PROMISES.contains(name)).collect();
    Checked { states, depth, reached, broken }
}

/// Looks for a state that breaks this promise; the shortest way there, one step a line.
#[must_use]
pub fn refute(system: &System, promise: &'static str) -> Option<String> {
    let broken = HasDiscoveries::AllOf(BTreeSet::from([promise]));
    let checker = system.clone().checker().threads(THREADS).finish_when(broken).spawn_bfs().join();
    let path = checker.discovery(promise)?;
    let steps = path.into_actions().into_iter().map(|step| format!("\n  {step:?}"));
    Some(format!("{promise}: broken by{}", steps.collect::<String>()))
}
