//! Tokens, scopes and the lookup of projects and merge requests.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
};
use serde_json::json;

use super::ApiError;
use crate::{
    core::Core,
    world::{
        MergeRequestRecord, ProjectRecord, Role, TokenProblem, TokenRecord, Visibility, World,
    },
};

/// The person behind a request; reading needs `api` or `read_api`, everything else `api`.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) user_id: u64,
    pub(crate) method: Method,
}

impl FromRequestParts<Arc<Core>> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, core: &Arc<Core>) -> Result<Self, ApiError> {
        let scopes: &[&str] = match parts.method {
            Method::GET => &["api", "read_api"],
            _ => &["api"],
        };
        let user_id = core.read(|world| {
            let token = token(world, &parts.headers)?;
            require_scope(token, scopes)?;
            Ok::<_, ApiError>(token.user_id)
        })?;
        Ok(Self { user_id, method: parts.method.clone() })
    }
}

/// The token's text, from either header GitLab knows.
pub(crate) fn token_value(headers: &HeaderMap) -> Option<&str> {
    let private = headers.get("PRIVATE-TOKEN").and_then(|value| value.to_str().ok());
    let bearer = || {
        let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        value.strip_prefix("Bearer ")
    };
    private.or_else(bearer)
}

/// The token of a request, if it can be used.
pub(crate) fn token<'world>(
    world: &'world World,
    headers: &HeaderMap,
) -> Result<&'world TokenRecord, ApiError> {
    let value = token_value(headers).ok_or_else(ApiError::unauthorized)?;
    world.authenticate(value).map_err(|problem| {
        let description = match problem {
            TokenProblem::Unknown => return ApiError::unauthorized(),
            TokenProblem::Expired => {
                "Token is expired. You can either do re-authorization or token refresh."
            }
            TokenProblem::Revoked => "Token was revoked. You have to re-authorize from the user.",
        };
        let body = json!({ "error": "invalid_token", "error_description": description });
        ApiError::body(StatusCode::UNAUTHORIZED, body)
    })
}

/// Refuses a token that has none of the scopes.
pub(crate) fn require_scope(token: &TokenRecord, scopes: &[&str]) -> Result<(), ApiError> {
    if token.scopes.iter().any(|scope| scopes.contains(&scope.as_str())) {
        return Ok(());
    }
    let body = json!({
        "error": "insufficient_scope",
        "error_description":
            "The request requires higher privileges than provided by the access token.",
        "scope": scopes.join(" "),
    });
    Err(ApiError::body(StatusCode::FORBIDDEN, body))
}

impl Caller {
    /// Finds a project by its number or its path, as far as the caller may know of it.
    pub(crate) fn project<'world>(
        &self,
        world: &'world World,
        id: &str,
    ) -> Result<&'world ProjectRecord, ApiError> {
        let not_found = || ApiError::message(StatusCode::NOT_FOUND, "404 Project Not Found");
        let mut projects = world.projects.values().filter(|project| !project.deleted);
        let found = match id.parse::<u64>() {
            Ok(id) => world.projects.get(&id).filter(|project| !project.deleted),
            Err(_) => projects.find(|project| project.path == id),
        };
        if let Some(project) = found {
            let visible = world.can_see(self.user_id, project);
            return visible.then_some(project).ok_or_else(not_found);
        }
        let moved = |project: &&ProjectRecord| project.moved_from.iter().any(|old| old == id);
        let mut projects = world.projects.values();
        let project = projects.find(moved).ok_or_else(not_found)?;
        if !world.can_see(self.user_id, project) {
            return Err(not_found());
        }
        Err(self.moved(world, project))
    }

    fn moved(&self, world: &World, project: &ProjectRecord) -> ApiError {
        if self.method == Method::GET {
            let location = format!("{}/api/v4/projects/{}", world.url, project.id);
            return ApiError::redirect(&location);
        }
        ApiError::message(
            StatusCode::METHOD_NOT_ALLOWED,
            "Non GET methods are not allowed for moved projects",
        )
    }

    pub(crate) fn role(&self, world: &World, project: &ProjectRecord) -> Role {
        world.role(self.user_id, project)
    }

    /// Refuses a caller below a role with 403.
    pub(crate) fn require(
        &self,
        world: &World,
        project: &ProjectRecord,
        role: Role,
    ) -> Result<(), ApiError> {
        let enough = self.role(world, project) >= role;
        enough.then_some(()).ok_or_else(ApiError::forbidden)
    }

    /// Refuses a caller who may not read merge requests.
    pub(crate) fn require_reader(
        &self,
        world: &World,
        project: &ProjectRecord,
    ) -> Result<(), ApiError> {
        if project.visibility != Visibility::Private {
            return Ok(());
        }
        self.require(world, project, Role::Reporter)
    }
}

/// 401 for a project whose licence lapsed, the same body as for a bad token.
pub(crate) fn require_licence(project: &ProjectRecord) -> Result<(), ApiError> {
    project.licensed.then_some(()).ok_or_else(ApiError::unauthorized)
}

/// Finds a merge request by its number in the project.
pub(crate) fn merge_request<'world>(
    world: &'world World,
    project: &ProjectRecord,
    iid: u64,
) -> Result<&'world MergeRequestRecord, ApiError> {
    let mut records = world.merge_requests.values();
    records
        .find(|record| record.project_id == project.id && record.iid == iid)
        .ok_or_else(ApiError::not_found)
}

/// Reads a number from a path.
pub(crate) fn number(text: &str, name: &str) -> Result<u64, ApiError> {
    text.parse().map_err(|_| ApiError::bad_request(&[format!("{name} is invalid")]))
}
