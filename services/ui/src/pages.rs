//! The pages and the one form that matters.

pub(crate) mod audit;
pub(crate) mod dead_letters;
mod decide;
pub(crate) mod sign_in;

use askama::Template;
use axum::{
    Form,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use proto::v1::{GetRequestRequest, GetRequestResponse, ListRequestsRequest, Target};
use serde::Deserialize;
use tonic::Code;

pub(crate) use decide::decide;

use crate::{
    app::App,
    person::{Person, Visit, same_origin},
    view::{ListPage, Notice, Reader, RequestPage, RequestView, TimeView, TroublePage},
};

/// Which list is shown.
#[derive(Debug, Deserialize)]
pub(crate) struct Which {
    show: Option<String>,
    page: Option<String>,
}

pub(crate) async fn list(
    State(mut app): State<App>,
    Query(which): Query<Which>,
    visit: Visit,
) -> Response {
    let (show, states): (_, &[&str]) = match which.show.as_deref() {
        Some("decided") => ("decided", &["approved", "rejected", "expired"]),
        Some("past") => ("past", &["superseded", "cancelled"]),
        Some("all") => ("all", &[]),
        Some("review") => ("review", &[]),
        _ => ("waiting", &["waiting"]),
    };
    let question = ListRequestsRequest {
        states: states.iter().map(|state| (*state).to_owned()).collect(),
        page_token: which.page.unwrap_or_default(),
        oldest_first: matches!(show, "waiting" | "review"),
        to_review: show == "review",
        caller: visit.caller(),
        ..ListRequestsRequest::default()
    };
    let found = match app.recorder.list_requests(question).await {
        Ok(found) => found.into_inner(),
        Err(status) => return unavailable(&visit, &status),
    };
    let now = kit::clock::now_micros();
    let page = ListPage {
        reader: Reader::of(&visit),
        show,
        rows: found.requests.iter().map(|it| RequestView::new(it, &visit, now)).collect(),
        next: Some(found.next_page_token).filter(|token| !token.is_empty()),
        sequence: found.sequence,
        now: TimeView::new(Some(now), now),
    };
    html(StatusCode::OK, &page, &visit)
}

/// The decision whose result the page tells.
#[derive(Debug, Deserialize)]
pub(crate) struct Said {
    said: Option<String>,
}

pub(crate) async fn request(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(said): Query<Said>,
    visit: Visit,
) -> Response {
    let found = match find(&app, &id, &visit).await {
        Ok(found) => found,
        Err(status) => return unavailable(&visit, &status),
    };
    let decision = found.decisions.iter().find(|it| Some(&it.decision_id) == said.said.as_ref());
    let notice = decision.map(|it| Notice { good: it.accepted, text: it.message.clone() });
    html(StatusCode::OK, &RequestPage::new(&found, &visit, notice), &visit)
}

pub(crate) async fn newest(
    State(mut app): State<App>,
    Path((gitlab, project_id, iid)): Path<(String, i64, i64)>,
    visit: Visit,
) -> Response {
    let question = ListRequestsRequest {
        page_size: 1,
        merge_request: Some(Target { gitlab, project_id, merge_request_iid: iid, check_id: 0 }),
        caller: visit.caller(),
        ..ListRequestsRequest::default()
    };
    match app.recorder.list_requests(question).await {
        Ok(found) => match found.into_inner().requests.first() {
            Some(request) => {
                Redirect::to(&format!("/approval-apps/r/{}", request.request_id)).into_response()
            }
            None => unavailable(&visit, &tonic::Status::not_found("")),
        },
        Err(status) => unavailable(&visit, &status),
    }
}

/// A new name.
#[derive(Debug, Deserialize)]
pub(crate) struct NameForm {
    name: String,
    token: String,
}

pub(crate) async fn set_name(
    mut visit: Visit,
    headers: HeaderMap,
    Form(form): Form<NameForm>,
) -> Response {
    if !same_origin(&headers) || !visit.shown_by_us("me", "", &form.token) || !visit.names_itself {
        let sentence = "This form did not come from a page of ours; open the list again.";
        return trouble(StatusCode::FORBIDDEN, "Not saved", sentence.to_owned(), &visit);
    }
    visit.person = Person::named(&form.name);
    let mut response = Redirect::to("/approval-apps/").into_response();
    response.headers_mut().extend(visit.set_cookie(true).map(|it| (header::SET_COOKIE, it)));
    response
}

pub(crate) async fn asset(Path(name): Path<String>) -> Response {
    let (kind, text) = match name.as_str() {
        "countersign.css" => ("text/css; charset=utf-8", include_str!("../assets/countersign.css")),
        "countersign.js" => {
            ("text/javascript; charset=utf-8", include_str!("../assets/countersign.js"))
        }
        "mark.svg" => ("image/svg+xml", include_str!("../assets/mark.svg")),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], text).into_response()
}

pub(crate) async fn not_found(visit: Visit) -> Response {
    unavailable(&visit, &tonic::Status::not_found(""))
}

async fn find(app: &App, id: &str, visit: &Visit) -> Result<GetRequestResponse, tonic::Status> {
    let question = GetRequestRequest { request_id: id.to_owned(), caller: visit.caller() };
    Ok(app.recorder.clone().get_request(question).await?.into_inner())
}

/// A page for what recorder did not answer.
pub(crate) fn unavailable(visit: &Visit, status: &tonic::Status) -> Response {
    match status.code() {
        Code::NotFound | Code::InvalidArgument => {
            let sentence = "There is nothing at this address. It may have been mistyped.";
            trouble(StatusCode::NOT_FOUND, "Not found", sentence.to_owned(), visit)
        }
        code => {
            tracing::warn!(?code, "recorder did not answer");
            let sentence = "The record cannot be read now. Nothing is lost; try again in a moment.";
            trouble(StatusCode::SERVICE_UNAVAILABLE, "Not available", sentence.to_owned(), visit)
        }
    }
}

/// A page for somebody of whom nobody can say whether they may still sign in.
pub(crate) fn provider_away(visit: &Visit) -> Response {
    let sentence = "The identity provider does not answer, so it cannot be told whether you may \
                    still sign in. Nothing is lost; try again in a moment.";
    let status = StatusCode::SERVICE_UNAVAILABLE;
    trouble(status, "Not available", sentence.to_owned(), visit)
}

/// What was sent by somebody whose session is over. It is not done after they have signed in: they
/// look at the page again first.
pub(crate) fn not_signed_in(visit: &Visit) -> Response {
    let sentence =
        "You are not signed in any more. Nothing was recorded: sign in and decide again.";
    trouble(StatusCode::UNAUTHORIZED, "Not recorded", sentence.to_owned(), visit)
}

fn trouble(status: StatusCode, title: &'static str, sentence: String, visit: &Visit) -> Response {
    html(status, &TroublePage { reader: Reader::of(visit), title, sentence }, visit)
}

fn html(status: StatusCode, page: &impl Template, visit: &Visit) -> Response {
    match page.render() {
        Ok(text) => {
            let mut response = (status, Html(text)).into_response();
            let cookie = visit.set_cookie(false).map(|it| (header::SET_COOKIE, it));
            response.headers_mut().extend(cookie);
            response
        }
        Err(error) => {
            tracing::error!(%error, "a page could not be made");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
