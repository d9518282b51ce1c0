//! Configuration of a project's status checks.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::{StatusCode, Uri},
    response::{IntoResponse, Response},
};

use super::{
    Answered, ApiError,
    auth::{self, Caller},
    entities, paging,
    params::Params,
};
use crate::{
    core::Core,
    world::{CheckChange, ProjectRecord, Role, World},
};

/// `GET /projects/:id/external_status_checks`
pub(crate) async fn list(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Path(id): Path<String>,
    uri: Uri,
    params: Params,
) -> Answered {
    core.read(|world| {
        let project = caller.project(world, &id)?;
        auth::require_licence(project)?;
        caller.require(world, project, Role::Maintainer)?;
        let checks = project.checks.iter();
        let values = checks.map(|check| entities::check(project, check)).collect();
        Ok(paging::page(&core.url, &uri, &params, values))
    })
}

/// `POST /projects/:id/external_status_checks`
pub(crate) async fn create(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Answered {
    let missing: Vec<String> = ["name", "external_url"]
        .into_iter()
        .filter(|name| params.get(name).is_none())
        .map(|name| format!("{name} is missing"))
        .collect();
    if !missing.is_empty() {
        return Err(ApiError::bad_request(&missing));
    }
    core.write(|world| {
        let project = caller.project(world, &id)?;
        auth::require_licence(project)?;
        // What GitLab says to a lower role here could not be seen; 403 is its habit.
        caller.require(world, project, Role::Maintainer)?;
        let project_id = project.id;
        save(world, project_id, None, &params, StatusCode::CREATED)
    })
}

/// `PUT /projects/:id/external_status_checks/:check_id`
pub(crate) async fn update(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Path((id, check_id)): Path<(String, String)>,
    params: Params,
) -> Answered {
    let check_id = auth::number(&check_id, "check_id")?;
    core.write(|world| {
        let project_id = manageable(world, &caller, &id, check_id)?.id;
        save(world, project_id, Some(check_id), &params, StatusCode::OK)
    })
}

/// `DELETE /projects/:id/external_status_checks/:check_id`
pub(crate) async fn delete(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Path((id, check_id)): Path<(String, String)>,
) -> Answered {
    let check_id = auth::number(&check_id, "check_id")?;
    core.write(|world| {
        let project_id = manageable(world, &caller, &id, check_id)?.id;
        world.delete_check(project_id, check_id);
        Ok(StatusCode::NO_CONTENT.into_response())
    })
}

/// The project of a check the caller may change; a lower role gets 401.
fn manageable<'world>(
    world: &'world World,
    caller: &Caller,
    id: &str,
    check_id: u64,
) -> Result<&'world ProjectRecord, ApiError> {
    let project = caller.project(world, id)?;
    auth::require_licence(project)?;
    project.check(check_id).ok_or_else(ApiError::not_found)?;
    if caller.role(world, project) < Role::Maintainer {
        return Err(ApiError::message(StatusCode::UNAUTHORIZED, "Not allowed"));
    }
    Ok(project)
}

fn save(
    world: &mut World,
    project_id: u64,
    check_id: Option<u64>,
    params: &Params,
    success: StatusCode,
) -> Result<Response, ApiError> {
    let branches = params.numbers("protected_branch_ids").map(|ids| {
        let names = ids.iter().filter_map(|id| world.branch_name(project_id, *id));
        names.collect()
    });
    let change = CheckChange {
        name: params.text("name"),
        external_url: params.text("external_url"),
        secret: params.text("shared_secret").map(Some),
        branches,
    };
    let saved = world.save_check(project_id, check_id, change);
    let id = saved
        .map_err(|complaints| ApiError::message(StatusCode::UNPROCESSABLE_ENTITY, complaints))?;
    let project = world.projects.get(&project_id).ok_or_else(ApiError::not_found)?;
    let check = project.check(id).ok_or_else(ApiError::not_found)?;
    Ok((success, Json(entities::check(project, check))).into_response())
}
