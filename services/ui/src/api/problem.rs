//! What went wrong, as a machine reads it (RFC 9457).

use std::time::Duration;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use proto::v1::Receipt;
use serde::Serialize;
use tonic::Code;
use utoipa::ToSchema;

use crate::deciding::refusal;

/// Why a call got no better answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    /// When there is no bearer token.
    #[error("Send a token: Authorization: Bearer cst_…")]
    NoToken,
    /// When the token is not one of ours, or not any more.
    #[error("The token is unknown, revoked or expired.")]
    BadToken,
    /// When the token is not for this.
    #[error("The token lacks the scope {0}.")]
    Scope(&'static str),
    #[error("There is no such path; /approval-apps/api/v1/openapi.json lists them.")]
    NoSuchPath,
    #[error("This path does not take this method.")]
    NoSuchMethod,
    #[error("There is no such request.")]
    NoSuchRequest,
    /// When the query or the body is not as the document says.
    #[error("{0}")]
    Invalid(String),
    #[error("The body must be JSON: send content-type: application/json.")]
    NotJson,
    #[error("The body is longer than 65536 bytes.")]
    TooLong,
    /// When recorder refused the decision, with its receipt.
    #[error("{}", .0.message)]
    Refused(Receipt),
    /// When a source decides more often than it may, with the time until it may again.
    #[error("This source decides too often; try again after the time in Retry-After.")]
    TooOften(Duration),
    /// When recorder or the bus is away.
    #[error("This cannot be done now; try again with the same decision_id.")]
    Unavailable,
}

/// The body of every answer that is not 2xx, as `application/problem+json`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemBody {
    /// `urn:countersign:problem:` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// What the status means.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What was wrong and what to do, in one sentence.
    detail: String,
    /// For programs: those of the receipt, or invalid, unauthorized, forbidden, not_found,
    /// method_not_allowed, unsupported_media_type, too_large, too_many_requests, unavailable.
    code: String,
    /// The decision that was refused and recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    decision_id: Option<String>,
}

impl Problem {
    fn status(&self) -> (StatusCode, &str) {
        match self {
            Self::NoToken | Self::BadToken => (StatusCode::UNAUTHORIZED, "unauthorized"),
            Self::Scope(_) => (StatusCode::FORBIDDEN, "forbidden"),
            Self::NoSuchPath => (StatusCode::NOT_FOUND, "not_found"),
            Self::NoSuchRequest => (StatusCode::NOT_FOUND, "unknown_request"),
            Self::NoSuchMethod => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::Invalid(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
            Self::NotJson => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type"),
            Self::TooLong => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            Self::Refused(receipt) => (refusal(&receipt.code), &receipt.code),
            Self::TooOften(_) => (StatusCode::TOO_MANY_REQUESTS, "too_many_requests"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        }
    }
}

impl From<tonic::Status> for Problem {
    fn from(status: tonic::Status) -> Self {
        match status.code() {
            Code::NotFound => Self::NoSuchRequest,
            Code::InvalidArgument => Self::Invalid(format!("{}.", status.message())),
            code => {
                tracing::warn!(?code, "recorder could not be asked");
                Self::Unavailable
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, code) = self.status();
        let body = ProblemBody {
            kind: format!("urn:countersign:problem:{code}"),
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            detail: self.to_string(),
            code: code.to_owned(),
            decision_id: match &self {
                Self::Refused(receipt) => Some(receipt.decision_id.clone()),
                _ => None,
            },
        };
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, json);
        // RFC 6750, 3: an error code only where a token was sent.
        let challenge = match &self {
            Self::NoToken => Some("Bearer realm=\"countersign\""),
            Self::BadToken => Some("Bearer realm=\"countersign\", error=\"invalid_token\""),
            Self::Scope(_) => Some("Bearer realm=\"countersign\", error=\"insufficient_scope\""),
            _ => None,
        };
        if let Some(challenge) = challenge {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        let wait = match &self {
            Self::Unavailable => Some(5),
            Self::TooOften(wait) => Some(wait.as_secs() + 1),
            _ => None,
        };
        headers.extend(wait.map(|seconds| (header::RETRY_AFTER, HeaderValue::from(seconds))));
        response
    }
}
