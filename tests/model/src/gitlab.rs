//! GitLab, as far as one merge request at one status check goes.

/// A commit of the merge request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Commit {
    A,
    B,
}

impl Commit {
    pub(crate) fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// A branch that the merge request may go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Branch {
    Main,
    Production,
}

impl Branch {
    pub(crate) fn other(self) -> Self {
        match self {
            Self::Main => Self::Production,
            Self::Production => Self::Main,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Production => "production",
        }
    }
}

/// What a row says. The row inserted last wins; without a row GitLab shows `pending`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Status {
    Pending,
    Passed,
    Failed,
}

impl From<approval::Status> for Status {
    fn from(status: approval::Status) -> Self {
        match status {
            approval::Status::Pending => Self::Pending,
            approval::Status::Passed => Self::Passed,
            approval::Status::Failed => Self::Failed,
        }
    }
}

impl From<Status> for approval::Status {
    fn from(status: Status) -> Self {
        match status {
            Status::Pending => Self::Pending,
            Status::Passed => Self::Passed,
            Status::Failed => Self::Failed,
        }
    }
}

/// One merge request and what its status check shows for each commit.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct GitLab {
    pub(crate) head: Commit,
    pub(crate) target: Branch,
    /// `updated_at`, in GitLab's whole seconds.
    pub(crate) updated: u8,
    rows: [Option<Status>; 2],
}

impl GitLab {
    /// A merge request that was just opened.
    pub(crate) fn opened() -> Self {
        Self { head: Commit::A, target: Branch::Main, updated: 1, rows: [None; 2] }
    }

    pub(crate) fn insert(&mut self, commit: Commit, status: Status) {
        self.rows[commit as usize] = Some(status);
    }

    pub(crate) fn has_row(&self, commit: Commit) -> bool {
        self.rows[commit as usize].is_some()
    }

    pub(crate) fn status(&self, commit: Commit) -> Status {
        self.rows[commit as usize].unwrap_or(Status::Pending)
    }

    /// Whether there is a `pending` row, which GitLab fails after two to three minutes.
    pub(crate) fn times_out(&self, commit: Commit) -> bool {
        self.rows[commit as usize] == Some(Status::Pending)
    }
}
