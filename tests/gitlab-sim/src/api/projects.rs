//! Projects.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::{StatusCode, Uri},
    response::IntoResponse,
};
use serde_json::json;

use super::{
    Answered, ApiError,
    auth::{self, Caller},
    entities, paging,
    params::Params,
};
use crate::{core::Core, world::Role};

/// `GET /projects/:id`
pub(crate) async fn show(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Answered {
    core.read(|world| {
        let project = caller.project(world, &id)?;
        Ok(Json(entities::project(world, project)).into_response())
    })
}

/// `PUT /projects/:id`, of which only the merge setting is known.
pub(crate) async fn update(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Answered {
    core.write(|world| {
        let project = caller.project(world, &id)?;
        caller.require(world, project, Role::Maintainer)?;
        let id = project.id;
        let required = params.flag("only_allow_merge_if_all_status_checks_passed");
        let project = world.projects.get_mut(&id).ok_or_else(ApiError::not_found)?;
        project.requires_checks = required.unwrap_or(project.requires_checks);
        let project = world.projects.get(&id).ok_or_else(ApiError::not_found)?;
        Ok(Json(entities::project(world, project)).into_response())
    })
}

/// `GET /groups/:id/projects`, with those of the groups below when asked for.
pub(crate) async fn of_group(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Path(group): Path<String>,
    uri: Uri,
    params: Params,
) -> Answered {
    let below = params.flag("include_subgroups").unwrap_or(false);
    let inside = format!("{group}/");
    core.read(|world| {
        let projects = world.projects.values().filter(|project| {
            let directly = project.group() == group;
            !project.deleted
                && world.can_see(caller.user_id, project)
                && (directly || (below && project.path.starts_with(&inside)))
        });
        let values: Vec<_> = projects.map(|project| entities::project(world, project)).collect();
        if values.is_empty() {
            return Err(ApiError::message(StatusCode::NOT_FOUND, "404 Group Not Found"));
        }
        Ok(paging::page(&core.url, &uri, &params, values))
    })
}

/// `GET /projects/:id/protected_branches`
pub(crate) async fn protected_branches(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Path(id): Path<String>,
    uri: Uri,
    params: Params,
) -> Answered {
    core.read(|world| {
        let project = caller.project(world, &id)?;
        caller.require(world, project, Role::Developer)?;
        let branches = project.protected_branches.iter();
        let values = branches.map(|(id, name)| json!({ "id": id, "name": name })).collect();
        Ok(paging::page(&core.url, &uri, &params, values))
    })
}

/// `GET /projects/:id/members/all/:user_id`
pub(crate) async fn member(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Path((id, user_id)): Path<(String, String)>,
) -> Answered {
    let user_id = auth::number(&user_id, "user_id")?;
    core.read(|world| {
        let project = caller.project(world, &id)?;
        let role = world.role(user_id, project);
        let level = role.access_level().ok_or_else(ApiError::not_found)?;
        let body = json!({ "id": user_id, "state": "active", "access_level": level });
        Ok(Json(body).into_response())
    })
}
