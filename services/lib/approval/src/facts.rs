//! What GitLab says about a merge request.

use std::fmt;

/// A time in microseconds since 1970 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

/// A full commit id: 40 (SHA-1) or 64 (SHA-256) lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha(String);

/// When a text is not a full commit id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a commit id is 40 or 64 lower-case hexadecimal digits")]
pub struct ShaError;

impl Sha {
    /// Takes a full commit id; nothing is trimmed, shortened or changed in case.
    pub fn parse(text: &str) -> Result<Self, ShaError> {
        let full = matches!(text.len(), 40 | 64);
        let hex = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if full && hex { Ok(Self(text.to_owned())) } else { Err(ShaError) }
    }

    /// The full commit id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first eight digits, for people.
    #[must_use]
    pub fn short(&self) -> &str {
        &self.0[..8]
    }
}

impl fmt::Display for Sha {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a merge request can still be merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MergeRequestState {
    /// When it is open, being merged (`locked`) or in a state we do not know.
    Open,
    /// When it was closed without a merge; it may be reopened.
    Closed,
    /// When it was merged; GitLab never takes that back.
    Merged,
}

impl MergeRequestState {
    /// Reads GitLab's word; an unknown word counts as open, so that the gate stays shut.
    #[must_use]
    pub fn from_gitlab(word: &str) -> Self {
        match word {
            "closed" => Self::Closed,
            "merged" => Self::Merged,
            _ => Self::Open,
        }
    }
}

/// What a page shows about a merge request, and what decisions are bound to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Facts {
    /// Name of the GitLab instance in our configuration.
    pub gitlab: String,
    /// Path of the project with its groups.
    pub project_path: String,
    /// Name of the status check.
    pub check_name: String,
    /// Title of the merge request.
    pub title: String,
    /// Address of the merge request in GitLab.
    pub url: String,
    /// Branch the commits come from.
    pub source_branch: String,
    /// Branch they would go to; decisions are bound to it.
    pub target_branch: String,
    /// GitLab user id of the author, when known.
    pub author_id: Option<i64>,
    /// Name of the author, when known.
    pub author_name: Option<String>,
    /// GitLab user ids of those who pushed, as far as calls named them, in order.
    pub pushed_by: Vec<i64>,
    /// Labels by name.
    pub labels: Vec<String>,
    /// Whether it is a draft.
    pub draft: bool,
    /// GitLab's `updated_at`, in whole seconds on a call; absent when it could not be read.
    pub updated_at: Option<Time>,
}

/// One look at a merge request: by a status check call or by the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// Head commit; absent when GitLab sent none.
    pub sha: Option<Sha>,
    /// Head before a push, when GitLab named it.
    pub oldrev: Option<Sha>,
    /// Whether it can still be merged.
    pub state: MergeRequestState,
    /// When somebody pressed Retry on the failed check.
    pub retry: bool,
    /// When the API told us just now, rather than a call that may be late.
    pub authoritative: bool,
    /// When the bus stored it.
    pub at: Time,
    /// The rest.
    pub facts: Facts,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sha_is_taken_whole_or_not_at_all() {
        let sha1 = "a".repeat(40);
        assert_eq!(Sha::parse(&sha1).map(|sha| sha.short().to_owned()), Ok("aaaaaaaa".to_owned()));
        assert!(Sha::parse(&"0".repeat(64)).is_ok());
        for wrong in [&sha1[..39], &format!("{sha1}a"), &sha1.to_uppercase(), &"g".repeat(40), ""] {
            assert_eq!(Sha::parse(wrong), Err(ShaError), "{wrong}");
        }
    }

    #[test]
    fn an_unknown_state_keeps_the_gate_shut() {
        assert_eq!(MergeRequestState::from_gitlab("merged"), MergeRequestState::Merged);
        for word in ["opened", "locked", "quarantined", ""] {
            assert_eq!(MergeRequestState::from_gitlab(word), MergeRequestState::Open);
        }
    }
}
