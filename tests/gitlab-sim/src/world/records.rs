//! The records of the simulated GitLab.

use std::{collections::BTreeMap, fmt};

use jiff::Timestamp;

use super::Role;

/// Status of a check for one commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// No answer yet.
    Pending,
    /// The check allows the merge.
    Passed,
    /// The check stops the merge.
    Failed,
}

impl Status {
    /// The word GitLab uses for the status.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Passed => "passed",
            Self::Failed => "failed",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Pending, Self::Passed, Self::Failed]
            .into_iter()
            .find(|status| status.as_str() == word)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A row of `status_check_responses`; for an exact sha the row with the highest id wins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The row's own id.
    pub id: u64,
    /// The check that is answered.
    pub check_id: u64,
    /// The project of the merge request.
    pub project_id: u64,
    /// The number of the merge request in its project.
    pub iid: u64,
    /// The commit the answer is for.
    pub sha: String,
    /// The answer.
    pub status: Status,
    /// When the row was made.
    pub created_at: Timestamp,
    /// When someone last pressed Retry on it.
    pub retried_at: Option<Timestamp>,
}

/// Who can see a project without being its member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// Members only.
    Private,
    /// Everyone who is signed in.
    Internal,
    /// Everyone.
    Public,
}

impl Visibility {
    pub(crate) const fn level(self) -> u8 {
        match self {
            Self::Private => 0,
            Self::Internal => 10,
            Self::Public => 20,
        }
    }

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Internal => "internal",
            Self::Public => "public",
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct UserRecord {
    pub(crate) id: u64,
    pub(crate) username: String,
    pub(crate) name: String,
    /// The role on every project that does not set its own.
    pub(crate) role: Role,
}

#[derive(Debug, Clone)]
pub(crate) struct TokenRecord {
    pub(crate) id: u64,
    pub(crate) value: String,
    pub(crate) user_id: u64,
    pub(crate) scopes: Vec<String>,
    pub(crate) expired: bool,
    pub(crate) revoked: bool,
    pub(crate) created_at: Timestamp,
}

#[derive(Debug, Clone)]
pub(crate) struct CheckRecord {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) external_url: String,
    pub(crate) secret: Option<String>,
    /// Names of protected branches; none means every merge request.
    pub(crate) branches: Vec<String>,
}

impl CheckRecord {
    /// Whether the widget and the merge look at this check: exact names only.
    pub(crate) fn applies_to(&self, target_branch: &str) -> bool {
        self.branches.is_empty() || self.branches.iter().any(|name| name == target_branch)
    }

    /// Whether a call is sent: GitLab compares loosely here, so `main-legacy` is also told about `main`.
    pub(crate) fn is_told_about(&self, target_branch: &str) -> bool {
        let target = target_branch.to_lowercase();
        self.branches.is_empty()
            || self.branches.iter().any(|name| name.to_lowercase().contains(&target))
    }
}

#[derive(Debug, Clone)]
pub(crate) struct ProjectRecord {
    pub(crate) id: u64,
    pub(crate) path: String,
    pub(crate) name: String,
    pub(crate) moved_from: Vec<String>,
    pub(crate) licensed: bool,
    pub(crate) archived: bool,
    pub(crate) deleted: bool,
    pub(crate) visibility: Visibility,
    pub(crate) requires_checks: bool,
    pub(crate) approvals_required: usize,
    pub(crate) resets_approvals: bool,
    pub(crate) roles: BTreeMap<u64, Role>,
    pub(crate) protected_branches: Vec<(u64, String)>,
    pub(crate) checks: Vec<CheckRecord>,
    pub(crate) last_iid: u64,
    pub(crate) created_at: Timestamp,
}

impl ProjectRecord {
    pub(crate) fn check(&self, id: u64) -> Option<&CheckRecord> {
        self.checks.iter().find(|check| check.id == id)
    }

    /// The path of the group the project is in.
    pub(crate) fn group(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(group, _)| group)
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Commit {
    pub(crate) sha: String,
    pub(crate) title: String,
    pub(crate) author_id: u64,
    pub(crate) at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Opened,
    Closed,
    Merged,
}

impl State {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Closed => "closed",
            Self::Merged => "merged",
        }
    }

    pub(crate) const fn id(self) -> u8 {
        match self {
            Self::Opened => 1,
            Self::Closed => 2,
            Self::Merged => 3,
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct MergeRequestRecord {
    pub(crate) id: u64,
    pub(crate) iid: u64,
    pub(crate) project_id: u64,
    pub(crate) source_project_id: u64,
    pub(crate) source_branch: String,
    pub(crate) target_branch: String,
    pub(crate) title: String,
    pub(crate) description: Option<String>,
    pub(crate) author_id: u64,
    pub(crate) assignees: Vec<u64>,
    pub(crate) reviewers: Vec<u64>,
    pub(crate) labels: Vec<Label>,
    pub(crate) draft: bool,
    pub(crate) state: State,
    /// Commits on the source branch, oldest first; empty when the branch is gone.
    pub(crate) branch: Vec<Commit>,
    /// Every commit that was ever a head, oldest first; force-pushes do not shorten it.
    pub(crate) heads: Vec<Commit>,
    pub(crate) approved_by: Vec<u64>,
    pub(crate) merged_by: Option<u64>,
    pub(crate) merge_commit_sha: Option<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) closed_at: Option<Timestamp>,
    pub(crate) merged_at: Option<Timestamp>,
}

impl MergeRequestRecord {
    pub(crate) fn head(&self) -> Option<&Commit> {
        self.branch.last()
    }

    /// The head's sha, empty when there is no commit.
    pub(crate) fn sha(&self) -> &str {
        self.head().map_or("", |commit| commit.sha.as_str())
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Label {
    pub(crate) id: u64,
    pub(crate) title: String,
}
