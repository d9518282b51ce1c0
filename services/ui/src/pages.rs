//! The pages and the one form that matters.

pub(crate) mod audit;
pub(crate) mod dead_letters;
mod decide;
pub(crate) mod insight;
mod list;
pub(crate) mod many;
pub(crate) mod operations;
pub(crate) mod sign_in;
pub(crate) mod views;
pub(crate) mod why;

use std::time::Duration;

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
pub(crate) use list::list;

use crate::{
    app::App,
    person::{Person, Visit, same_origin},
    view::{ConfirmPage, Notice, Reader, RequestPage, RequestView, TroublePage},
};

/// How long the page after a decision waits for GitLab's answer, and how often it looks.
const ANSWER_PATIENCE: Duration = Duration::from_millis(1_500);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Most requests of the same merge request that a page names.
const RELATED_MAX: i32 = 20;

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
    let found = match said.said {
        Some(_) => answered(&app, &id, &visit).await,
        None => find(&app, &id, &visit).await,
    };
    let found = match found {
        Ok(found) => found,
        Err(status) => return unavailable(&visit, &status),
    };
    let decision = found.decisions.iter().find(|it| Some(&it.decision_id) == said.said.as_ref());
    let notice = decision.map(|it| Notice { good: it.accepted, text: it.message.clone() });
    shown(&app, StatusCode::OK, &found, &visit, notice).await
}

/// The page of a request, with the others of its merge request.
async fn shown(
    app: &App,
    status: StatusCode,
    found: &GetRequestResponse,
    visit: &Visit,
    notice: Option<Notice>,
) -> Response {
    let own = found.request.clone().unwrap_or_default();
    let question = ListRequestsRequest {
        page_size: RELATED_MAX,
        merge_request: Some(Target {
            gitlab: own.gitlab,
            project_id: own.project_id,
            merge_request_iid: own.iid,
            check_id: 0,
        }),
        caller: visit.caller(),
        ..ListRequestsRequest::default()
    };
    // The page is as good without them.
    let related = app.recorder.clone().list_requests(question).await;
    let mut related = related.map(|it| it.into_inner().requests).unwrap_or_default();
    related.retain(|it| it.request_id != own.request_id);
    html(status, &RequestPage::new(found, &related, visit, notice), visit)
}

/// A request after a decision: when GitLab answers soon, with what it says.
async fn answered(app: &App, id: &str, visit: &Visit) -> Result<GetRequestResponse, tonic::Status> {
    let until = tokio::time::Instant::now() + ANSWER_PATIENCE;
    loop {
        let found = find(app, id, visit).await?;
        let answering = found.request.as_ref().is_some_and(|request| request.answering);
        if !answering || tokio::time::Instant::now() > until {
            return Ok(found);
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Which decision is asked about once more.
#[derive(Debug, Deserialize)]
pub(crate) struct Wish {
    verdict: String,
}

/// Asks once more before a decision.
pub(crate) async fn confirm(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(wish): Query<Wish>,
    visit: Visit,
) -> Response {
    let found = match find(&app, &id, &visit).await {
        Ok(found) => found,
        Err(status) => return unavailable(&visit, &status),
    };
    let verdict = match wish.verdict.as_str() {
        "approve" => "approve",
        "reject" => "reject",
        "revoke" => "revoke",
        _ => return unavailable(&visit, &tonic::Status::not_found("")),
    };
    let request = found.request.clone().unwrap_or_default();
    let row = RequestView::new(&request, &visit, kit::clock::now_micros());
    let reason_needed = verdict != "approve" || found.reasons == "always";
    let page = ConfirmPage { reader: Reader::of(&visit), row, verdict, reason_needed };
    html(StatusCode::OK, &page, &visit)
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
