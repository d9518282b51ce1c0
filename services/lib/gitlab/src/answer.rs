//! What GitLab said to a posted status: every HTTP answer, and every failure to get one, as a
//! value. Nothing here does I/O.

use std::time::Duration;

mod classify;
mod message;
mod sentence;
mod status;

pub use classify::classify;
pub(crate) use classify::{lacks_scope, not_gitlab};
pub(crate) use message::{failed, location_host, retry_after};
pub(crate) use sentence::{not_gitlab_sentence, quoted, redirected_sentence, unexpected_sentence};
pub use status::{Status, UnknownStatus};

/// How long to wait when GitLab says "too many requests" without saying for how long.
const DEFAULT_RATE_LIMIT_WAIT: Duration = Duration::from_secs(30);

/// One status to post: `POST /projects/:id/merge_requests/:iid/status_check_responses`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The numeric id of the target project; a path would break when the project is renamed.
    pub project_id: i64,
    /// The merge request's number within the project.
    pub iid: i64,
    /// The `external_status_check_id`.
    pub check_id: i64,
    /// The full head SHA the verdict is about; GitLab refuses any other with 409.
    pub sha: String,
    /// The verdict.
    pub status: Status,
}

/// An HTTP answer as far as classification needs it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reply<'a> {
    /// The HTTP status code.
    pub status: u16,
    /// `Retry-After`: seconds or an HTTP date.
    pub retry_after: Option<&'a str>,
    /// `Date`: the clock that a `Retry-After` date is measured against, so ours is not needed.
    pub date: Option<&'a str>,
    /// `Content-Type`.
    pub content_type: Option<&'a str>,
    /// `Location`.
    pub location: Option<&'a str>,
    /// The body, as far as it was read.
    pub body: &'a [u8],
    /// Whether the body was longer than the limit, so `body` is only its beginning.
    pub oversized: bool,
}

/// What a 404 says is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Missing {
    /// `404 Project Not Found`: the project is gone or the token cannot see it.
    Project,
    /// `404 Not found`: the merge request or the check is not in that project.
    MergeRequestOrCheck,
    /// `{"message":null}`, before 18.2 `404 Not Found`: the user may approve but is below Developer.
    BelowDeveloper,
    /// Not an answer of this endpoint: no such route, so not GitLab EE or a wrong base URL.
    Endpoint,
}

/// What became of a posted status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PostOutcome {
    /// 201 that names our merge request and our check.
    Stored,
    /// 409: the SHA is not the head of the source branch.
    NotHead {
        /// The true head, when GitLab's text held a well-formed one.
        head: Option<String>,
    },
    /// 409: another request holds GitLab's row lock; nothing was stored.
    RowLocked,
    /// 400: a parameter is missing or invalid.
    BadRequest {
        /// GitLab's message, cleaned and cut.
        message: String,
    },
    /// 401 that could not yet be told apart: a bad token and a lapsed licence look the same.
    Unauthorised {
        /// GitLab's message, cleaned and cut.
        detail: String,
    },
    /// 401, and the token does not work elsewhere either.
    TokenRefused {
        /// GitLab's message, cleaned and cut.
        detail: String,
    },
    /// 401, but the token works elsewhere: the project has no Ultimate licence.
    NotLicensed,
    /// 403: the token or its user may not answer.
    Forbidden {
        /// Whether it is the token's scope; otherwise it is the user's role or the project.
        insufficient_scope: bool,
    },
    /// 404.
    NotFound {
        /// What is missing.
        what: Missing,
    },
    /// 405: the project moved and was addressed by its old path.
    Moved,
    /// 422.
    Unprocessable {
        /// GitLab's message, cleaned and cut.
        message: String,
    },
    /// 429, from the application or from Rack::Attack.
    RateLimited {
        /// How long GitLab asks us to wait, at most five minutes.
        retry_after: Option<Duration>,
    },
    /// 5xx, from GitLab or a proxy before it; the row may exist all the same.
    ServerError {
        /// The HTTP status code.
        status: u16,
    },
    /// 3xx: never followed, because a POST may become a GET and the token would travel along.
    Redirected {
        /// The host that `Location` names; absent for a relative or unreadable one.
        location_host: Option<String>,
    },
    /// 2xx with a page, a non-JSON body or one over the size limit, e.g. a single sign-on page.
    NotGitLab {
        /// What the body was, in a few words.
        detail: String,
    },
    /// An answer that GitLab does not give here, e.g. a 201 about another merge request.
    Unexpected {
        /// The HTTP status code.
        status: u16,
        /// What was wrong with it, in a few words.
        detail: String,
    },
    /// The request never left: refused connection, DNS, TLS. Certainly not applied.
    NotSent {
        /// The cause, without the URL.
        cause: String,
    },
    /// No answer, or only a part of one, after the request may have been applied.
    Unknown {
        /// The cause, without the URL.
        cause: String,
    },
}

/// What the caller does with an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handling {
    /// GitLab holds the status.
    Done,
    /// The SHA is not the head any more: never retry, never re-aim at another SHA.
    Superseded,
    /// Try again with a short back-off (after a read-back where `may_have_been_applied`).
    RetrySoon,
    /// Try again after this long.
    RetryAfter(Duration),
    /// A retry cannot help before a person changes something.
    NeedsOperator,
}

impl PostOutcome {
    /// Whether GitLab confirmed that it holds the status.
    #[must_use]
    pub fn is_delivered(&self) -> bool {
        matches!(self, Self::Stored)
    }

    /// Whether GitLab may hold the status, so that it must be read back before posting again.
    #[must_use]
    pub fn may_have_been_applied(&self) -> bool {
        match self {
            Self::Stored
            | Self::ServerError { .. }
            | Self::NotGitLab { .. }
            | Self::Unknown { .. } => true,
            Self::Unexpected { status, .. } => !(400..500).contains(status),
            Self::NotHead { .. }
            | Self::RowLocked
            | Self::BadRequest { .. }
            | Self::Unauthorised { .. }
            | Self::TokenRefused { .. }
            | Self::NotLicensed
            | Self::Forbidden { .. }
            | Self::NotFound { .. }
            | Self::Moved
            | Self::Unprocessable { .. }
            | Self::RateLimited { .. }
            | Self::Redirected { .. }
            | Self::NotSent { .. } => false,
        }
    }

    /// What to do next.
    #[must_use]
    pub fn handling(&self) -> Handling {
        match self {
            Self::Stored => Handling::Done,
            Self::NotHead { .. } => Handling::Superseded,
            // A 409 of unknown wording is not proof that the head moved, so the answer is kept.
            Self::Unexpected { status: 409, .. }
            | Self::RowLocked
            | Self::Unauthorised { .. }
            | Self::ServerError { .. }
            | Self::NotSent { .. }
            | Self::Unknown { .. } => Handling::RetrySoon,
            Self::RateLimited { retry_after } => {
                Handling::RetryAfter(retry_after.unwrap_or(DEFAULT_RATE_LIMIT_WAIT))
            }
            Self::BadRequest { .. }
            | Self::TokenRefused { .. }
            | Self::NotLicensed
            | Self::Forbidden { .. }
            | Self::NotFound { .. }
            | Self::Moved
            | Self::Unprocessable { .. }
            | Self::Redirected { .. }
            | Self::NotGitLab { .. }
            | Self::Unexpected { .. } => Handling::NeedsOperator,
        }
    }

    /// A stable label for metrics and the database.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::NotHead { .. } => "not_head",
            Self::RowLocked => "row_locked",
            Self::BadRequest { .. } => "bad_request",
            Self::Unauthorised { .. } => "unauthorised",
            Self::TokenRefused { .. } => "token_refused",
            Self::NotLicensed => "not_licensed",
            Self::Forbidden { .. } => "forbidden",
            Self::NotFound { .. } => "not_found",
            Self::Moved => "moved",
            Self::Unprocessable { .. } => "unprocessable",
            Self::RateLimited { .. } => "rate_limited",
            Self::ServerError { .. } => "server_error",
            Self::Redirected { .. } => "redirected",
            Self::NotGitLab { .. } => "not_gitlab",
            Self::Unexpected { .. } => "unexpected",
            Self::NotSent { .. } => "not_sent",
            Self::Unknown { .. } => "unknown",
        }
    }

    /// The HTTP status of the answer; `None` when there was none, or when its status says nothing.
    #[must_use]
    pub fn http_status(&self) -> Option<u16> {
        match self {
            Self::Stored => Some(201),
            Self::NotHead { .. } | Self::RowLocked => Some(409),
            Self::BadRequest { .. } => Some(400),
            Self::Unauthorised { .. } | Self::TokenRefused { .. } | Self::NotLicensed => Some(401),
            Self::Forbidden { .. } => Some(403),
            Self::NotFound { .. } => Some(404),
            Self::Moved => Some(405),
            Self::Unprocessable { .. } => Some(422),
            Self::RateLimited { .. } => Some(429),
            Self::ServerError { status } | Self::Unexpected { status, .. } => Some(*status),
            Self::Redirected { .. }
            | Self::NotGitLab { .. }
            | Self::NotSent { .. }
            | Self::Unknown { .. } => None,
        }
    }

    /// Tells a 401 apart once it is known whether the token works elsewhere; others stay as is.
    #[must_use]
    pub fn refined(self, token_works: bool) -> Self {
        match self {
            Self::Unauthorised { .. } if token_works => Self::NotLicensed,
            Self::Unauthorised { detail } => Self::TokenRefused { detail },
            other => other,
        }
    }
}

#[cfg(test)]
mod tests;
