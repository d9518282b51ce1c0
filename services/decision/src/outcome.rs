//! What became of one attempt, whether or not anything was posted.

use std::time::Duration;

use gitlab::{ApiError, Handling, PostOutcome, Status};
use proto::v1::response_outcome::Result as WireResult;

use crate::host::{Health, after_post, after_question};

/// Attempts after which an answer is given up that GitLab says has no place to go.
const ATTEMPTS_AT_NOTHING: u32 = 8;
/// Wait before the next attempt when GitLab named none.
const RATE_LIMIT_WAIT: Duration = Duration::from_secs(30);

/// What became of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was posted.
    Posted(PostOutcome),
    /// Nothing was posted: GitLab shows it already, after an attempt without an answer.
    FoundStored,
    /// Nothing was posted: this instance keeps the first answer, and it is another one.
    FirstAnswerStands,
    /// Nothing was posted: what must be looked at before could not be.
    NotAsked(ApiError),
    /// Nothing was posted: the merge request is not what was decided about, and recorder learns of it.
    Elsewhere,
    /// The right to post ran out before it was clear whether it was posted.
    TookTooLong,
}

/// When the next attempt follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// None follows.
    None,
    /// Soon, and later each time.
    Soon,
    /// After this long.
    After(Duration),
    /// After somebody may have mended something.
    AfterOperator,
}

impl Outcome {
    /// What it means for the command after attempt number `attempt`.
    pub(crate) fn judge(&self, attempt: u32) -> (WireResult, Next) {
        match self.handling() {
            Handling::Done => (WireResult::Delivered, Next::None),
            Handling::Superseded => (WireResult::NotHead, Next::None),
            Handling::RetrySoon => (WireResult::Retrying, Next::Soon),
            Handling::RetryAfter(time) => (WireResult::Retrying, Next::After(time)),
            Handling::NeedsOperator if self.has_no_place() && attempt >= ATTEMPTS_AT_NOTHING => {
                (WireResult::GivenUp, Next::None)
            }
            Handling::NeedsOperator => (WireResult::Retrying, Next::AfterOperator),
        }
    }

    /// The merge request or the check was deleted, or our request was wrong from the start: nothing
    /// that an operator mends brings it back.
    fn has_no_place(&self) -> bool {
        matches!(
            self,
            Self::FirstAnswerStands
                | Self::NotAsked(ApiError::NotFound)
                | Self::Posted(
                    PostOutcome::NotFound { .. }
                        | PostOutcome::BadRequest { .. }
                        | PostOutcome::Unprocessable { .. }
                )
        )
    }

    fn handling(&self) -> Handling {
        match self {
            Self::Posted(outcome) => outcome.handling(),
            Self::FoundStored => Handling::Done,
            Self::FirstAnswerStands => Handling::NeedsOperator,
            Self::Elsewhere | Self::TookTooLong => Handling::RetrySoon,
            Self::NotAsked(ApiError::RateLimited { retry_after }) => {
                Handling::RetryAfter(retry_after.unwrap_or(RATE_LIMIT_WAIT))
            }
            Self::NotAsked(error) if error.is_temporary() => Handling::RetrySoon,
            Self::NotAsked(_) => Handling::NeedsOperator,
        }
    }

    /// How GitLab was found.
    pub(crate) fn health(&self) -> Health {
        match self {
            Self::Posted(outcome) => after_post(outcome),
            Self::NotAsked(error) => after_question::<()>(&Err(error.clone())),
            Self::FoundStored | Self::FirstAnswerStands | Self::Elsewhere => Health::Well,
            Self::TookTooLong => Health::Away,
        }
    }

    /// Whether GitLab holds the status.
    pub(crate) fn is_delivered(&self) -> bool {
        self.handling() == Handling::Done
    }

    /// Whether GitLab may hold the status because of this attempt.
    pub(crate) fn may_have_been_applied(&self) -> bool {
        match self {
            Self::Posted(outcome) => outcome.may_have_been_applied(),
            Self::FoundStored | Self::TookTooLong => true,
            Self::FirstAnswerStands | Self::NotAsked(_) | Self::Elsewhere => false,
        }
    }

    /// A stable label.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Posted(outcome) => outcome.code(),
            Self::FoundStored => "found_stored",
            Self::FirstAnswerStands => "first_answer_stands",
            Self::NotAsked(error) => error.code(),
            Self::Elsewhere => "elsewhere",
            Self::TookTooLong => "took_too_long",
        }
    }

    /// The HTTP status of the answer to a post; 0 when there was none.
    pub(crate) fn http_status(&self) -> u16 {
        match self {
            Self::Posted(outcome) => outcome.http_status().unwrap_or(0),
            Self::FoundStored
            | Self::FirstAnswerStands
            | Self::NotAsked(_)
            | Self::Elsewhere
            | Self::TookTooLong => 0,
        }
    }

    /// The true head, when GitLab named it.
    pub(crate) fn head(&self) -> Option<&str> {
        match self {
            Self::Posted(PostOutcome::NotHead { head }) => head.as_deref(),
            _ => None,
        }
    }

    /// What happened to `status`, in one sentence.
    pub(crate) fn sentence(&self, status: Status) -> String {
        match self {
            Self::Posted(PostOutcome::Stored) => format!("GitLab stored {status}."),
            Self::Posted(outcome) => outcome.sentence(),
            Self::FoundStored => format!("GitLab was asked: it has stored {status} already."),
            Self::FirstAnswerStands => {
                "This GitLab keeps the first answer, and that was passed: it cannot be taken back. \
                 Push a new commit, or close the merge request."
                    .to_owned()
            }
            Self::NotAsked(error) => error.to_string(),
            Self::Elsewhere => {
                "The merge request is not what was decided about any more; nothing was posted."
                    .to_owned()
            }
            Self::TookTooLong => "GitLab took too long; it is asked again.".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_without_a_place_is_given_up_after_a_while() {
        let gone = Outcome::Posted(PostOutcome::NotFound { what: gitlab::Missing::Project });
        assert_eq!(gone.judge(7), (WireResult::Retrying, Next::AfterOperator));
        assert_eq!(gone.judge(8), (WireResult::GivenUp, Next::None));
        let no_licence = Outcome::Posted(PostOutcome::NotLicensed);
        assert_eq!(no_licence.judge(99), (WireResult::Retrying, Next::AfterOperator));
    }

    #[test]
    fn an_attempt_that_took_too_long_may_have_been_applied() {
        assert_eq!(Outcome::TookTooLong.judge(1), (WireResult::Retrying, Next::Soon));
        assert!(Outcome::TookTooLong.may_have_been_applied());
        assert!(!Outcome::Elsewhere.may_have_been_applied());
    }

    #[test]
    fn an_unanswered_question_before_a_post_is_asked_again_and_applied_nothing() {
        let away = Outcome::NotAsked(ApiError::ServerError { status: 503 });
        assert_eq!(away.judge(1), (WireResult::Retrying, Next::Soon));
        assert!(!away.may_have_been_applied());
        let slow = Outcome::NotAsked(ApiError::RateLimited { retry_after: None });
        assert_eq!(slow.judge(1), (WireResult::Retrying, Next::After(RATE_LIMIT_WAIT)));
    }
}
