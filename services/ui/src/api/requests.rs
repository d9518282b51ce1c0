//! Requests for approval: a page of them, and one with everything about it.

use axum::{
    Json,
    extract::{Path, Query, State, rejection::QueryRejection},
};
use proto::{
    Timestamp,
    v1::{self, GetRequestRequest, ListRequestsRequest, Target},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    caller::Caller,
    problem::{Problem, ProblemBody},
};
use crate::app::App;

const STATES: [&str; 6] = ["waiting", "approved", "rejected", "expired", "superseded", "cancelled"];

/// Which requests are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// States, with commas between them; without it, all.
    #[param(example = "waiting,approved")]
    state: Option<String>,
    /// Most requests wanted, 1 to 200; 50 without it.
    limit: Option<u16>,
    /// `next` of the page before.
    page: Option<String>,
    /// Only requests whose broken glass waits for a review.
    #[serde(default)]
    to_review: bool,
    /// `oldest` (the default) or `newest` first.
    order: Option<String>,
    /// With `project_id` and `merge_request_iid`: only the requests of one merge request.
    gitlab: Option<String>,
    project_id: Option<i64>,
    merge_request_iid: Option<i64>,
}

/// One page.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Requests {
    requests: Vec<Approval>,
    /// For `page`; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// What is to be approved: one commit of a merge request at one status check.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Approval {
    request_id: String,
    /// Name of the GitLab instance.
    gitlab: String,
    project_id: i64,
    project_path: String,
    merge_request_iid: i64,
    check_id: i64,
    check_name: String,
    /// The commit that is judged; a decision names it.
    sha: String,
    /// Head of the merge request as far as we know; another one when superseded.
    head_sha: String,
    title: String,
    url: String,
    source_branch: String,
    target_branch: String,
    author_name: String,
    labels: Vec<String>,
    draft: bool,
    /// waiting, approved, rejected, expired, superseded or cancelled.
    state: String,
    /// The verdict in one sentence.
    explanation: String,
    /// broken, overdue or reviewed, when somebody approved by breaking the glass; empty otherwise.
    glass: String,
    /// What GitLab shows as far as we know: nothing, pending, passed, foreign_passed, failed or
    /// unsure.
    shown: String,
    /// RFC 3339, UTC.
    opened_at: Option<String>,
    /// RFC 3339, UTC.
    changed_at: Option<String>,
}

/// One request with its decisions and what is still missing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApprovalInFull {
    #[serde(flatten)]
    request: Approval,
    /// The rule that is for it; absent when there is none, and then nobody may approve.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
    /// How far the rule is met.
    #[serde(skip_serializing_if = "Option::is_none")]
    finding: Option<Finding>,
    /// Why nothing can be approved now, while a freeze is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    frozen: Option<String>,
    decisions: Vec<Attempt>,
    timeline: Vec<Step>,
}

/// How far a requirement is met, and the same for its parts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Finding {
    met: bool,
    sentence: String,
    #[schema(no_recursion)]
    parts: Vec<Finding>,
}

/// A decision as it was recorded, accepted or not.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Attempt {
    decision_id: String,
    source: String,
    verdict: String,
    break_glass: bool,
    actor_id: String,
    actor_name: String,
    reason: String,
    accepted: bool,
    code: String,
    message: String,
    /// RFC 3339, UTC.
    at: Option<String>,
}

/// One step in the life of a request.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Step {
    /// RFC 3339, UTC.
    at: Option<String>,
    kind: String,
    message: String,
}

/// A page of requests, as the record has them now.
#[utoipa::path(get, path = "/requests", tag = "requests", params(Which), security(("token" = [])),
    responses(
        (status = 200, description = "One page", body = Requests),
        (status = 401, description = "No good token", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = 403, description = "The token lacks the scope read", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = 422, description = "The query says something unknown", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = 503, description = "Try again", body = ProblemBody,
            content_type = "application/problem+json")))]
pub(crate) async fn list(
    State(mut app): State<App>,
    caller: Caller,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Json<Requests>, Problem> {
    caller.may("read")?;
    let Query(which) =
        which.map_err(|wrong| Problem::Invalid(format!("{}.", wrong.body_text())))?;
    let found = app.recorder.list_requests(question(which, &caller)?).await?.into_inner();
    Ok(Json(Requests {
        requests: found.requests.into_iter().map(Approval::from).collect(),
        next: some(found.next_page_token),
    }))
}

fn question(which: Which, caller: &Caller) -> Result<ListRequestsRequest, Problem> {
    let invalid = |sentence: &str| Problem::Invalid(sentence.to_owned());
    let states: Vec<String> =
        which.state.iter().flat_map(|it| it.split(',')).map(ToOwned::to_owned).collect();
    if states.len() > STATES.len() || !states.iter().all(|it| STATES.contains(&it.as_str())) {
        return Err(Problem::Invalid(format!("state is made of {}.", STATES.join(", "))));
    }
    let merge_request = match (which.gitlab, which.project_id, which.merge_request_iid) {
        (None, None, None) => None,
        (Some(gitlab), Some(project_id), Some(merge_request_iid)) => {
            Some(Target { gitlab, project_id, merge_request_iid, check_id: 0 })
        }
        _ => return Err(invalid("gitlab, project_id and merge_request_iid go together.")),
    };
    let oldest_first = match which.order.as_deref() {
        None | Some("oldest") => true,
        Some("newest") => false,
        Some(_) => return Err(invalid("order is oldest or newest.")),
    };
    let page_size = which.limit.unwrap_or(50);
    if !(1..=200).contains(&page_size) {
        return Err(invalid("limit is 1 to 200."));
    }
    let page_token = which.page.unwrap_or_default();
    Ok(ListRequestsRequest {
        states,
        page_size: page_size.into(),
        page_token,
        merge_request,
        oldest_first,
        caller: caller.wire(),
        to_review: which.to_review,
        ..ListRequestsRequest::default()
    })
}

/// One request, its decisions and its timeline.
#[utoipa::path(get, path = "/requests/{request_id}", tag = "requests", security(("token" = [])),
    params(("request_id" = String, Path, description = "Its UUID")),
    responses(
        (status = 200, description = "The request", body = ApprovalInFull),
        (status = 401, description = "No good token", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = 403, description = "The token lacks the scope read", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = 404, description = "There is no such request", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = 503, description = "Try again", body = ProblemBody,
            content_type = "application/problem+json")))]
pub(crate) async fn one(
    State(mut app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<ApprovalInFull>, Problem> {
    caller.may("read")?;
    if uuid::Uuid::parse_str(&id).is_err() {
        return Err(Problem::NoSuchRequest);
    }
    let question = GetRequestRequest { request_id: id, caller: caller.wire() };
    let found = app.recorder.get_request(question).await?.into_inner();
    Ok(Json(ApprovalInFull {
        request: found.request.unwrap_or_default().into(),
        rule: some(found.rule),
        finding: found.finding.map(Finding::from),
        frozen: some(found.frozen),
        decisions: found.decisions.into_iter().map(Attempt::from).collect(),
        timeline: found.timeline.into_iter().map(Step::from).collect(),
    }))
}

impl From<v1::Request> for Approval {
    fn from(it: v1::Request) -> Self {
        Self {
            request_id: it.request_id,
            gitlab: it.gitlab,
            project_id: it.project_id,
            project_path: it.project_path,
            merge_request_iid: it.iid,
            check_id: it.check_id,
            check_name: it.check_name,
            sha: it.sha,
            head_sha: it.head_sha,
            title: it.title,
            url: it.url,
            source_branch: it.source_branch,
            target_branch: it.target_branch,
            author_name: it.author_name,
            labels: it.labels,
            draft: it.draft,
            state: it.state,
            explanation: it.explanation,
            glass: it.glass,
            shown: it.shown,
            opened_at: utc(it.opened_at.as_ref()),
            changed_at: utc(it.changed_at.as_ref()),
        }
    }
}

impl From<v1::Finding> for Finding {
    fn from(it: v1::Finding) -> Self {
        let parts = it.parts.into_iter().map(Self::from).collect();
        Self { met: it.met, sentence: it.sentence, parts }
    }
}

impl From<v1::RecordedDecision> for Attempt {
    fn from(it: v1::RecordedDecision) -> Self {
        // E-mail addresses stay where they are needed.
        let v1::Actor { id, name, .. } = it.actor.unwrap_or_default();
        Self {
            decision_id: it.decision_id,
            source: it.source,
            verdict: it.verdict,
            break_glass: it.break_glass,
            actor_id: id,
            actor_name: name,
            reason: it.reason,
            accepted: it.accepted,
            code: it.code,
            message: it.message,
            at: utc(it.at.as_ref()),
        }
    }
}

impl From<v1::TimelineEntry> for Step {
    fn from(it: v1::TimelineEntry) -> Self {
        Self { at: utc(it.at.as_ref()), kind: it.kind, message: it.message }
    }
}

fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

fn utc(time: Option<&Timestamp>) -> Option<String> {
    let time = jiff::Timestamp::from_microsecond(proto::micros(time)?).ok()?;
    Some(time.to_string())
}
