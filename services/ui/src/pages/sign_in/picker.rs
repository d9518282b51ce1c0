//! The demo: people pick who they are.

use axum::{
    Form,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use proto::v1::{BeginSessionRequest, LocalPerson};
use serde::Deserialize;

use super::{Again, NOT_OURS, show, signed_in, unavailable};
use crate::{
    SignIn,
    app::App,
    person::{Visit, new_secret, same_origin},
};

/// What the form carries.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PickForm {
    person: String,
    token: String,
    #[serde(default)]
    next: String,
}

pub(crate) async fn pick(
    State(app): State<App>,
    visit: Visit,
    headers: HeaderMap,
    Form(form): Form<PickForm>,
) -> Response {
    let SignIn::Picker(people) = &*app.sign_in else {
        return Redirect::to("/approval-apps/").into_response();
    };
    let picked = people.iter().find(|somebody| somebody.id == form.person);
    let ours = same_origin(&headers) && visit.shown_by_us("sign-in", "", &form.token);
    let (true, Some(somebody)) = (ours, picked) else {
        let again = Again { error: NOT_OURS, next: &form.next, ..Again::default() };
        return show(&app, StatusCode::FORBIDDEN, &visit, again).await;
    };
    let secret = new_secret();
    let person = LocalPerson {
        id: somebody.id.clone(),
        name: somebody.name.clone(),
        groups: somebody.groups.clone(),
        issuer: app.sign_in.issuer().to_owned(),
        ..LocalPerson::default()
    };
    let (person, proof) = (Some(person), String::new());
    let begun = BeginSessionRequest { secret: secret.clone(), person, proof };
    match app.people.clone().begin_session(begun).await {
        Ok(_) => signed_in(&app, &headers, &secret, &form.next),
        Err(status) => unavailable(&visit, &status),
    }
}
