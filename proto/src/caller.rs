//! On whose behalf recorder is asked.

use crate::v1::{Actor, Caller, caller::Who};

impl Caller {
    /// Somebody in front of a page, as they signed in.
    #[must_use]
    pub fn person(actor: Actor) -> Self {
        Self { who: Some(Who::Person(actor)) }
    }

    /// A system, by the id of its token.
    #[must_use]
    pub fn token(id: &str) -> Self {
        Self { who: Some(Who::TokenId(id.to_owned())) }
    }

    /// A role or a command of ours, for itself.
    #[must_use]
    pub fn process(name: &str) -> Self {
        Self { who: Some(Who::Process(name.to_owned())) }
    }
}
