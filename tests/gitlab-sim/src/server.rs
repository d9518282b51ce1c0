//! The HTTP server: it reads a request whole, applies the faults and answers.
//!
//! It sits below axum because a fault must be able to cut the connection, and
//! because work goes on when a client has gone, as it does in GitLab.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{Request, Response},
};
use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

use crate::{
    api::{self, fault},
    core::Core,
    dials::{About, Fault},
    history::Answer,
    pages,
};

/// The largest request the simulator reads.
const REQUEST_BYTES_MAX: usize = 1024 * 1024;

/// Cuts the connection when a service returns it.
#[derive(Debug, thiserror::Error)]
#[error("the connection is cut on purpose")]
struct Cut;

/// Serves until the simulator stops.
pub(crate) fn start(core: &Arc<Core>, listener: TcpListener) {
    let router = api::router(Arc::clone(core)).merge(pages::router(Arc::clone(core)));
    let accepting = Arc::clone(core);
    core.spawn(async move {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => connect(&accepting, stream, router.clone()),
                // Too many open files, for example; the next attempt may go well.
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    });
}

fn connect(core: &Arc<Core>, stream: TcpStream, router: Router) {
    let core_of_connection = Arc::clone(core);
    let service = service_fn(move |request: Request<Incoming>| {
        let core = Arc::clone(&core_of_connection);
        let router = router.clone();
        async move {
            let (parts, body) = request.into_parts();
            let body = Limited::new(body, REQUEST_BYTES_MAX).collect().await;
            let body = body.map_err(|_| Cut)?.to_bytes();
            let request = Request::from_parts(parts, body);
            // On its own task, so that a client that goes away does not undo the work.
            let runtime = core.runtime.clone();
            let handled = runtime.spawn(handle(core, router, request));
            handled.await.map_err(|_| Cut)?
        }
    });
    core.spawn(async move {
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(stream), service);
        // A cut connection is an error here, and it is wanted.
        let _ = connection.await;
    });
}

async fn handle(
    core: Arc<Core>,
    router: Router,
    request: Request<Bytes>,
) -> Result<Response<Body>, Cut> {
    if !request.uri().path().starts_with("/api/v4") {
        return Ok(route(router, request).await);
    }
    let answer = api::describe_answer(&core, &request);
    let is_answer = answer.is_some();
    let noted = answer.map(|answer: Answer| core.history.begins(answer));
    core.changed();
    let about = match is_answer {
        true => About::Answer,
        false if request.uri().path().contains("/notes") => About::Note,
        false => About::Other,
    };
    let faults = core.dials.take(about);
    let result = with_faults(router, request, faults).await;
    if let Some(id) = noted {
        let status = result.as_ref().ok().map(|response| response.status().as_u16());
        core.history.ends(id, status);
    }
    core.changed();
    let mut response = result?;
    api::add_rate_limit_headers(response.headers_mut());
    Ok(response)
}

async fn with_faults(
    router: Router,
    request: Request<Bytes>,
    faults: Vec<Fault>,
) -> Result<Response<Body>, Cut> {
    for fault in faults {
        match fault {
            Fault::Delay(by) => tokio::time::sleep(by).await,
            Fault::DelayAfter(by) => {
                let response = route(router, request).await;
                tokio::time::sleep(by).await;
                return Ok(response);
            }
            Fault::CutBefore => return Err(Cut),
            Fault::CutAfter => {
                route(router, request).await;
                return Err(Cut);
            }
            Fault::Oversized => return Ok(fault::oversized(route(router, request).await.status())),
            other => return Ok(fault::response(&other, &request)),
        }
    }
    Ok(route(router, request).await)
}

async fn route(router: Router, request: Request<Bytes>) -> Response<Body> {
    match router.oneshot(request.map(Body::from)).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
