//! A decision over HTTP: onto the bus as its source, and back with the receipt.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use proto::v1;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    caller::Caller,
    problem::{Problem, ProblemBody},
};
use crate::{app::App, deciding};

/// A decision about the request of the path.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDecision {
    /// A UUID of your choice; the same decision sent again counts once.
    decision_id: Uuid,
    /// approve, reject, revoke, or review: of a glass that somebody else broke.
    verdict: String,
    /// The head SHA that was judged, in full.
    sha: String,
    /// The target branch that was judged: the decision is refused when it is another one by now.
    #[serde(default)]
    target_branch: String,
    /// Who decided.
    actor: NewActor,
    /// Why; a rule may require it.
    #[serde(default)]
    reason: String,
    /// Approve although the rule is not met: for those whom the policy lets break the glass. It needs a
    /// reason, and somebody else must review it.
    #[serde(default)]
    break_glass: bool,
    /// Where the decision is on record elsewhere; 50 at most.
    #[serde(default)]
    evidence: Vec<NewEvidence>,
}

/// Who decided, as the calling system knows them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewActor {
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    /// What rules go by.
    #[serde(default)]
    groups: Vec<String>,
}

/// A link to a record elsewhere.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewEvidence {
    label: String,
    url: String,
}

/// What became of a decision.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReceiptBody {
    decision_id: String,
    request_id: String,
    /// False while it is not known yet: send the same decision again.
    accepted: bool,
    /// accepted, duplicate or under_way.
    code: String,
    message: String,
}

/// Approves, rejects or revokes. The answer comes when it is on record.
#[utoipa::path(post, path = "/requests/{request_id}/decisions", tag = "decisions",
    security(("token" = [])), params(("request_id" = String, Path, description = "Its UUID")),
    request_body = NewDecision,
    responses(
        (status = 200, description = "It was on record before", body = ReceiptBody),
        (status = 201, description = "It is on record", body = ReceiptBody),
        (status = 202, description = "It is stored and will be recorded; send it again to learn \
            what became of it", body = ReceiptBody),
        (status = 401, description = "No good token", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = 403, description = "The token lacks the scope decide, or the rules do not let \
            this actor decide", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such request", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = 409, description = "The commit or the target branch changed, or the merge \
            request is not open", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = 422, description = "Something is missing or wrong", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = 429, description = "The source decides more often than it may; Retry-After says when",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "It was not stored; try again", body = ProblemBody,
            content_type = "application/problem+json")))]
pub(crate) async fn decide(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let source = caller.may("decide")?;
    app.paces.admit(source).map_err(Problem::TooOften)?;
    let request_id = Uuid::parse_str(&id).map_err(|_| Problem::NoSuchRequest)?;
    if !is_json(&headers) {
        return Err(Problem::NotJson);
    }
    let body = body.map_err(|_| Problem::TooLong)?;
    let new: NewDecision = serde_json::from_slice(&body)
        .map_err(|wrong| Problem::Invalid(format!("The body is wrong: {wrong}.")))?;
    // What it may not see is not there for it.
    let question = v1::GetRequestRequest { request_id: id, caller: caller.wire() };
    app.recorder.clone().get_request(question).await?;
    let decision = decision(new, request_id);
    let sent = deciding::decide(&app.bus, source, &decision).await;
    let sent = sent.map_err(|error| {
        tracing::error!(%error, source, "a decision could not be put onto the bus");
        Problem::Unavailable
    })?;
    let Some(receipt) = sent else {
        let message = "Stored; send the same decision again to learn what became of it.";
        let receipt = ReceiptBody {
            decision_id: decision.decision_id,
            request_id: decision.request_id,
            accepted: false,
            code: "under_way".to_owned(),
            message: message.to_owned(),
        };
        return Ok((StatusCode::ACCEPTED, Json(receipt)).into_response());
    };
    if !receipt.accepted {
        return Err(Problem::Refused(receipt));
    }
    let new = receipt.code != "duplicate";
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    let v1::Receipt { decision_id, request_id, accepted, code, message } = receipt;
    let body = ReceiptBody { decision_id, request_id, accepted, code, message };
    Ok((status, Json(body)).into_response())
}

fn decision(new: NewDecision, request_id: Uuid) -> v1::Decision {
    let NewActor { id, name, email, groups } = new.actor;
    let link = |it: NewEvidence| v1::Evidence { label: it.label, url: it.url };
    v1::Decision {
        decision_id: new.decision_id.to_string(),
        request_id: request_id.to_string(),
        target: None,
        verdict: new.verdict,
        sha: new.sha,
        actor: Some(v1::Actor { id, name, email, groups }),
        reason: new.reason,
        evidence: new.evidence.into_iter().map(link).collect(),
        target_branch: new.target_branch,
        break_glass: new.break_glass,
    }
}

/// `application/json`, whatever its parameters.
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let kind = kind.and_then(|it| it.split(';').next()).unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/json")
}
