//! Who is who: one person can have several accounts, and counts once.

use crate::{Actor, Decision, Facts};

/// A person who is known by more than one name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Person {
    /// The name to show.
    pub name: String,
    /// Their user ids in GitLab.
    pub gitlab_user_ids: Vec<i64>,
    /// Their names as sources say them: the source, and the actor's id there.
    pub identities: Vec<(String, String)>,
}

/// Those who are known by more than one name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct People(pub Vec<Person>);

/// Why somebody may not approve a merge request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TookPart {
    /// When they opened it.
    Author,
    /// When they pushed to it.
    Pusher,
}

impl People {
    /// Whether both decisions come from the same person.
    pub(crate) fn same(&self, one: &Decision, other: &Decision) -> bool {
        let known = || self.find(&one.source, &one.actor.id);
        one.same_account(other)
            || known().is_some_and(|person| person.has(&other.source, &other.actor.id))
    }

    /// What an actor did to a merge request, as far as is known who they are in GitLab.
    pub(crate) fn part_in(&self, facts: &Facts, source: &str, actor: &Actor) -> Option<TookPart> {
        let person = self.find(source, &actor.id)?;
        let is = |id: &i64| person.gitlab_user_ids.contains(id);
        if facts.author_id.as_ref().is_some_and(is) {
            return Some(TookPart::Author);
        }
        facts.pushed_by.iter().any(is).then_some(TookPart::Pusher)
    }

    fn find(&self, source: &str, id: &str) -> Option<&Person> {
        self.0.iter().find(|person| person.has(source, id))
    }
}

impl Person {
    fn has(&self, source: &str, id: &str) -> bool {
        self.identities.iter().any(|(its_source, its_id)| its_source == source && its_id == id)
    }
}
