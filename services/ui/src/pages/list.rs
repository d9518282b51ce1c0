//! The list.

use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};

use super::{html, unavailable};
use proto::v1::ListViewsRequest;

use crate::{
    app::App,
    filters::Filters,
    person::Visit,
    view::{ListPage, Reader, RequestView, TimeView},
};

pub(crate) async fn list(
    State(mut app): State<App>,
    Query(filters): Query<Filters>,
    visit: Visit,
) -> Response {
    let now = kit::clock::now_micros();
    let filters = filters.of(&visit);
    let found = match app.recorder.list_requests(filters.question(&visit, now)).await {
        Ok(found) => found.into_inner(),
        Err(status) => return unavailable(&visit, &status),
    };
    let views = match visit.person {
        Some(_) => app.recorder.list_views(ListViewsRequest { caller: visit.caller() }).await.ok(),
        None => None,
    };
    let views = views.map(|it| it.into_inner().views).unwrap_or_default();
    let page = ListPage {
        views: filters.kept(&views),
        view_token: visit.token("views", ""),
        reader: Reader::of(&visit),
        tabs: filters.tabs(&visit),
        rows: found.requests.iter().map(|it| RequestView::new(it, &visit, now)).collect(),
        next: filters.next(&found.next_page_token),
        sequence: found.sequence,
        now: TimeView::new(Some(now), now),
        filters,
    };
    html(StatusCode::OK, &page, &visit)
}
