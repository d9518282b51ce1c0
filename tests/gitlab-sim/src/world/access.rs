//! Who may do what.

use super::{ProjectRecord, TokenRecord, UserRecord, Visibility, World};
use crate::times;

/// Role of a user on a project, lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Not a member.
    None,
    /// May look at little.
    Guest,
    /// May look at code and checks.
    Reporter,
    /// A custom role below Developer that may approve; GitLab then answers 404 with a null message.
    CustomApprover,
    /// May answer and retry checks.
    Developer,
    /// May configure checks.
    Maintainer,
}

impl Role {
    /// GitLab's number for the role; none for those who are no members.
    pub(crate) const fn access_level(self) -> Option<u8> {
        match self {
            Self::None => None,
            Self::Guest => Some(10),
            Self::Reporter | Self::CustomApprover => Some(20),
            Self::Developer => Some(30),
            Self::Maintainer => Some(40),
        }
    }
}

/// What is wrong with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenProblem {
    Unknown,
    Expired,
    Revoked,
}

impl World {
    pub(crate) fn user(&mut self, username: &str, name: &str) -> u64 {
        if let Some(known) = self.users.values().find(|user| user.username == username) {
            return known.id;
        }
        let id = self.next_id();
        let record = UserRecord {
            id,
            username: username.to_owned(),
            name: name.to_owned(),
            role: Role::None,
        };
        self.users.insert(id, record);
        id
    }

    pub(crate) fn add_token(&mut self, user_id: u64, scopes: &[&str], role: Role) -> String {
        let value = format!("glpat-{}", uuid::Uuid::new_v4().simple());
        self.take_token(user_id, value.clone(), scopes, role);
        value
    }

    pub(crate) fn take_token(&mut self, user_id: u64, value: String, scopes: &[&str], role: Role) {
        let id = self.next_id();
        if let Some(user) = self.users.get_mut(&user_id) {
            user.role = role;
        }
        self.tokens.push(TokenRecord {
            id,
            value,
            user_id,
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            expired: false,
            revoked: false,
            created_at: times::now(),
        });
    }

    /// Finds a usable token.
    pub(crate) fn authenticate(&self, value: &str) -> Result<&TokenRecord, TokenProblem> {
        let token = self.tokens.iter().find(|token| token.value == value);
        match token {
            None => Err(TokenProblem::Unknown),
            Some(token) if token.revoked => Err(TokenProblem::Revoked),
            Some(token) if token.expired => Err(TokenProblem::Expired),
            Some(token) => Ok(token),
        }
    }

    /// The role of a user on a project: the project's own entry first, else the user's general one.
    pub(crate) fn role(&self, user_id: u64, project: &ProjectRecord) -> Role {
        let general = self.users.get(&user_id).map_or(Role::None, |user| user.role);
        project.roles.get(&user_id).copied().unwrap_or(general)
    }

    pub(crate) fn can_see(&self, user_id: u64, project: &ProjectRecord) -> bool {
        project.visibility != Visibility::Private || self.role(user_id, project) > Role::None
    }
}
