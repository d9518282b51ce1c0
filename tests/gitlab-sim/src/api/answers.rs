//! Answers to status checks: giving them, reading them and asking again.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderName, Method, Request, StatusCode, Uri},
    response::IntoResponse,
};
use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    Answered, ApiError,
    auth::{self, Caller},
    entities, paging,
    params::Params,
};
use crate::{
    core::Core,
    history::Answer,
    times,
    world::{CheckRecord, ProjectRecord, Role, Status, Visibility, World},
};

const POLL_INTERVAL: (HeaderName, &str) = (HeaderName::from_static("poll-interval"), "10000");

/// The parameters of an answer.
struct Given {
    sha: String,
    check_id: u64,
    status: Status,
}

impl Given {
    fn read(params: &Params) -> Result<Self, ApiError> {
        let sha = params.text("sha");
        let check_id = params.number("external_status_check_id");
        let status = params.text("status");
        let known = status.as_deref().and_then(Status::parse);
        let mut complaints = Vec::new();
        let mut complain = |wrong: bool, sentence: &str| {
            if wrong {
                complaints.push(sentence.to_owned());
            }
        };
        complain(sha.is_none(), "sha is missing");
        if params.get("external_status_check_id").is_none() {
            complain(true, "external_status_check_id is missing");
        } else {
            complain(check_id.is_none(), "external_status_check_id is invalid");
        }
        complain(status.is_none(), "status is missing");
        complain(known.is_none(), "status does not have a valid value");
        match (sha, check_id, known) {
            (Some(sha), Some(check_id), Some(status)) => Ok(Self { sha, check_id, status }),
            _ => Err(ApiError::bad_request(&complaints)),
        }
    }
}

/// `POST /projects/:id/merge_requests/:iid/status_check_responses`
pub(crate) async fn create(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Path((id, iid)): Path<(String, String)>,
    params: Params,
) -> Answered {
    let iid = auth::number(&iid, "merge_request_iid")?;
    let given = Given::read(&params)?;
    core.write(|world| {
        let project = caller.project(world, &id)?;
        auth::require_licence(project)?;
        let record = auth::merge_request(world, project, iid)?;
        let role = caller.role(world, project);
        if role < Role::CustomApprover || project.archived {
            return Err(ApiError::forbidden());
        }
        let check = project.check(given.check_id).ok_or_else(ApiError::not_found)?;
        require_head(record.sha(), &given.sha)?;
        if role < Role::Developer {
            return Err(ApiError::message(StatusCode::NOT_FOUND, Value::Null));
        }
        let merge_request = entities::merge_request(world, record);
        let check_value = entities::check(project, check);
        let late = world.status(given.check_id, record) != Status::Pending;
        let row = if world.keeps_first_answer && late {
            None
        } else {
            world.insert_row(given.check_id, record.id, &given.sha, given.status)
        };
        let body = json!({
            "id": row,
            "merge_request": merge_request,
            "external_status_check": check_value,
        });
        Ok((StatusCode::CREATED, Json(body)).into_response())
    })
}

fn require_head(head: &str, sha: &str) -> Result<(), ApiError> {
    if head == sha && !sha.is_empty() {
        return Ok(());
    }
    let sentence = format!("SHA does not match HEAD of source branch: {head}");
    Err(ApiError::message(StatusCode::CONFLICT, sentence))
}

/// `GET /projects/:id/merge_requests/:iid/status_checks`
pub(crate) async fn list(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Path((id, iid)): Path<(String, String)>,
    uri: Uri,
    params: Params,
) -> Answered {
    let iid = auth::number(&iid, "merge_request_iid")?;
    core.read(|world| {
        let project = caller.project(world, &id)?;
        auth::require_licence(project)?;
        let record = auth::merge_request(world, project, iid)?;
        if project.visibility != Visibility::Internal {
            caller.require(world, project, Role::Reporter)?;
        }
        let values = world.applicable_checks(record).into_iter().map(|check| {
            json!({
                "id": check.id,
                "name": check.name,
                "external_url": shown_url(world, &caller, project, &check),
                "status": world.status(check.id, record).as_str(),
            })
        });
        let page = paging::page(&core.url, &uri, &params, values.collect());
        Ok(([POLL_INTERVAL], page).into_response())
    })
}

/// Developers see the address without its query, lower roles nothing.
fn shown_url(
    world: &World,
    caller: &Caller,
    project: &ProjectRecord,
    check: &CheckRecord,
) -> String {
    if caller.role(world, project) < Role::Developer {
        return String::new();
    }
    let bare = check.external_url.split('?').next();
    bare.unwrap_or_default().to_owned()
}

/// `POST /projects/:id/merge_requests/:iid/status_checks/:check_id/retry`
pub(crate) async fn retry(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Path((id, iid, check_id)): Path<(String, String, String)>,
) -> Answered {
    let iid = auth::number(&iid, "merge_request_iid")?;
    let check_id = auth::number(&check_id, "external_status_check_id")?;
    core.write(|world| {
        let project = caller.project(world, &id)?;
        auth::require_licence(project)?;
        let record = auth::merge_request(world, project, iid)?;
        caller.require(world, project, Role::Developer)?;
        project.check(check_id).ok_or_else(ApiError::not_found)?;
        let refused = |sentence| ApiError::message(StatusCode::UNPROCESSABLE_ENTITY, sentence);
        world
            .retry(check_id, record.id, caller.user_id)
            .map_err(|error| refused(error.to_string()))?;
        let accepted = json!({ "message": "202 Accepted" });
        Ok((StatusCode::ACCEPTED, Json(accepted)).into_response())
    })
}

/// Describes a request for the history, if it is an answer to a status check.
pub(crate) fn describe_answer(core: &Core, request: &Request<Bytes>) -> Option<Answer> {
    let path = request.uri().path().strip_prefix("/api/v4/projects/")?;
    let path = path.strip_suffix("/status_check_responses")?;
    let (project, iid) = path.split_once("/merge_requests/")?;
    if request.method() != Method::POST {
        return None;
    }
    let params = Params::read(request.uri(), request.headers(), request.body()).unwrap_or_default();
    let project = project.replace("%2F", "/").replace("%2f", "/");
    let (project, user) = core.read(|world| {
        // The number and the path of a project are one project in the history.
        let id = project.parse().ok();
        let named = id.and_then(|id: u64| world.projects.get(&id));
        let path = named.map_or_else(|| project.clone(), |named| named.path.clone());
        let token = auth::token(world, request.headers()).ok();
        let user = token.and_then(|token| world.users.get(&token.user_id));
        (path, user.map(|user| user.username.clone()))
    });
    Some(Answer {
        id: 0,
        project,
        iid: iid.parse().ok()?,
        check_id: params.number("external_status_check_id"),
        user,
        sha: params.text("sha"),
        status: params.text("status"),
        received_at: times::now(),
        ended_at: None,
        http_status: None,
        overlapped: false,
    })
}
