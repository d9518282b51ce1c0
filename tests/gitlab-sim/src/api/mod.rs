//! The part of `/api/v4` that a status check service uses.

mod answers;
mod auth;
mod checks;
mod entities;
pub(crate) mod fault;
mod merge_requests;
mod notes;
mod paging;
mod params;
mod people;
mod projects;

use std::sync::Arc;

use axum::{
    Json, Router,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use serde_json::{Value, json};

pub(crate) use answers::describe_answer;

use crate::{core::Core, times};

/// The limit told in the `RateLimit-*` headers; the simulator does not enforce it.
const RATE_LIMIT: u64 = 2000;

/// What a handler gives.
type Answered = Result<Response, ApiError>;

/// An answer that ends a request early.
#[derive(Debug)]
pub(crate) struct ApiError(Box<Response>);

impl ApiError {
    /// `{"message": ...}`, the form of most errors.
    fn message(status: StatusCode, message: impl Into<Value>) -> Self {
        Self::body(status, json!({ "message": message.into() }))
    }

    fn body(status: StatusCode, body: Value) -> Self {
        Self(Box::new((status, Json(body)).into_response()))
    }

    fn unauthorized() -> Self {
        Self::message(StatusCode::UNAUTHORIZED, "401 Unauthorized")
    }

    fn forbidden() -> Self {
        Self::message(StatusCode::FORBIDDEN, "403 Forbidden")
    }

    fn not_found() -> Self {
        Self::message(StatusCode::NOT_FOUND, "404 Not found")
    }

    /// 400 for parameters, all complaints in one line.
    fn bad_request(complaints: &[String]) -> Self {
        let error = json!({ "error": complaints.join(", ") });
        Self::body(StatusCode::BAD_REQUEST, error)
    }

    fn redirect(location: &str) -> Self {
        let location = [(header::LOCATION, location.to_owned())];
        Self(Box::new((StatusCode::MOVED_PERMANENTLY, location).into_response()))
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        *self.0
    }
}

/// The routes of the API.
pub(crate) fn router(core: Arc<Core>) -> Router {
    let project = "/api/v4/projects/{id}";
    let merge_request = format!("{project}/merge_requests/{{iid}}");
    let answers = format!("{merge_request}/status_check_responses");
    let statuses = format!("{merge_request}/status_checks");
    let notes = format!("{merge_request}/notes");
    let checks = format!("{project}/external_status_checks");
    Router::new()
        .route("/api/v4/version", get(people::version))
        .route("/api/v4/user", get(people::user))
        .route("/api/v4/personal_access_tokens/self", get(people::token))
        .route(project, get(projects::show).put(projects::update))
        .route("/api/v4/groups/{id}/projects", get(projects::of_group))
        .route(&format!("{project}/protected_branches"), get(projects::protected_branches))
        .route(&format!("{project}/members/all/{{user_id}}"), get(projects::member))
        .route(&format!("{project}/merge_requests"), get(merge_requests::list))
        .route(&merge_request, get(merge_requests::show))
        .route(&answers, post(answers::create))
        .route(&statuses, get(answers::list))
        .route(&format!("{statuses}/{{check_id}}/retry"), post(answers::retry))
        .route(&notes, get(notes::list).post(notes::create))
        .route(&format!("{notes}/{{note_id}}"), put(notes::update).delete(notes::delete))
        .route(&checks, get(checks::list).post(checks::create))
        .route(&format!("{checks}/{{check_id}}"), put(checks::update).delete(checks::delete))
        .with_state(core)
}

/// GitLab tells the rate limit on every answer.
pub(crate) fn add_rate_limit_headers(headers: &mut HeaderMap) {
    let next_minute = times::now().as_second() / 60 * 60 + 60;
    let name = HeaderValue::from_static("throttle_authenticated_api");
    headers.insert("RateLimit-Name", name);
    headers.insert("RateLimit-Limit", HeaderValue::from(RATE_LIMIT));
    headers.insert("RateLimit-Observed", HeaderValue::from(1));
    headers.insert("RateLimit-Remaining", HeaderValue::from(RATE_LIMIT - 1));
    headers.insert("RateLimit-Reset", HeaderValue::from(next_minute));
    if headers.contains_key(header::RETRY_AFTER)
        && let Ok(reset) = jiff::Timestamp::from_second(next_minute)
        && let Ok(reset) = HeaderValue::from_str(&times::hook(reset))
    {
        headers.insert("RateLimit-ResetTime", reset);
    }
}
