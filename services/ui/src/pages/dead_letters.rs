//! Messages that could not be applied, and what to do about them.

use axum::{
    Form,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use proto::v1::{
    DropDeadLetterRequest, GetDeadLetterRequest, ListDeadLettersRequest, RecordedDeadLetter,
    ReplayDeadLetterRequest,
};
use serde::Deserialize;
use tonic::{Code, Status};

use super::{html, trouble, unavailable};
use crate::{
    app::App,
    person::{Person, Visit, same_origin},
    view::{DeadLetterPage, DeadLetterView, DeadLettersPage, Notice, Reader, TimeView},
};

/// Which list is shown.
#[derive(Debug, Deserialize)]
pub(crate) struct Which {
    show: Option<String>,
    page: Option<String>,
}

/// What a form about a dead letter carries.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettleForm {
    token: String,
    #[serde(default)]
    reason: String,
    /// Only while we do not know it.
    #[serde(default)]
    name: String,
}

/// What to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Replay,
    Drop,
}

pub(crate) async fn list(
    State(app): State<App>,
    Query(which): Query<Which>,
    mut visit: Visit,
) -> Response {
    let (show, states): (_, &[&str]) = match which.show.as_deref() {
        Some("settled") => ("settled", &["replayed", "dropped"]),
        _ => ("open", &["open"]),
    };
    let question = ListDeadLettersRequest {
        states: states.iter().map(|state| (*state).to_owned()).collect(),
        page_token: which.page.unwrap_or_default(),
        caller: visit.caller(),
        ..ListDeadLettersRequest::default()
    };
    let found = match app.alarms.list(app.recorder.clone(), question).await {
        Ok(found) => found,
        Err(status) => return unavailable(&visit, &status),
    };
    visit.dead_letters = found.open;
    let now = kit::clock::now_micros();
    let page = DeadLettersPage {
        reader: Reader::of(&visit),
        show,
        letters: found.dead_letters.iter().map(|it| DeadLetterView::new(it, now)).collect(),
        next: Some(found.next_page_token).filter(|token| !token.is_empty()),
        now: TimeView::new(Some(now), now),
    };
    html(StatusCode::OK, &page, &visit)
}

pub(crate) async fn one(State(app): State<App>, Path(id): Path<String>, visit: Visit) -> Response {
    match find(&app, &id, &visit).await {
        Ok(letter) => html(StatusCode::OK, &DeadLetterPage::new(&letter, &visit, None, ""), &visit),
        Err(status) => unavailable(&visit, &status),
    }
}

pub(crate) async fn replay(
    State(app): State<App>,
    Path(id): Path<String>,
    visit: Visit,
    headers: HeaderMap,
    Form(form): Form<SettleForm>,
) -> Response {
    settle(&app, &id, visit, &headers, form, Order::Replay).await
}

pub(crate) async fn drop_letter(
    State(app): State<App>,
    Path(id): Path<String>,
    visit: Visit,
    headers: HeaderMap,
    Form(form): Form<SettleForm>,
) -> Response {
    settle(&app, &id, visit, &headers, form, Order::Drop).await
}

async fn settle(
    app: &App,
    id: &str,
    mut visit: Visit,
    headers: &HeaderMap,
    form: SettleForm,
    order: Order,
) -> Response {
    if !same_origin(headers) || !visit.shown_by_us(id, "dead-letter", &form.token) {
        let sentence = "This form did not come from a page we showed you; open the dead letter \
                        again. Nothing was done.";
        return trouble(StatusCode::FORBIDDEN, "Nothing done", sentence.to_owned(), &visit);
    }
    let named = visit.names_itself && !form.name.trim().is_empty();
    if named {
        visit.person = Person::named(&form.name);
    }
    if visit.person.is_none() {
        let sentence = match visit.names_itself {
            true => "Nothing was done: say who you are, for the record.",
            false => "Nothing was done: the proxy in front of this page did not say who you are.",
        };
        return again(app, id, &visit, StatusCode::UNAUTHORIZED, sentence, &form.reason).await;
    }
    let done = carry_out(app, id, &visit, &form.reason, order).await;
    app.alarms.look(&app.recorder).await;
    visit.dead_letters = app.alarms.dead_letters();
    let mut response = match done {
        Ok(()) => Redirect::to(&format!("/approval-apps/dead-letters/{id}")).into_response(),
        Err(status) => refused(app, id, &visit, &status, &form.reason).await,
    };
    if named {
        let cookie = visit.set_cookie(true).map(|it| (header::SET_COOKIE, it));
        response.headers_mut().extend(cookie);
    }
    response
}

async fn carry_out(
    app: &App,
    id: &str,
    visit: &Visit,
    why: &str,
    order: Order,
) -> Result<(), Status> {
    let mut recorder = app.recorder.clone();
    let (dead_letter_id, reason) = (id.to_owned(), why.trim().to_owned());
    let operator = visit.person.as_ref().map(|it| it.name.clone()).unwrap_or_default();
    let caller = visit.caller();
    match order {
        Order::Replay => {
            let order = ReplayDeadLetterRequest { dead_letter_id, operator, reason, caller };
            recorder.replay_dead_letter(order).await.map(drop)
        }
        Order::Drop => {
            let order = DropDeadLetterRequest { dead_letter_id, operator, reason, caller };
            recorder.drop_dead_letter(order).await.map(drop)
        }
    }
}

/// The page once more, with what recorder said against it.
async fn refused(app: &App, id: &str, visit: &Visit, status: &Status, why: &str) -> Response {
    let code = match status.code() {
        Code::FailedPrecondition | Code::Aborted => StatusCode::CONFLICT,
        Code::InvalidArgument => StatusCode::UNPROCESSABLE_ENTITY,
        _ => return unavailable(visit, status),
    };
    let mut sentence = status.message().to_owned();
    if let Some(first) = sentence.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    again(app, id, visit, code, &sentence, why).await
}

async fn again(
    app: &App,
    id: &str,
    visit: &Visit,
    code: StatusCode,
    sentence: &str,
    why: &str,
) -> Response {
    match find(app, id, visit).await {
        Ok(letter) => {
            let notice = Some(Notice { good: false, text: sentence.to_owned() });
            html(code, &DeadLetterPage::new(&letter, visit, notice, why), visit)
        }
        Err(status) => unavailable(visit, &status),
    }
}

async fn find(app: &App, id: &str, visit: &Visit) -> Result<RecordedDeadLetter, Status> {
    let (dead_letter_id, caller) = (id.to_owned(), visit.caller());
    let question = GetDeadLetterRequest { dead_letter_id, caller };
    let answer = app.recorder.clone().get_dead_letter(question).await?.into_inner();
    answer.dead_letter.ok_or_else(|| Status::not_found(""))
}
