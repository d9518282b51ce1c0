//! Signing in, and out.

pub(crate) mod picker;
pub(crate) mod provider;

use axum::{
    Extension, Form,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use proto::v1::{ListPeopleRequest, SignInRequest, SignOutRequest};
use serde::Deserialize;
use tonic::Code;

use super::{html, trouble, unavailable};
use crate::{
    SignIn,
    address::BrowserAddress,
    app::App,
    cookie,
    person::{Visit, same_origin},
    session::{GO, SIGN_IN, Session, leading_to, next_page},
    view::{Reader, SignInPage, WayIn},
};

/// Where somebody wanted to go.
#[derive(Debug, Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    next: String,
    /// Whether they come from signing out.
    out: Option<String>,
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

/// What a form shows once more, and why.
#[derive(Debug, Default, Clone, Copy)]
struct Again<'a> {
    error: &'a str,
    next: &'a str,
    login: &'a str,
    out: bool,
}

pub(crate) async fn form(
    State(app): State<App>,
    Query(wanted): Query<Wanted>,
    session: Option<Extension<Session>>,
    visit: Visit,
) -> Response {
    if app.sign_in.sessions().is_none() || session.is_some() {
        return Redirect::to(next_page(&wanted.next)).into_response();
    }
    let again =
        Again { next: &wanted.next, out: wanted.out.as_deref() == Some("1"), ..Again::default() };
    show(&app, StatusCode::OK, &visit, again).await
}

pub(crate) async fn sign_in(
    State(app): State<App>,
    visit: Visit,
    BrowserAddress(address): BrowserAddress,
    headers: HeaderMap,
    Form(form): Form<SignInForm>,
) -> Response {
    if !matches!(*app.sign_in, SignIn::Local { .. }) {
        return Redirect::to("/approval-apps/").into_response();
    }
    let (login, next) = (form.login.trim(), form.next.as_str());
    let again = |error| Again { error, next, login, out: false };
    if !same_origin(&headers) || !visit.shown_by_us("sign-in", "", &form.token) {
        return show(&app, StatusCode::FORBIDDEN, &visit, again(NOT_OURS)).await;
    }
    if let Err(minutes) = app.attempts.begin(login, address, kit::clock::now_micros()) {
        let unit = if minutes == 1 { "minute" } else { "minutes" };
        let sentence = format!("Too many attempts; try again in {minutes} {unit}.");
        return show(&app, StatusCode::TOO_MANY_REQUESTS, &visit, again(&sentence)).await;
    }
    let question = SignInRequest { id: login.to_owned(), password: form.password };
    match app.people.clone().sign_in(question).await {
        Ok(answer) => {
            app.attempts.succeeded(login, address);
            signed_in(&app, &headers, &answer.into_inner().secret, next)
        }
        Err(status) if status.code() == Code::Unauthenticated => {
            let wrong = again("The login name or the password is wrong.");
            show(&app, StatusCode::UNAUTHORIZED, &visit, wrong).await
        }
        Err(status) => {
            app.attempts.succeeded(login, address);
            unavailable(&visit, &status)
        }
    }
}

/// What is said about a form that we did not show, or not lately.
const NOT_OURS: &str = "This form was open for too long, or did not come from us. Try again.";

/// Leads on, with the cookie of the session that has begun.
fn signed_in(app: &App, headers: &HeaderMap, secret: &str, next: &str) -> Response {
    let plain = app.sign_in.sessions().unwrap_or_default();
    let mut response = Redirect::to(next_page(next)).into_response();
    let cookie = cookie::session(headers, plain, Some(secret));
    response.headers_mut().extend(cookie.map(|it| (header::SET_COOKIE, it)));
    response
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
    let (Some(plain), Some(Extension(session))) = (app.sign_in.sessions(), session) else {
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
    let there = if app.open_id.is_some() { format!("{SIGN_IN}?out=1") } else { SIGN_IN.to_owned() };
    let mut response = Redirect::to(&there).into_response();
    let cookie = cookie::session(&headers, plain, None);
    response.headers_mut().extend(cookie.map(|it| (header::SET_COOKIE, it)));
    response
}

async fn show(app: &App, status: StatusCode, visit: &Visit, again: Again<'_>) -> Response {
    let Again { error, next, login, out } = again;
    let way = match (&*app.sign_in, &app.open_id) {
        (SignIn::Picker(people), _) => WayIn::Picker(people.clone()),
        (_, Some(open_id)) => WayIn::Provider {
            host: open_id.provider.host(),
            go: leading_to(GO, next_page(next)),
            out,
            sign_out: match out {
                true => open_id.provider.sign_out_address().await.unwrap_or_default(),
                false => String::new(),
            },
        },
        _ => {
            let found = app.people.clone().list_people(ListPeopleRequest { limit: 1 }).await;
            // When recorder does not answer, the form says so once it is sent.
            let nobody = found.is_ok_and(|found| found.into_inner().people.is_empty());
            WayIn::Password { nobody, login: login.to_owned() }
        }
    };
    let page = SignInPage {
        reader: Reader::of(visit),
        error: error.to_owned(),
        next: next_page(next).to_owned(),
        token: visit.token("sign-in", ""),
        way,
    };
    html(status, &page, visit)
}
