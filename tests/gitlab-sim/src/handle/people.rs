//! Handles of users and their tokens.

use std::sync::Arc;

use crate::{core::Core, world::UserRecord};

/// A user of the simulated GitLab.
#[derive(Debug, Clone)]
pub struct User {
    core: Arc<Core>,
    id: u64,
}

impl User {
    pub(crate) fn new(core: &Arc<Core>, id: u64) -> Self {
        Self { core: Arc::clone(core), id }
    }

    /// The user's id.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The name the user signs in with.
    #[must_use]
    pub fn username(&self) -> String {
        self.look(|user| user.username.clone())
    }

    /// The user's full name.
    #[must_use]
    pub fn name(&self) -> String {
        self.look(|user| user.name.clone())
    }

    fn look(&self, look: impl FnOnce(&UserRecord) -> String) -> String {
        self.core.read(|world| world.users.get(&self.id).map(look)).unwrap_or_default()
    }
}

/// An access token.
#[derive(Debug, Clone)]
pub struct Token {
    core: Arc<Core>,
    value: String,
}

impl Token {
    pub(crate) fn new(core: &Arc<Core>, value: String) -> Self {
        Self { core: Arc::clone(core), value }
    }

    /// The text for the `PRIVATE-TOKEN` header.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Lets the token expire.
    pub fn expire(&self) {
        self.set(true, false);
    }

    /// Revokes the token.
    pub fn revoke(&self) {
        self.set(false, true);
    }

    /// Makes the token usable again.
    pub fn restore(&self) {
        self.set(false, false);
    }

    fn set(&self, expired: bool, revoked: bool) {
        self.core.write(|world| {
            for token in &mut world.tokens {
                if token.value == self.value {
                    token.expired = expired;
                    token.revoked = revoked;
                }
            }
        });
    }
}
