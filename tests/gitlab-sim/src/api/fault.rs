//! Answers that are wrong on purpose.

use axum::{
    Json,
    body::Body,
    http::{HeaderValue, Request, Response, StatusCode, header},
    response::{Html, IntoResponse},
};
use bytes::Bytes;
use serde_json::json;

use super::ApiError;
use crate::dials::Fault;

/// More than a careful client reads.
const OVERSIZED_BYTES: usize = 1024 * 1024 + 4096;

/// The answer for a fault that does nothing of what was asked.
pub(crate) fn response(fault: &Fault, request: &Request<Bytes>) -> Response<Body> {
    match fault {
        Fault::TooManyRequests { retry_after_seconds } => {
            let text = (StatusCode::TOO_MANY_REQUESTS, "Retry later").into_response();
            with_retry_after(text, *retry_after_seconds)
        }
        Fault::TooManyRequestsJson { retry_after_seconds } => {
            let sentence = "This endpoint has been requested too many times. Try again later.";
            let error =
                ApiError::message(StatusCode::TOO_MANY_REQUESTS, json!({"error": sentence}));
            with_retry_after(error.into_response(), *retry_after_seconds)
        }
        Fault::ServerError(status) => server_error(*status),
        Fault::Unauthorized => ApiError::unauthorized().into_response(),
        Fault::Forbidden => ApiError::forbidden().into_response(),
        Fault::RowLocked => {
            let sentence = "409 Conflict: Resource lock";
            ApiError::message(StatusCode::CONFLICT, sentence).into_response()
        }
        Fault::RedirectToHttps => redirect_to_https(request),
        Fault::Html => Html("<!doctype html><title>Sign in</title><p>Sign in").into_response(),
        Fault::Delay(_)
        | Fault::DelayAfter(_)
        | Fault::CutBefore
        | Fault::CutAfter
        | Fault::Oversized => server_error(500),
    }
}

/// A proxy speaks HTML for 502 to 504; GitLab itself speaks JSON.
fn server_error(status: u16) -> Response<Body> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if status == StatusCode::INTERNAL_SERVER_ERROR {
        return ApiError::message(status, "500 Internal Server Error").into_response();
    }
    (status, Html(format!("<h1>{status}</h1>"))).into_response()
}

fn with_retry_after(mut response: Response<Body>, seconds: Option<u64>) -> Response<Body> {
    if let Some(seconds) = seconds {
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn redirect_to_https(request: &Request<Bytes>) -> Response<Body> {
    let host = request.headers().get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    ApiError::redirect(&format!("https://{host}{}", request.uri())).into_response()
}

/// An answer with a body that is far too large.
pub(crate) fn oversized(status: StatusCode) -> Response<Body> {
    let padding = "x".repeat(OVERSIZED_BYTES);
    (status, Json(json!({ "padding": padding }))).into_response()
}
