//! Signing in with a password of ours, and out.

use std::net::{IpAddr, Ipv4Addr};

use axum::{
    Extension, Form,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use kit::http::Peer;
use proto::v1::{ListPeopleRequest, SignInRequest, SignOutRequest};
use serde::Deserialize;
use tonic::Code;

use super::{html, trouble, unavailable};
use crate::{
    SignIn,
    app::App,
    person::{Visit, same_origin},
    session::{self, SIGN_IN, Session, next_page},
    view::{Reader, SignInPage},
};

/// Where somebody wanted to go.
#[derive(Debug, Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    next: String,
}

/// What the form carries. It has no `Debug`: the password must not be printed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignInForm {
    login: String,
    password: String,
    token: String,
    #[serde(default)]
    next: String,
}

pub(crate) async fn form(
    State(app): State<App>,
    Query(wanted): Query<Wanted>,
    session: Option<Extension<Session>>,
    visit: Visit,
) -> Response {
    if !matches!(*app.sign_in, SignIn::Local { .. }) || session.is_some() {
        return Redirect::to(next_page(&wanted.next)).into_response();
    }
    show(&app, StatusCode::OK, &visit, String::new(), &wanted.next, "").await
}

pub(crate) async fn sign_in(
    State(app): State<App>,
    visit: Visit,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    Form(form): Form<SignInForm>,
) -> Response {
    let SignIn::Local { plain } = *app.sign_in else {
        return Redirect::to("/approval-apps/").into_response();
    };
    let (login, next) = (form.login.trim(), form.next.as_str());
    if !same_origin(&headers) || !visit.shown_by_us("sign-in", "", &form.token) {
        let sentence = "This form was open for too long, or did not come from us. Try again.";
        return show(&app, StatusCode::FORBIDDEN, &visit, sentence.to_owned(), next, login).await;
    }
    let address = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |Extension(peer)| peer.0.ip());
    if let Err(minutes) = app.attempts.begin(login, address, kit::clock::now_micros()) {
        let unit = if minutes == 1 { "minute" } else { "minutes" };
        let sentence = format!("Too many attempts; try again in {minutes} {unit}.");
        return show(&app, StatusCode::TOO_MANY_REQUESTS, &visit, sentence, next, login).await;
    }
    let question = SignInRequest { id: login.to_owned(), password: form.password };
    match app.people.clone().sign_in(question).await {
        Ok(answer) => {
            app.attempts.succeeded(login, address);
            let secret = answer.into_inner().secret;
            let mut response = Redirect::to(next_page(next)).into_response();
            let cookie = session::cookie(&headers, plain, Some(&secret));
            response.headers_mut().extend(cookie.map(|it| (header::SET_COOKIE, it)));
            response
        }
        Err(status) if status.code() == Code::Unauthenticated => {
            let sentence = "The login name or the password is wrong.".to_owned();
            show(&app, StatusCode::UNAUTHORIZED, &visit, sentence, next, login).await
        }
        Err(status) => {
            app.attempts.succeeded(login, address);
            unavailable(&visit, &status)
        }
    }
}

/// What the form to sign out carries.
#[derive(Debug, Deserialize)]
pub(crate) struct SignOutForm {
    token: String,
}

pub(crate) async fn sign_out(
    State(app): State<App>,
    visit: Visit,
    session: Option<Extension<Session>>,
    headers: HeaderMap,
    Form(form): Form<SignOutForm>,
) -> Response {
    let (SignIn::Local { plain }, Some(Extension(session))) = (&*app.sign_in, session) else {
        return Redirect::to("/approval-apps/").into_response();
    };
    if !same_origin(&headers) || !visit.shown_by_us("me", "", &form.token) {
        let sentence = "This form did not come from a page of ours; open the list again.";
        return trouble(StatusCode::FORBIDDEN, "Still signed in", sentence.to_owned(), &visit);
    }
    let question = SignOutRequest { secret: session.secret };
    if let Err(status) = app.people.clone().sign_out(question).await {
        return unavailable(&visit, &status);
    }
    let mut response = Redirect::to(SIGN_IN).into_response();
    let cookie = session::cookie(&headers, *plain, None);
    response.headers_mut().extend(cookie.map(|it| (header::SET_COOKIE, it)));
    response
}

async fn show(
    app: &App,
    status: StatusCode,
    visit: &Visit,
    error: String,
    next: &str,
    login: &str,
) -> Response {
    let found = app.people.clone().list_people(ListPeopleRequest { limit: 1 }).await;
    let page = SignInPage {
        reader: Reader::of(visit),
        // When recorder does not answer, the form says so once it is sent.
        nobody: found.is_ok_and(|found| found.into_inner().people.is_empty()),
        error,
        next: next_page(next).to_owned(),
        login: login.to_owned(),
        token: visit.token("sign-in", ""),
    };
    html(status, &page, visit)
}
