//! Those who decide.

use approval::{Standing, Word};

use crate::{
    gitlab::{Branch, Commit},
    world::{World, id_of},
};

/// Ada approves and takes it back; Eve approves or rejects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Person {
    Ada,
    Eve,
}

impl Person {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ada => "ada",
            Self::Eve => "eve",
        }
    }
}

/// A decision on its way: it carries the commit and the target branch that were on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Said {
    pub(crate) who: Person,
    pub(crate) word: Word,
    pub(crate) commit: Commit,
    pub(crate) target: Branch,
    /// When the bus stored it; its id as well, because nothing else happens at that tick.
    pub(crate) at: u8,
    /// How many receipts it got; after a crash it is delivered once more.
    pub(crate) receipts: u8,
}

/// What can be said now, on a page that shows what recorder knows now.
pub(crate) fn decisions(world: &World) -> Vec<Said> {
    const WORDS: [(Person, Word); 4] = [
        (Person::Ada, Word::Approve),
        (Person::Ada, Word::Revoke),
        (Person::Eve, Word::Approve),
        (Person::Eve, Word::Reject),
    ];
    let mut all = Vec::new();
    for request in world.gate.requests.iter().filter(|it| it.standing == Standing::Current) {
        let commit = crate::world::commit_of(id_of(&request.sha));
        let main = request.facts.target_branch == Branch::Main.name();
        let target = if main { Branch::Main } else { Branch::Production };
        for (who, word) in WORDS {
            let took_part = world.known.accepted.iter().any(|it| it.who == who)
                || world.said.iter().any(|it| it.who == who);
            if word == Word::Revoke && !took_part {
                continue;
            }
            all.push(Said { who, word, commit, target, at: world.now + 1, receipts: 0 });
        }
    }
    all
}
