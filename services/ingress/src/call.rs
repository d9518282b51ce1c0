//! The extractor between the outside and us: limits, signature, reading. What a handler gets is a
//! call that GitLab made, or something signed that is not one.

use std::{collections::HashMap, time::Duration};

use axum::{
    extract::{FromRequest, Path, Request},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::{Bytes, BytesMut};
use gitlab::{
    call::{CallError, StatusCheckCall},
    signature,
};
use http_body_util::BodyExt;
use kit::http::HangUp;
use secrecy::ExposeSecret;
use tokio::sync::OwnedSemaphorePermit;

use crate::{Hook, app::App};

/// GitLab itself sends nothing larger (25 MB, `Gitlab::Json::LimitedEncoder`).
pub(crate) const BODY_BYTES_MAX: usize = 25 * 1024 * 1024;
/// How much of a body that is too large is read before the connection is closed.
const DISCARDED_BYTES_MAX: usize = 64 * 1024 * 1024;
/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(15);
/// The address without a name is this hook.
const DEFAULT_HOOK: &str = "default";

/// A signed body, read.
#[derive(Debug)]
pub(crate) struct Verified {
    pub(crate) hook: Hook,
    pub(crate) body: Bytes,
    /// The room that the body takes.
    _room: OwnedSemaphorePermit,
    pub(crate) call: Result<StatusCheckCall, CallError>,
}

/// Why a call was not taken. Nothing of it is kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("There is no hook of this name; check the External API URL of the status check.")]
    UnknownHook,
    #[error("The call is not signed: set the shared secret of the status check in GitLab.")]
    Unsigned,
    #[error(
        "The signature is not right: the shared secret of the status check in GitLab is not the \
         one configured here."
    )]
    WrongSignature,
    #[error("The body must be application/json, not encoded in any way.")]
    NotJson,
    #[error("The body is larger than 25 MiB.")]
    TooLarge,
    #[error("The body did not arrive within 15 seconds.")]
    TooSlow,
    #[error("The body could not be read.")]
    Broken,
    #[error("There are too many large bodies at once.")]
    NoRoom,
}

impl Refused {
    fn status(&self) -> StatusCode {
        match self {
            Self::UnknownHook => StatusCode::NOT_FOUND,
            Self::Unsigned | Self::WrongSignature => StatusCode::UNAUTHORIZED,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Broken => StatusCode::BAD_REQUEST,
            Self::NoRoom => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = self.status();
        metrics::counter!("countersign_calls_total", "status" => status.as_str().to_owned())
            .increment(1);
        tracing::warn!(http.status = status.as_u16(), "a call was refused: {self}");
        if self == Self::NoRoom {
            // GitLab comes back after a broken connection, and never after an answer.
            return HangUp.into_response();
        }
        (status, format!("{self}\n")).into_response()
    }
}

impl FromRequest<App> for Verified {
    type Rejection = Refused;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refused> {
        let (mut parts, body) = request.into_parts();
        let hook = find_hook(&mut parts, app).await?;
        check_type(&parts.headers)?;
        let room = room(app, &parts.headers).await?;
        let body = read(&parts.headers, body).await?;
        verify(&hook, &parts.headers, &body)?;
        let call = gitlab::call::parse(&body);
        Ok(Self { hook, body, call, _room: room })
    }
}

async fn find_hook(parts: &mut http::request::Parts, app: &App) -> Result<Hook, Refused> {
    use axum::extract::FromRequestParts;
    let Path(path): Path<HashMap<String, String>> =
        Path::from_request_parts(parts, app).await.map_err(|_| Refused::UnknownHook)?;
    let name = path.get("hook").map_or(DEFAULT_HOOK, String::as_str);
    app.hooks.get(name).cloned().ok_or(Refused::UnknownHook)
}

fn check_type(headers: &HeaderMap) -> Result<(), Refused> {
    let of = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let media = of(header::CONTENT_TYPE).and_then(|value| value.split(';').next());
    let json = media.is_some_and(|media| media.trim().eq_ignore_ascii_case("application/json"));
    let plain = match headers.get(header::CONTENT_ENCODING) {
        None => true,
        Some(encoding) => encoding.as_bytes().eq_ignore_ascii_case(b"identity"),
    };
    if json && plain { Ok(()) } else { Err(Refused::NotJson) }
}

fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Waits for the memory that a body takes; one that does not say its length gets the largest. A body
/// that is too large is not kept, so it needs none.
async fn room(app: &App, headers: &HeaderMap) -> Result<OwnedSemaphorePermit, Refused> {
    let bytes = match announced(headers).unwrap_or(BODY_BYTES_MAX) {
        large if large > BODY_BYTES_MAX => 0,
        bytes => bytes,
    };
    let wanted = u32::try_from(bytes.div_ceil(1024)).map_err(|_| Refused::NoRoom)?;
    let room = app.body_budget.clone().acquire_many_owned(wanted);
    match tokio::time::timeout(BODY_TIMEOUT, room).await {
        Ok(Ok(room)) => Ok(room),
        Ok(Err(_)) | Err(_) => Err(Refused::NoRoom),
    }
}

async fn read(headers: &HeaderMap, body: axum::body::Body) -> Result<Bytes, Refused> {
    let too_large = announced(headers).is_some_and(|length| length > BODY_BYTES_MAX);
    match tokio::time::timeout(BODY_TIMEOUT, collect(body, too_large)).await {
        Err(_) => Err(Refused::TooSlow),
        Ok(body) => body,
    }
}

/// Reads a body; one that is too large is read on for a while and thrown away, because a sender
/// that is cut off while it sends never reads the answer.
async fn collect(mut body: axum::body::Body, mut too_large: bool) -> Result<Bytes, Refused> {
    let mut kept = BytesMut::new();
    let mut seen = 0_usize;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return Err(Refused::Broken);
        };
        let Some(data) = frame.data_ref() else {
            continue;
        };
        seen += data.len();
        too_large |= seen > BODY_BYTES_MAX;
        if too_large {
            kept = BytesMut::new();
        } else {
            kept.extend_from_slice(data);
        }
        if seen > DISCARDED_BYTES_MAX {
            break;
        }
    }
    if too_large { Err(Refused::TooLarge) } else { Ok(kept.freeze()) }
}

fn verify(hook: &Hook, headers: &HeaderMap, body: &[u8]) -> Result<(), Refused> {
    if hook.secrets.is_empty() && hook.allow_unsigned {
        return Ok(());
    }
    let signature = headers.get("x-gitlab-signature").map(http::HeaderValue::as_bytes);
    let secrets = hook.secrets.iter().map(|secret| secret.expose_secret().as_bytes());
    match signature::verify(signature, secrets, body) {
        Ok(_) => Ok(()),
        Err(signature::SignatureError::Missing) => Err(Refused::Unsigned),
        Err(_) => Err(Refused::WrongSignature),
    }
}
