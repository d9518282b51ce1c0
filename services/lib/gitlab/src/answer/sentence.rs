//! Each outcome as one sentence for a person: the cause, and what to do about it.

use std::fmt;
use std::time::Duration;

use super::{Missing, PostOutcome};
use crate::text::one_line;

const STORED: &str = "GitLab stored the status.";
const ROW_LOCKED: &str =
    "GitLab was busy with the same merge request; the status is posted again shortly.";
const NOT_LICENSED: &str = "GitLab accepts the token but not status checks in this project; they need the Ultimate tier, so check the licence.";
const NO_SCOPE: &str = "GitLab refused the token: it lacks the `api` scope; create a new one with `api` and the Developer role.";
const NO_ROLE: &str = "GitLab refused the token's user: make it a member of the target project with the Developer role, and check that the project is not archived.";
const MOVED: &str = "GitLab says the project has moved; address it by its numeric id.";

impl PostOutcome {
    /// One sentence with cause and fix; never a token, never a whole body.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::Stored => STORED.to_owned(),
            Self::NotHead { head } => not_head(head.as_deref()),
            Self::RowLocked => ROW_LOCKED.to_owned(),
            Self::BadRequest { message } => format!(
                "GitLab refused the request as invalid{}; this is a fault of Countersign, please report it.",
                quoted(message)
            ),
            Self::Unauthorised { detail } => format!(
                "GitLab answered 401{}; whether the token or the licence is to blame is found out with the next attempt.",
                quoted(detail)
            ),
            Self::TokenRefused { detail } => format!(
                "GitLab refused the token{}: it is wrong, expired or revoked; create a new one with the `api` scope and the Developer role.",
                quoted(detail)
            ),
            Self::NotLicensed => NOT_LICENSED.to_owned(),
            Self::Forbidden { insufficient_scope } => {
                if *insufficient_scope { NO_SCOPE } else { NO_ROLE }.to_owned()
            }
            Self::NotFound { what } => not_found(*what).to_owned(),
            Self::Moved => MOVED.to_owned(),
            Self::Unprocessable { message } => format!(
                "GitLab could not process the status{}; check the settings of the status check.",
                quoted(message)
            ),
            Self::RateLimited { retry_after } => rate_limited(*retry_after),
            Self::ServerError { status } => {
                format!("GitLab failed with {status}; the status is posted again shortly.")
            }
            Self::Redirected { location_host } => redirected_sentence(location_host.as_deref()),
            Self::NotGitLab { detail } => not_gitlab_sentence(detail),
            Self::Unexpected { status, detail } => unexpected_sentence(*status, detail),
            Self::NotSent { cause } => format!(
                "GitLab could not be reached{}; check the URL, the network and the certificate.",
                quoted(cause)
            ),
            Self::Unknown { cause } => format!(
                "GitLab's answer did not arrive{}; the status is read back before it is posted again.",
                quoted(cause)
            ),
        }
    }
}

fn not_head(head: Option<&str>) -> String {
    let moved_on = head.map_or_else(
        || "is not the head of the merge request any more".to_owned(),
        |head| format!("is not the head of the merge request any more, {} is", one_line(head)),
    );
    format!("GitLab refused the status because its commit {moved_on}.")
}

fn rate_limited(retry_after: Option<Duration>) -> String {
    let when =
        retry_after.map_or_else(|| "later".to_owned(), |wait| format!("in {} s", wait.as_secs()));
    format!("GitLab asked to slow down; the status is posted again {when}.")
}

fn not_found(what: Missing) -> &'static str {
    match what {
        Missing::Project => {
            "GitLab knows no such project, or the token's user cannot see it; add the user to the project with the Developer role."
        }
        Missing::MergeRequestOrCheck => {
            "GitLab knows no such merge request or status check in the project; the check was probably deleted."
        }
        Missing::BelowDeveloper => {
            "GitLab does not take the status from the token's user; give it the Developer role in the target project."
        }
        Missing::Endpoint => {
            "The server has no status checks at this address; check the GitLab URL, and that it is GitLab Ultimate."
        }
    }
}

/// The sentence for a redirect that was not followed.
pub(crate) fn redirected_sentence(location_host: Option<&str>) -> String {
    let target = location_host.map_or_else(String::new, |host| format!(" to {}", one_line(host)));
    format!(
        "The GitLab URL redirects{target}, which is never followed; configure the final URL, usually the https one."
    )
}

/// The sentence for a 2xx that is not GitLab's API.
pub(crate) fn not_gitlab_sentence(detail: &str) -> String {
    format!(
        "The GitLab URL did not answer like GitLab's API{}; a login page or proxy may stand before it.",
        quoted(detail)
    )
}

/// The sentence for an answer that fits nothing GitLab says.
pub(crate) fn unexpected_sentence(status: u16, detail: &str) -> String {
    format!(
        "GitLab answered {status} in an unexpected way{}; check that the URL leads to GitLab itself.",
        quoted(detail)
    )
}

/// ` (text)`, or nothing. Cleaned once more, because anybody can build an outcome.
pub(crate) fn quoted(text: &str) -> String {
    let text = one_line(text);
    let text = text.trim_end_matches('.');
    if text.is_empty() { String::new() } else { format!(" ({text})") }
}

impl fmt::Display for PostOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence())
    }
}
