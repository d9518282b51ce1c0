//! Projects.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    response::IntoResponse,
};

use super::{Answered, ApiError, auth::Caller, entities, params::Params};
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
