//! The extractor between the outside and us: limits, signature, reading. What a handler gets is a
//! call that GitLab made, or something signed that is not one.

use std::collections::HashMap;

use axum::{
    extract::{FromRequest, Path, Request},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use gitlab::{
    call::{CallError, StatusCheckCall},
    signature::{Claim, SignatureError},
};
use kit::http::HangUp;
use secrecy::{ExposeSecret, SecretString};

use crate::{
    Hook,
    app::App,
    body::{self, Room, Wanted},
};

/// The address without a name is this hook.
const DEFAULT_HOOK: &str = "default";
/// Up to this size a wrong signature is compared with the secrets of the other hooks, too: strangers
/// must not make us work for more.
const COMPARED_BYTES_MAX: usize = 64 * 1024;

/// A signed body, read.
#[derive(Debug)]
pub(crate) struct Verified {
    pub(crate) hook: Hook,
    pub(crate) body: Bytes,
    /// The room that the body takes.
    _room: Room,
    pub(crate) call: Result<StatusCheckCall, CallError>,
}

impl Verified {
    /// Whether somebody looks whether the secret is right, and nothing has happened in GitLab.
    pub(crate) fn is_probe(&self) -> bool {
        self.body == gitlab::probe::PROBE
    }
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
    #[error(
        "The signature is not right: it was made with the secret of another hook, so the External \
         API URL and the shared secret of the status check do not belong together."
    )]
    SecretOfAnotherHook,
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
            Self::Unsigned | Self::WrongSignature | Self::SecretOfAnotherHook => {
                StatusCode::UNAUTHORIZED
            }
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Broken => StatusCode::BAD_REQUEST,
            Self::NoRoom => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// A stable label for the counter.
    fn reason(&self) -> &'static str {
        match self {
            Self::UnknownHook => "unknown-hook",
            Self::Unsigned => "unsigned",
            Self::WrongSignature => "wrong-signature",
            Self::SecretOfAnotherHook => "secret-of-another-hook",
            Self::NotJson => "not-json",
            Self::TooLarge => "too-large",
            Self::TooSlow => "too-slow",
            Self::Broken => "broken",
            Self::NoRoom => "no-room",
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = self.status();
        metrics::counter!("countersign_calls_total", "status" => status.as_str().to_owned())
            .increment(1);
        metrics::counter!("countersign_calls_refused_total", "reason" => self.reason())
            .increment(1);
        tracing::warn!(http.status = status.as_u16(), "a call was refused: {self}");
        let sentence = format!("{self}\n");
        match self {
            // GitLab comes back after a broken connection, and never after an answer.
            Self::NoRoom => HangUp.into_response(),
            // The rest of the body may still be coming.
            Self::TooLarge | Self::TooSlow | Self::Broken => {
                (status, [(header::CONNECTION, "close")], sentence).into_response()
            }
            _ => (status, sentence).into_response(),
        }
    }
}

impl FromRequest<App> for Verified {
    type Rejection = Refused;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refused> {
        let (mut parts, body) = request.into_parts();
        let hook = find_hook(&mut parts, app).await?;
        check_type(&parts.headers)?;
        let claim = match claim(&hook, &parts.headers) {
            Ok(claim) => claim,
            Err(refused) => {
                body::read(&app.bodies, &parts.headers, body, Wanted::No).await?;
                return Err(refused);
            }
        };
        let (body, room) = body::read(&app.bodies, &parts.headers, body, Wanted::Yes).await?;
        if let Some(claim) = claim {
            verify(app, &hook, claim, &body)?;
        }
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

/// The signature that a call claims; none where calls need none. What has no signature is refused
/// before its body takes any room.
fn claim(hook: &Hook, headers: &HeaderMap) -> Result<Option<Claim>, Refused> {
    if hook.secrets.now().is_empty() && hook.allow_unsigned {
        return Ok(None);
    }
    let mut signatures = headers.get_all("x-gitlab-signature").iter();
    let signature = signatures.next().map(http::HeaderValue::as_bytes);
    match Claim::read(signature) {
        Err(SignatureError::Missing) => Err(Refused::Unsigned),
        // Two signatures are one too many.
        Ok(claim) if signatures.next().is_none() => Ok(Some(claim)),
        _ => Err(Refused::WrongSignature),
    }
}

fn verify(app: &App, hook: &Hook, claim: Claim, body: &[u8]) -> Result<(), Refused> {
    let own = hook.secrets.now();
    match claim.verify(bytes(&own), body) {
        Ok(0) => return Ok(()),
        Ok(_) => {
            // Once this stands still, the old secret can go.
            metrics::counter!("countersign_calls_by_old_secret_total", "hook" => hook.name.clone())
                .increment(1);
            return Ok(());
        }
        Err(_) => {}
    }
    let others = app.hooks.values().filter(|other| other.name != hook.name);
    let others: Vec<SecretString> = others.flat_map(|other| other.secrets.now()).collect();
    let compared = body.len() <= COMPARED_BYTES_MAX;
    if compared && claim.verify(bytes(&others), body).is_ok() {
        return Err(Refused::SecretOfAnotherHook);
    }
    Err(Refused::WrongSignature)
}

fn bytes(secrets: &[SecretString]) -> impl Iterator<Item = &[u8]> {
    secrets.iter().map(|secret| secret.expose_secret().as_bytes())
}
