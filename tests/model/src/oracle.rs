//! Whether the policy is satisfied, worked out without the product's code.

use approval::Word;

use crate::{
    gitlab::{Branch, Commit},
    people::Person,
    world::{Accepted, World},
};

/// Whether enough different people approve of this commit for this target branch, and nobody
/// rejects it. Counted is what each said last in the present round, while looking at exactly this
/// commit and this target branch.
pub(crate) fn satisfied(world: &World, commit: Commit, target: Branch, approvals: u32) -> bool {
    let Some(request) = world.request(commit) else {
        return false;
    };
    let last = |who: Person| {
        let of = |it: &&Accepted| {
            it.who == who && it.commit == commit && it.target == target && it.round == request.round
        };
        world.known.accepted.iter().filter(of).max_by_key(|it| (it.at, it.word)).map(|it| it.word)
    };
    let words = [last(Person::Ada), last(Person::Eve)];
    let approve = words.iter().filter(|word| **word == Some(Word::Approve)).count();
    !words.contains(&Some(Word::Reject)) && u32::try_from(approve).is_ok_and(|it| it >= approvals)
}
