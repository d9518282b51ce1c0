//! The protocol holds, and what comes of each broken rule is found.
#![expect(clippy::panic, reason = "a failing test should panic")]

use std::collections::BTreeSet;

use model::{Mutant, PROMISES, REACHED, Scope, System, check, refute};

/// Fewer states than this would mean that the scopes no longer let much happen.
const STATES_MIN: usize = 1_500_000;

#[test]
fn the_protocol_holds() {
    let (mut all, mut reached) = (0, BTreeSet::new());
    for scope in Scope::SMALL {
        let checked = check(&System::new(scope));
        println!("{}: {} states, depth {}", scope.name, checked.states, checked.depth);
        assert!(checked.broken.is_none(), "{}: {}", scope.name, checked.broken.unwrap_or_default());
        all += checked.states;
        reached.extend(checked.reached);
    }
    println!("{all} states");
    assert!(all >= STATES_MIN, "only {all} states were visited");
    assert_eq!(reached, BTreeSet::from(REACHED));
}

/// Where each broken rule shows, and which promise it breaks first of all.
fn where_it_shows(mutant: Mutant) -> (Scope, &'static str) {
    match mutant {
        Mutant::PostWithoutLeave => (Scope::ANSWERS, "I2 every"),
        Mutant::AckBeforeCommit => (Scope::RECORDER, "I5"),
        Mutant::TwoCommands => (Scope::ANSWERS, "I7 one command"),
        Mutant::AimAgain => (Scope::PUSHES, "I2 every"),
        Mutant::SilenceIsStored => (Scope::ANSWERS, "I8 what is reported"),
        Mutant::SilenceIsNotStored => (Scope::ANSWERS, "I3 once quiet and"),
        Mutant::OneCallPerBody => (Scope::RETRIES, "I1"),
        Mutant::IgnoreRetarget => (Scope::RETARGETS, "I3 once quiet, one sweep"),
        Mutant::CountDecisions => (Scope::PERSONS, "I4"),
        Mutant::NeverLook => (Scope::OUTSIDERS, "I3 once quiet, one sweep"),
        Mutant::PublishBeforeCommit => (Scope::RECORDER, "I8 what is on the bus"),
        Mutant::OldRoundsCount => (Scope::RETARGETS, "I4"),
        Mutant::AckBeforePost => (Scope::ANSWERS, "I3 once quiet, one sweep"),
        Mutant::AnyCommit => (Scope::PUSHES, "I2 every"),
        Mutant::ForgetDecisions => (Scope::RECORDER, "I5"),
        Mutant::StaleSweep => (Scope::SWEEPS, "I3 once quiet and"),
        Mutant::ForgetUnreported => (Scope::RETARGETS, "I3 once quiet and"),
        Mutant::TwoLeases => (Scope::REPLICAS, "I7 one post"),
        Mutant::ForgetOthers => (Scope::OTHERS, "I3 once quiet and"),
    }
}

#[test]
fn every_broken_rule_is_found() {
    for mutant in Mutant::ALL {
        let (scope, promise) = where_it_shows(mutant);
        let promise = PROMISES.into_iter().find(|it| it.starts_with(promise));
        let promise = promise.unwrap_or_else(|| panic!("{mutant:?}: no such promise"));
        let found = refute(&System::broken(scope, mutant), promise);
        let found = found.unwrap_or_else(|| panic!("{mutant:?} does not break {promise}"));
        println!("{mutant:?}: {} steps, {promise}", found.lines().count() - 1);
    }
}
