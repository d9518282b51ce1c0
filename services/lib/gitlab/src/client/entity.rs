//! GitLab's API entities, reduced to the facts that are used.

use jiff::Timestamp;
use serde::Deserialize;

use super::ApiError;
use crate::answer::Status;
use crate::text::{LABELS, NAME_CHARS, TITLE_CHARS, capped, is_object_id, timestamp, web_url};

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items, in GitLab's order.
    pub items: Vec<T>,
    /// The number of the page to ask for next; `None` at the end.
    pub next: Option<u32>,
}

/// `MergeRequestBasic`, from the list or for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeRequest {
    /// The number within the target project.
    pub iid: i64,
    /// The head of the source branch; `None` when there is no commit.
    pub sha: Option<String>,
    /// An open set: opened, closed, merged, locked.
    pub state: String,
    /// At most 1,000 characters.
    pub title: String,
    /// Byte-exact.
    pub source_branch: String,
    /// Byte-exact.
    pub target_branch: String,
    /// The merge request's page; empty unless it is an http(s) URL.
    pub web_url: String,
    /// `author.id`.
    pub author_id: Option<i64>,
    /// `author.name`, at most 255 characters.
    pub author_name: Option<String>,
    /// The first 100 labels, each at most 255 characters.
    pub labels: Vec<String>,
    /// `draft`, or `work_in_progress` from older versions.
    pub draft: bool,
    /// `None` when it cannot be read.
    pub updated_at: Option<Timestamp>,
    /// `None` when the fork is gone.
    pub source_project_id: Option<i64>,
    /// The project whose status checks apply.
    pub target_project_id: i64,
}

/// A status check of a merge request and its status for the current head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckStatus {
    /// The check's id.
    pub id: i64,
    /// The check's name, at most 255 characters.
    pub name: String,
    /// Where it calls; without its query for a Developer, empty for a lower role.
    pub external_url: String,
    /// `None` for a word this version does not know, so that one check cannot hide the others.
    pub status: Option<Status>,
}

/// A project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// The numeric id, which survives a rename.
    pub id: i64,
    /// The path people know it by, e.g. `group/project`.
    pub path_with_namespace: String,
    /// Whether nothing can be changed in it.
    pub archived: bool,
    /// "Status checks must succeed"; `None` where GitLab does not say, for want of a licence or a role.
    pub requires_checks: Option<bool>,
}

#[derive(Deserialize)]
pub(super) struct RawMergeRequest {
    iid: i64,
    sha: Option<String>,
    state: String,
    title: Option<String>,
    source_branch: String,
    target_branch: String,
    web_url: Option<String>,
    author: Option<RawAuthor>,
    labels: Option<Vec<String>>,
    draft: Option<bool>,
    work_in_progress: Option<bool>,
    updated_at: Option<String>,
    source_project_id: Option<i64>,
    target_project_id: i64,
}

#[derive(Deserialize)]
struct RawAuthor {
    id: Option<i64>,
    name: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct RawCheckStatus {
    id: i64,
    name: String,
    external_url: Option<String>,
    status: String,
}

#[derive(Deserialize)]
pub(super) struct RawProject {
    id: i64,
    path_with_namespace: String,
    #[serde(default)]
    archived: bool,
    only_allow_merge_if_all_status_checks_passed: Option<bool>,
}

/// A user, such as the token's own.
#[derive(Deserialize)]
pub(super) struct RawUser {
    pub(super) id: i64,
}

impl RawMergeRequest {
    /// The public form; a head that is no full SHA would poison every key made from it.
    pub(super) fn checked(self) -> Result<MergeRequest, ApiError> {
        let sha = self.sha.filter(|sha| !sha.is_empty());
        if sha.as_deref().is_some_and(|sha| !is_object_id(sha)) {
            return Err(ApiError::unexpected("the head is not a full commit SHA"));
        }
        let author = self.author;
        Ok(MergeRequest {
            iid: self.iid,
            sha,
            state: self.state,
            title: capped(&self.title.unwrap_or_default(), TITLE_CHARS),
            source_branch: self.source_branch,
            target_branch: self.target_branch,
            web_url: web_url(&self.web_url.unwrap_or_default()),
            author_id: author.as_ref().and_then(|author| author.id),
            author_name: author
                .and_then(|author| author.name)
                .map(|name| capped(&name, NAME_CHARS)),
            labels: self
                .labels
                .unwrap_or_default()
                .iter()
                .take(LABELS)
                .map(|label| capped(label, NAME_CHARS))
                .collect(),
            draft: self.draft.or(self.work_in_progress).unwrap_or(false),
            updated_at: self.updated_at.as_deref().and_then(timestamp),
            source_project_id: self.source_project_id,
            target_project_id: self.target_project_id,
        })
    }
}

impl From<RawCheckStatus> for CheckStatus {
    fn from(raw: RawCheckStatus) -> Self {
        Self {
            id: raw.id,
            name: capped(&raw.name, NAME_CHARS),
            external_url: web_url(&raw.external_url.unwrap_or_default()),
            status: raw.status.parse().ok(),
        }
    }
}

impl From<RawProject> for Project {
    fn from(raw: RawProject) -> Self {
        Self {
            id: raw.id,
            path_with_namespace: raw.path_with_namespace,
            archived: raw.archived,
            requires_checks: raw.only_allow_merge_if_all_status_checks_passed,
        }
    }
}
