//! The operations page: how everything is, for operators.

use axum::{
    Form,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use proto::v1::{GetSafeModeRequest, LeaveSafeModeRequest};
use serde::Deserialize;
use tonic::Status;

use super::{html, trouble, unavailable};
use crate::{
    app::App,
    person::{Visit, same_origin},
    view::{OperationsPage, Reader, TimeView},
};

pub(crate) async fn page(State(mut app): State<App>, visit: Visit) -> Response {
    if !visit.operates {
        return unavailable(&visit, &Status::not_found(""));
    }
    let now = kit::clock::now_micros();
    let safe_mode = app.recorder.get_safe_mode(GetSafeModeRequest {}).await;
    let safe_mode = safe_mode.map(tonic::Response::into_inner);
    let page = OperationsPage::new(
        Reader::of(&visit),
        &app.pulses.all(),
        safe_mode.ok(),
        visit.token("operations", ""),
        TimeView::new(Some(now), now),
    );
    html(StatusCode::OK, &page, &visit)
}

/// An operator says go on.
#[derive(Debug, Deserialize)]
pub(crate) struct GoOn {
    token: String,
    reason: String,
}

pub(crate) async fn go_on(
    State(mut app): State<App>,
    visit: Visit,
    headers: HeaderMap,
    Form(form): Form<GoOn>,
) -> Response {
    let ours = same_origin(&headers) && visit.shown_by_us("operations", "", &form.token);
    let (true, Some(person)) = (ours && visit.operates, visit.person.clone()) else {
        let sentence = "Say who you are, open the page again and say go on there.";
        return trouble(StatusCode::FORBIDDEN, "Not done", sentence.to_owned(), &visit);
    };
    let order = LeaveSafeModeRequest { operator: person.id, reason: form.reason };
    match app.recorder.leave_safe_mode(order).await {
        Ok(_) => {
            app.alarms.look(&app.recorder).await;
            Redirect::to("/approval-apps/operations").into_response()
        }
        Err(status) if status.code() == tonic::Code::Unavailable => unavailable(&visit, &status),
        Err(status) => {
            let sentence = format!("Safe mode goes on as it was: {}.", status.message());
            trouble(StatusCode::UNPROCESSABLE_ENTITY, "Not done", sentence, &visit)
        }
    }
}
