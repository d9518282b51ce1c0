//! Changes as they happen, as server-sent events (WHATWG HTML, section 9.2).

use std::{convert::Infallible, time::Duration};

use askama::Template;
use axum::{
    Extension,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::{Stream, StreamExt};
use proto::v1::{WatchRequestsRequest, WatchRequestsResponse};
use serde::Deserialize;

use crate::{
    app::App,
    person::{Visit, same_origin},
    session::Session,
    view::{RequestView, Row},
};

/// A line now and then, so that proxies do not take the stream for dead.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// How often it is asked whether who listens is still signed in.
const LOOK_EVERY: Duration = Duration::from_secs(5);

#[derive(Debug, Deserialize)]
pub(crate) struct From {
    /// The sequence of the page that asks; nothing after it is missed.
    after: Option<u64>,
}

/// A stream of rows. It goes on where the browser's last one ended (`Last-Event-ID`).
pub(crate) async fn stream(
    State(mut app): State<App>,
    Query(from): Query<From>,
    visit: Visit,
    session: Option<Extension<Session>>,
    headers: HeaderMap,
) -> Response {
    // Whoever listens sees what the reader sees.
    if !same_origin(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let session = session.map(|Extension(session)| session);
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let after = last.and_then(|id| id.parse().ok()).or(from.after);
    let question = WatchRequestsRequest {
        after_sequence: after.unwrap_or_default(),
        from_now: after.is_none(),
        caller: visit.caller(),
    };
    match app.recorder.watch_requests(question).await {
        Ok(changes) => {
            let over = session_over(app.clone(), session);
            let changes = changes
                .into_inner()
                .take_while(|change| std::future::ready(change.is_ok()))
                .filter_map(move |change| {
                    std::future::ready(change.ok().and_then(|change| event(change, &visit)))
                })
                .take_until(app.stop.clone().cancelled_owned())
                .take_until(over);
            respond(changes)
        }
        // The browser tries again by itself.
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// Waits until the session of whoever listens is over.
async fn session_over(app: App, session: Option<Session>) {
    let Some(Session { secret, .. }) = session else {
        return std::future::pending().await;
    };
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        if matches!(Session::find(&app, secret.clone(), false).await, Ok(None)) {
            return;
        }
    }
}

fn respond(changes: impl Stream<Item = Event> + Send + 'static) -> Response {
    // An event and not a comment, so that the page, too, knows that the stream is alive.
    let beat = Event::default().event("beat").data("still here");
    let keep = KeepAlive::new().interval(HEARTBEAT).event(beat);
    let mut response = Sse::new(changes.map(Ok::<_, Infallible>)).keep_alive(keep).into_response();
    // Some proxies collect an answer before they pass it on, unless told not to.
    let no = axum::http::HeaderValue::from_static("no");
    response.headers_mut().insert("x-accel-buffering", no);
    response
}

fn event(change: WatchRequestsResponse, visit: &Visit) -> Option<Event> {
    let id = change.sequence.to_string();
    let Some(request) = change.request else {
        // A browser drops an event without data.
        return Some(Event::default().id(id).event("ready").data("live"));
    };
    let row = RequestView::new(&request, visit, kit::clock::now_micros());
    let data = serde_json::json!({
        "request_id": row.id,
        "state": row.state,
        "row": Row { row }.render().ok()?,
    });
    Some(Event::default().id(id).event("request").data(data.to_string()))
}
