//! The call GitLab makes for each external status check, from a verified body to a value.

use jiff::Timestamp;

mod json;
mod parse;

pub use parse::parse;

/// One status check call, reduced to the facts that are kept.
///
/// Built from `lib/gitlab/hook_data/merge_request_builder.rb`'s payload. The description and all
/// e-mail addresses are left behind on purpose: they are large or confidential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusCheckCall {
    /// `object_attributes.target_project_id`: where the answer goes, also for a fork.
    pub project_id: i64,
    /// `path_with_namespace` of that project; empty when the call does not carry it.
    pub project_path: String,
    /// `object_attributes.iid`.
    pub iid: i64,
    /// `external_approval_rule.id`.
    pub check_id: i64,
    /// `external_approval_rule.name`, at most 255 characters.
    pub check_name: String,
    /// `object_attributes.last_commit.id`; `None` when the merge request has no commit.
    pub sha: Option<String>,
    /// The head before a push; a hint only, calls arrive in any order.
    pub oldrev: Option<String>,
    /// `object_attributes.action`, an open set; absent when Retry was pressed.
    pub action: Option<String>,
    /// `object_attributes.state`, an open set: opened, closed, merged, locked.
    pub state: String,
    /// `None` when the fork is gone.
    pub source_project_id: Option<i64>,
    /// Byte-exact; empty when the call does not carry it.
    pub source_branch: String,
    /// Byte-exact; empty when the call does not carry it.
    pub target_branch: String,
    /// The target branch before a retarget, from `changes.target_branch`.
    pub previous_target_branch: Option<String>,
    /// At most 1,000 characters.
    pub title: String,
    /// The merge request's page; empty unless it is an http(s) URL.
    pub url: String,
    /// `object_attributes.author_id`.
    pub author_id: Option<i64>,
    /// Known only when the actor is the author, because the call has no author object.
    pub author_name: Option<String>,
    /// Who caused the call.
    pub actor: Option<Person>,
    /// Titles of the first labels: at most 100, each at most 255 characters, together at most 8 KiB.
    pub labels: Vec<String>,
    /// `draft`, or `work_in_progress` from older versions.
    pub draft: bool,
    /// Whether GitLab itself caused the call, e.g. approvals reset by a push.
    pub system: bool,
    /// `object_attributes.updated_at`; `None` when it cannot be read.
    pub updated_at: Option<Timestamp>,
    /// Whether `changes` is absent, null or `{}`.
    pub no_changes: bool,
}

impl StatusCheckCall {
    /// Whether a person pressed Retry on the failed check: no `action`, and nothing changed.
    #[must_use]
    pub fn is_retry(&self) -> bool {
        self.action.is_none() && self.no_changes
    }
}

/// The user in a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// GitLab's user id.
    pub id: i64,
    /// The login name, at most 255 characters.
    pub username: String,
    /// The display name, at most 255 characters.
    pub name: String,
}

/// Why a verified body is not a status check call; no sentence repeats the body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Not UTF-8, not JSON, or a number no machine can hold.
    #[error("The body is not readable JSON.")]
    NotJson,
    /// JSON, but an array, a string, a number or null.
    #[error("The body is JSON but not an object.")]
    NotAnObject,
    /// The same key twice in one object, so that two readers could see two different calls.
    #[error("The key `{0}` occurs twice in one object, so the call is ambiguous.")]
    DuplicateKey(String),
    /// Some other webhook, pointed at the status check address by mistake.
    #[error(
        "The call is a `{0}` event, not a merge request status check; use this URL only as an external status check."
    )]
    NotAMergeRequestCall(String),
    /// A field without which nothing can be done.
    #[error("The field `{0}` is missing.")]
    MissingField(&'static str),
    /// A field that is there but unusable.
    #[error("The field `{path}` is not {expected}.")]
    BadField {
        /// The dotted path of the field.
        path: &'static str,
        /// What the field should be, in words.
        expected: &'static str,
    },
}

#[cfg(test)]
mod tests;
