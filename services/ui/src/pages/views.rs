//! Filters that somebody keeps under a name.

use axum::{
    Form,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use proto::v1::{DeleteViewRequest, SaveViewRequest};
use serde::Deserialize;
use tonic::Code;

use super::{trouble, unavailable};
use crate::{
    app::App,
    person::{Visit, same_origin},
};

/// What is kept or forgotten.
#[derive(Debug, Deserialize)]
pub(crate) struct ViewForm {
    token: String,
    /// The filters as they stand in the address; there the list is shown again.
    query: String,
    #[serde(default)]
    name: String,
    /// Which one is forgotten; empty when one is kept.
    #[serde(default)]
    forget: String,
}

pub(crate) async fn change(
    State(mut app): State<App>,
    visit: Visit,
    headers: HeaderMap,
    Form(form): Form<ViewForm>,
) -> Response {
    let (title, status) = ("Not saved", StatusCode::FORBIDDEN);
    if !same_origin(&headers) || !visit.shown_by_us("views", "", &form.token) {
        let sentence = "This form did not come from a page of ours; open the list again.";
        return trouble(status, title, sentence.to_owned(), &visit);
    }
    let (caller, query) = (visit.caller(), form.query.clone());
    let done = match form.forget.is_empty() {
        true => {
            let order = SaveViewRequest { caller, name: form.name, query: form.query };
            app.recorder.save_view(order).await.map(drop)
        }
        false => {
            let order = DeleteViewRequest { caller, view_id: form.forget };
            app.recorder.delete_view(order).await.map(drop)
        }
    };
    match done {
        Ok(()) => Redirect::to(&format!("/approval-apps/?{}", encoded(&query))).into_response(),
        Err(status) if matches!(status.code(), Code::Unavailable) => unavailable(&visit, &status),
        Err(said) => {
            let sentence = format!("The view was not saved: {}.", said.message());
            trouble(StatusCode::UNPROCESSABLE_ENTITY, title, sentence, &visit)
        }
    }
}

/// A query written anew, so that nothing but a query stands in the address.
fn encoded(query: &str) -> String {
    let pairs = form_urlencoded::parse(query.as_bytes());
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}
