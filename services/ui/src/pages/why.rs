//! The author's page: why a merge request waits and who can help, for whoever has the link.

use axum::{
    extract::{Path, State},
    http::{HeaderName, HeaderValue, StatusCode},
    response::Response,
};
use proto::v1::{ListLinkedRequest, Target};

use super::{html, unavailable};
use crate::{
    app::App,
    person::Visit,
    view::{WhyPage, WhyView},
};

pub(crate) async fn why(
    State(mut app): State<App>,
    Path((gitlab, project_id, iid, signature)): Path<(String, i64, i64, String)>,
) -> Response {
    // Who they are does not matter, and is not looked at.
    let visit = Visit::nobody();
    let question = ListLinkedRequest {
        merge_request: Some(Target { gitlab, project_id, merge_request_iid: iid, check_id: 0 }),
        link_signature: signature,
    };
    let found = match app.recorder.list_linked(question).await {
        Ok(found) => found.into_inner(),
        Err(status) => return unavailable(&visit, &status),
    };
    let now = kit::clock::now_micros();
    let checks: Vec<_> = found.requests.iter().map(|it| WhyView::new(it, &visit, now)).collect();
    let mut response = html(StatusCode::OK, &WhyPage::new(checks, &visit), &visit);
    // A link that somebody posted in public is not for search engines.
    let name = HeaderName::from_static("x-robots-tag");
    response.headers_mut().insert(name, HeaderValue::from_static("noindex, nofollow"));
    response
}
