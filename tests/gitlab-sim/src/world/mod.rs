//! The state of the simulated GitLab: plain values and the rules between them.
//!
//! Nothing here waits or does I/O. Calls that GitLab would send are put in the
//! outbox, and whoever changed the world sends them afterwards.

mod access;
pub(crate) mod change;
mod merge_requests;
mod notes;
mod projects;
mod records;
mod statuses;

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

pub use access::Role;
pub(crate) use access::TokenProblem;
pub(crate) use change::{Event, Moment};
pub(crate) use merge_requests::Opening;
pub(crate) use notes::NoteRecord;
pub(crate) use projects::CheckChange;
pub(crate) use records::{
    CheckRecord, Commit, MergeRequestRecord, ProjectRecord, State, TokenRecord, UserRecord,
};
pub use records::{Row, Status, Visibility};
pub(crate) use statuses::merge_reason;

/// Why GitLab would not do something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub(crate) String);

/// A call that GitLab is about to send to a status check.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) project_id: u64,
    pub(crate) iid: u64,
    pub(crate) check_id: u64,
    pub(crate) body: String,
}

/// Everything the simulated GitLab knows.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) url: String,
    pub(crate) users: BTreeMap<u64, UserRecord>,
    pub(crate) tokens: Vec<TokenRecord>,
    pub(crate) projects: BTreeMap<u64, ProjectRecord>,
    pub(crate) merge_requests: BTreeMap<u64, MergeRequestRecord>,
    pub(crate) notes: BTreeMap<u64, NoteRecord>,
    pub(crate) rows: Vec<Row>,
    pub(crate) outbox: Vec<Call>,
    /// Whether the rows of new merge requests wait, as in a busy GitLab.
    pub(crate) holds_rows: bool,
    /// Whether an answer is ignored once the status is not pending any more.
    pub(crate) keeps_first_answer: bool,
    held_rows: Vec<(u64, u64, String)>,
    last_id: u64,
    last_commit: u64,
}

impl World {
    pub(crate) fn new(url: &str) -> Self {
        Self { url: url.to_owned(), ..Self::default() }
    }

    /// One sequence for all ids, so an id of one kind never passes for another kind.
    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    fn next_sha(&mut self) -> String {
        self.last_commit += 1;
        let digest = Sha256::digest(format!("commit {}", self.last_commit));
        hex::encode(digest).chars().take(40).collect()
    }
}

/// The first eight characters of a sha, as people see it.
pub(crate) fn short(sha: &str) -> &str {
    sha.get(..8).unwrap_or(sha)
}
