//! To the OpenID provider, and back with a code.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use identity::Failure;
use proto::v1::SignOutRequest;
use serde::Deserialize;
use tonic::{Code, Status};

use super::{Again, Wanted, show, signed_in, unavailable};
use crate::{
    app::App, cookie, open_id::OpenId, person::Visit, session::Session, session::next_page,
};

/// What the provider sends a browser back with (RFC 6749, 4.1.2).
#[derive(Deserialize)]
pub(crate) struct Back {
    #[serde(default)]
    state: String,
    code: Option<String>,
}

/// Leaves for the provider.
pub(crate) async fn go(
    State(app): State<App>,
    Query(wanted): Query<Wanted>,
    visit: Visit,
    headers: HeaderMap,
) -> Response {
    let Some(open_id) = app.open_id.clone() else {
        return Redirect::to("/approval-apps/").into_response();
    };
    let (next, plain) = (next_page(&wanted.next), app.sign_in.sessions().unwrap_or_default());
    match open_id.provider.begin().await {
        Ok((address, attempt)) => {
            let mut response = Redirect::to(&address).into_response();
            let cookie = cookie::attempt(&headers, plain, Some((&attempt, next)));
            response.headers_mut().extend(cookie.map(|it| (header::SET_COOKIE, it)));
            response
        }
        Err(failure) => failed(&app, &open_id, &visit, &failure, next).await,
    }
}

/// Comes back: the session begins, and the attempt is over whatever came of it.
pub(crate) async fn callback(
    State(app): State<App>,
    Query(back): Query<Back>,
    session: Option<Extension<Session>>,
    visit: Visit,
    headers: HeaderMap,
) -> Response {
    let Some(open_id) = app.open_id.clone() else {
        return Redirect::to("/approval-apps/").into_response();
    };
    let plain = app.sign_in.sessions().unwrap_or_default();
    let mut response = finish(&app, &open_id, back, &visit, &headers, plain).await;
    if let Some(Extension(old)) = session.filter(|_| response.status().is_redirection()) {
        // A browser has one session.
        let ended = app.people.clone().sign_out(SignOutRequest { secret: old.secret }).await;
        if let Err(status) = ended {
            tracing::warn!(code = ?status.code(), "an earlier session could not be ended");
        }
    }
    let over = cookie::attempt(&headers, plain, None);
    if let Some(cookie) = over {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

async fn finish(
    app: &App,
    open_id: &Arc<OpenId>,
    back: Back,
    visit: &Visit,
    headers: &HeaderMap,
    plain: bool,
) -> Response {
    let begun = cookie::begun_attempt(headers, plain);
    let Some((attempt, next)) = begun.filter(|(attempt, _)| attempt.state == back.state) else {
        let error = "This sign-in was begun in another browser, or took too long. Try again.";
        let again = Again { error, ..Again::default() };
        return show(app, StatusCode::FORBIDDEN, visit, again).await;
    };
    // Without a code it says why not, in words that are not for us.
    let Some(code) = back.code else {
        return failed(app, open_id, visit, &Failure::Refused, &next).await;
    };
    match open_id.finish(app, attempt, &code).await {
        Ok(Ok(secret)) => signed_in(app, headers, &secret, &next),
        Ok(Err(failure)) => failed(app, open_id, visit, &failure, &next).await,
        Err(status) => not_begun(app, visit, &status, &next).await,
    }
}

/// The provider did not let somebody in.
async fn failed(
    app: &App,
    open_id: &OpenId,
    visit: &Visit,
    failure: &Failure,
    next: &str,
) -> Response {
    let host = open_id.provider.host();
    let (status, error) = match failure {
        Failure::Refused => (StatusCode::UNAUTHORIZED, format!("{host} did not let you in.")),
        Failure::Unavailable(_) => {
            tracing::warn!(%failure, "nobody can sign in");
            let sentence = format!("{host} does not answer now. Try again in a moment.");
            (StatusCode::SERVICE_UNAVAILABLE, sentence)
        }
        Failure::Unusable(_) => {
            tracing::error!(%failure, "nobody can sign in");
            let sentence = format!(
                "You were not signed in: what {host} said cannot be used. An operator finds the \
                 cause in the log."
            );
            (StatusCode::BAD_GATEWAY, sentence)
        }
    };
    show(app, status, visit, Again { error: &error, next, ..Again::default() }).await
}

/// The provider let somebody in, and we do not.
async fn not_begun(app: &App, visit: &Visit, status: &Status, next: &str) -> Response {
    let (code, error) = match status.code() {
        Code::AlreadyExists => (
            StatusCode::FORBIDDEN,
            "You were not signed in: somebody else here has the same login name. Ask an operator.",
        ),
        Code::Unauthenticated => (StatusCode::FORBIDDEN, "You may not sign in here any more."),
        _ => return unavailable(visit, status),
    };
    show(app, code, visit, Again { error, next, ..Again::default() }).await
}
