//! Why a question to GitLab got no answer that can be used.

use std::time::Duration;

use serde::de::DeserializeOwned;

use super::wire::Fetched;
use crate::answer::{
    failed, lacks_scope, location_host, not_gitlab, not_gitlab_sentence, quoted,
    redirected_sentence, retry_after, unexpected_sentence,
};

/// Why GitLab could not be read; each is one sentence with cause and fix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// 401: a bad token or, for status checks, a lapsed licence.
    #[error(
        "GitLab refused the token{}; check that it is valid and, for status checks, the Ultimate licence.",
        quoted(detail)
    )]
    Unauthorised {
        /// GitLab's message, cleaned and cut.
        detail: String,
    },
    /// 403.
    #[error(
        "GitLab refused this to the token's user; it needs the `api` scope and the Developer role in the project."
    )]
    Forbidden {
        /// Whether it is the token's scope; otherwise it is the user's role.
        insufficient_scope: bool,
    },
    /// 404: gone, or not visible to the token's user.
    #[error(
        "GitLab knows no such thing, or the token's user cannot see it; check the project and the user's role."
    )]
    NotFound,
    /// 429.
    #[error("GitLab asked to slow down; it is asked again later.")]
    RateLimited {
        /// How long GitLab asks us to wait, at most five minutes.
        retry_after: Option<Duration>,
    },
    /// 5xx.
    #[error("GitLab failed with {status}; it is asked again later.")]
    ServerError {
        /// The HTTP status code.
        status: u16,
    },
    /// 3xx, never followed.
    #[error("{}", redirected_sentence(location_host.as_deref()))]
    Redirected {
        /// The host that `Location` names.
        location_host: Option<String>,
    },
    /// 2xx with a page, a non-JSON body or one over the size limit.
    #[error("{}", not_gitlab_sentence(detail))]
    NotGitLab {
        /// What the body was, in a few words.
        detail: String,
    },
    /// JSON that does not say what was asked, or a status code that does not belong here.
    #[error("{}", unexpected_sentence(*status, detail))]
    Unexpected {
        /// The HTTP status code.
        status: u16,
        /// What was wrong, in a few words.
        detail: String,
    },
    /// A list that goes on and on.
    #[error("GitLab's list did not end within {pages} pages; a proxy may be repeating them.")]
    Endless {
        /// Pages read before giving up.
        pages: u32,
    },
    /// No connection, or no whole answer in time.
    #[error(
        "GitLab could not be reached{}; check the URL, the network and the certificate.",
        quoted(cause)
    )]
    Unreachable {
        /// The cause, without the URL.
        cause: String,
    },
}

impl ApiError {
    /// A stable label for metrics.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthorised { .. } => "unauthorised",
            Self::Forbidden { .. } => "forbidden",
            Self::NotFound => "not_found",
            Self::RateLimited { .. } => "rate_limited",
            Self::ServerError { .. } => "server_error",
            Self::Redirected { .. } => "redirected",
            Self::NotGitLab { .. } => "not_gitlab",
            Self::Unexpected { .. } => "unexpected",
            Self::Endless { .. } => "endless",
            Self::Unreachable { .. } => "unreachable",
        }
    }

    /// Whether asking again later can help without anybody changing anything.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(
            self,
            Self::RateLimited { .. } | Self::ServerError { .. } | Self::Unreachable { .. }
        )
    }

    /// How long GitLab asked us to wait, if it did.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } => *retry_after,
            _ => None,
        }
    }

    /// A 200 whose content does not fit the question.
    pub(super) fn unexpected(detail: &str) -> Self {
        Self::Unexpected { status: 200, detail: detail.to_owned() }
    }
}

/// Lets a 200 or 201 with a JSON body through, and a 204, which has none.
pub(super) fn written(fetched: Fetched) -> Result<(), ApiError> {
    match fetched.status {
        204 => Ok(()),
        _ => made(fetched).map(drop),
    }
}

/// Lets a 200 or 201 with a JSON body through.
pub(super) fn made(fetched: Fetched) -> Result<Fetched, ApiError> {
    let created = fetched.status == 201;
    accepted_as(fetched, if created { 201 } else { 200 })
}

/// Lets only a 200 with a JSON body through.
pub(super) fn accepted(fetched: Fetched) -> Result<Fetched, ApiError> {
    accepted_as(fetched, 200)
}

fn accepted_as(fetched: Fetched, good: u16) -> Result<Fetched, ApiError> {
    let reply = fetched.reply();
    let error = match fetched.status {
        200..=299 => match not_gitlab(&reply) {
            Some(detail) => ApiError::NotGitLab { detail },
            None if fetched.status == good => return Ok(fetched),
            None => ApiError::Unexpected { status: fetched.status, detail: String::new() },
        },
        300..=399 => ApiError::Redirected { location_host: location_host(&reply) },
        401 => ApiError::Unauthorised { detail: failed(&fetched.body).text },
        403 => ApiError::Forbidden { insufficient_scope: lacks_scope(&failed(&fetched.body)) },
        404 => ApiError::NotFound,
        429 => ApiError::RateLimited { retry_after: retry_after(&reply) },
        status @ 500..=599 => ApiError::ServerError { status },
        status => ApiError::Unexpected { status, detail: failed(&fetched.body).text },
    };
    Err(error)
}

impl Fetched {
    /// Reads the body as an entity. The parser's own message is dropped: it can quote the body.
    pub(super) fn parse<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        serde_json::from_slice(&self.body).map_err(|_| {
            ApiError::unexpected("the answer lacks a field or has one of another type")
        })
    }
}
