//! The three words a status can be.

use std::fmt;
use std::str::FromStr;

/// The `status` of `status_check_responses`, the only three words GitLab takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// `passed`: opens the gate, and may start auto-merge at once.
    Passed,
    /// `failed`: the only stable closed state.
    Failed,
    /// `pending`: GitLab turns it into `failed` after two to three minutes.
    Pending,
}

impl Status {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Pending => "pending",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Status {
    type Err = UnknownStatus;

    fn from_str(word: &str) -> Result<Self, UnknownStatus> {
        match word {
            "passed" => Ok(Self::Passed),
            "failed" => Ok(Self::Failed),
            "pending" => Ok(Self::Pending),
            _ => Err(UnknownStatus),
        }
    }
}

/// A status word that is none of `passed`, `failed`, `pending`; the match is exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("A status is `passed`, `failed` or `pending`.")]
pub struct UnknownStatus;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_words_are_exact() {
        for status in [Status::Passed, Status::Failed, Status::Pending] {
            assert_eq!(status.as_str().parse(), Ok(status));
        }
        for word in ["PASSED", " passed", "pass", ""] {
            assert_eq!(word.parse::<Status>(), Err(UnknownStatus));
        }
    }
}
