//! From an HTTP answer to a [`PostOutcome`], row by row of GitLab's `status_check_responses`.

use serde_json::Value;

use super::message::{Failed, failed, location_host, retry_after};
use super::{Answer, Missing, PostOutcome, Reply};
use crate::text::is_object_id;

/// What goes before the true head in GitLab's 409, from `check_sha_param!`.
const SHA_MISMATCH: &str = "SHA does not match HEAD";

/// Classifies GitLab's reply to a posted status; never fails, whatever the bytes are.
///
/// A 401 is always `Unauthorised` here: only a second request can tell a bad token from a lapsed
/// licence.
#[must_use]
pub fn classify(reply: &Reply<'_>, asked: &Answer) -> PostOutcome {
    match reply.status {
        200..=299 => success(reply, asked),
        300..=399 => PostOutcome::Redirected { location_host: location_host(reply) },
        400..=499 => refusal(reply),
        status @ 500..=599 => PostOutcome::ServerError { status },
        status => PostOutcome::Unexpected { status, detail: "no such HTTP status".to_owned() },
    }
}

fn success(reply: &Reply<'_>, asked: &Answer) -> PostOutcome {
    if let Some(detail) = not_gitlab(reply) {
        return PostOutcome::NotGitLab { detail };
    }
    let unexpected =
        |detail: &str| PostOutcome::Unexpected { status: reply.status, detail: detail.to_owned() };
    if reply.status != 201 {
        return unexpected("a stored status is answered with 201");
    }
    // The entity has no `status`, so what was stored is only known by reading it back.
    let body: Value = serde_json::from_slice(reply.body).unwrap_or_default();
    let merge_request = &body["merge_request"];
    let project = &merge_request["project_id"];
    let head = &merge_request["sha"];
    if merge_request["iid"].as_i64() != Some(asked.iid)
        || !(project.is_null() || project.as_i64() == Some(asked.project_id))
    {
        return unexpected("the answer is not about our merge request");
    }
    if body["external_status_check"]["id"].as_i64() != Some(asked.check_id) {
        return unexpected("the answer is not about our status check");
    }
    if !(head.is_null() || head.as_str() == Some(&asked.sha)) {
        return unexpected("the answer is about another commit");
    }
    PostOutcome::Stored
}

/// Why a 2xx body cannot be GitLab's API, if so.
pub(crate) fn not_gitlab(reply: &Reply<'_>) -> Option<String> {
    let page = reply.content_type.is_some_and(|kind| kind.to_ascii_lowercase().contains("html"));
    let reason = if reply.oversized {
        "a body of more than 1 MiB"
    } else if page {
        "an HTML page"
    } else if serde_json::from_slice::<serde::de::IgnoredAny>(reply.body).is_err() {
        "a body that is not JSON"
    } else {
        return None;
    };
    Some(reason.to_owned())
}

fn refusal(reply: &Reply<'_>) -> PostOutcome {
    let failed = failed(reply.body);
    match reply.status {
        400 => PostOutcome::BadRequest { message: failed.text },
        401 => PostOutcome::Unauthorised { detail: failed.text },
        403 => PostOutcome::Forbidden { insufficient_scope: lacks_scope(&failed) },
        404 => PostOutcome::NotFound { what: missing(&failed) },
        405 => PostOutcome::Moved,
        // A proxy gave up on the request; how far it got is not known.
        408 => PostOutcome::Unknown { cause: "408 from a server that stopped waiting".to_owned() },
        409 => conflict(failed),
        422 => PostOutcome::Unprocessable { message: failed.text },
        429 => PostOutcome::RateLimited { retry_after: retry_after(reply) },
        status => PostOutcome::Unexpected { status, detail: failed.text },
    }
}

/// `insufficient_scope`, or `insufficient_granular_scope` for a fine-grained token.
pub(crate) fn lacks_scope(failed: &Failed) -> bool {
    matches!(failed.error.as_str(), "insufficient_scope" | "insufficient_granular_scope")
}

/// GitLab's three 404s differ only by wording, one of them by a single capital letter: the
/// lower-case "found" is the missing record, the upper-case one the missing permission.
fn missing(failed: &Failed) -> Missing {
    if failed.null_message {
        return Missing::BelowDeveloper;
    }
    if !failed.has_message {
        return Missing::Endpoint;
    }
    match failed.text.as_str() {
        "404 Project Not Found" => Missing::Project,
        "404 Not Found" => Missing::BelowDeveloper,
        _ => Missing::MergeRequestOrCheck,
    }
}

fn conflict(failed: Failed) -> PostOutcome {
    if failed.text.contains(SHA_MISMATCH) {
        return PostOutcome::NotHead { head: head_in(&failed.text) };
    }
    if failed.text.to_ascii_lowercase().contains("resource lock") {
        return PostOutcome::RowLocked;
    }
    PostOutcome::Unexpected { status: 409, detail: failed.text }
}

/// The head SHA after the last colon; anything but a full, well-formed one is not a head.
fn head_in(text: &str) -> Option<String> {
    let (_, head) = text.rsplit_once(':')?;
    let head = head.trim();
    is_object_id(head).then(|| head.to_owned())
}
