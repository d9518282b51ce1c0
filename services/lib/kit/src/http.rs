//! Serving HTTP with limits, a graceful end, and the right to hang up without an answer.

mod wire;

use std::{
    convert::Infallible,
    fmt, io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    extract::{MatchedPath, Request},
    http::{Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use http_body_util::BodyExt;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tower::{Service, ServiceExt};
use tracing::{Instrument, Span};

use wire::{Head, Wire};

/// How long a client may take to send its headers.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// Most bytes of request line and headers.
const HEADER_BYTES_MAX: usize = 32 * 1024;
/// Most bytes that are read ahead of what a handler takes.
const READ_BYTES_MAX: usize = 64 * 1024;
/// How long a process close by may take to answer.
const CLOSE_BY: Duration = Duration::from_secs(3);
/// How long it takes to begin with a request that is here already.
const READ_WITHIN: Duration = Duration::from_millis(50);
/// How long open connections may last after the end was asked for.
const DRAIN: Duration = Duration::from_secs(5);

/// Put into a response's extensions to close the connection without sending it: GitLab repeats a
/// status check call after a broken connection, and never after an answer.
#[derive(Debug, Clone, Copy)]
pub struct HangUp;

impl IntoResponse for HangUp {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        response.extensions_mut().insert(self);
        response
    }
}

/// Who connected to us, in the extensions of each request: a browser, or the proxy before us.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

#[derive(Debug)]
struct HungUp;

impl fmt::Display for HungUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("hung up without an answer")
    }
}

impl std::error::Error for HungUp {}

/// Binds an address, with a sentence that names it when that fails.
pub async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        io::Error::new(error.kind(), format!("cannot listen on {address}: {error}"))
    })
}

/// Serves until `stop`, then lets open connections finish.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: CancellationToken,
) -> io::Result<()> {
    let graceful = GracefulShutdown::new();
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, for example: others may end meanwhile.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = stop.cancelled() => break,
        };
        serve_connection(stream, Peer(peer), router.clone(), &graceful);
    }
    for (stream, peer) in still_waiting(listener)? {
        serve_connection(stream, Peer(peer), router.clone(), &graceful);
    }
    // A connection whose first request was not read yet would be closed as an idle one.
    tokio::time::sleep(READ_WITHIN).await;
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(DRAIN) => tracing::warn!("connections were still open at the end"),
    }
    Ok(())
}

/// Who connected before the end and was not accepted yet: a listener that is closed would break these connections,
/// although their requests are here.
fn still_waiting(listener: TcpListener) -> io::Result<Vec<(TcpStream, SocketAddr)>> {
    let listener = listener.into_std()?;
    let mut waiting = Vec::new();
    while let Ok((stream, peer)) = listener.accept() {
        stream.set_nonblocking(true)?;
        waiting.push((TcpStream::from_std(stream)?, peer));
    }
    Ok(waiting)
}

fn serve_connection(stream: TcpStream, peer: Peer, router: Router, graceful: &GracefulShutdown) {
    // Small answers should not wait for more; it works on any connected socket.
    let _best_effort = stream.set_nodelay(true);
    let (wire, head, last_word) = Wire::new(stream);
    let service = hyper::service::service_fn(move |mut request: hyper::Request<_>| {
        request.extensions_mut().insert(peer);
        let (router, head) = (router.clone(), head.clone());
        async move { answer(router, &head, request.map(Body::new)).await }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_header_size(HEADER_BYTES_MAX)
        .max_buf_size(READ_BYTES_MAX)
        .serve_connection(TokioIo::new(wire), service);
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended early");
            if error.is_timeout() {
                last_word.too_slow();
            }
        }
    });
}

async fn answer(mut router: Router, head: &Head, request: Request) -> Result<Response, HungUp> {
    if request.headers().contains_key(header::TRANSFER_ENCODING) && head.is_ambiguous() {
        return Ok(two_lengths());
    }
    let router = ServiceExt::<Request>::ready(&mut router).await.map_err(never)?;
    let response = router.call(request).await.map_err(never)?;
    if response.extensions().get::<HangUp>().is_some() { Err(HungUp) } else { Ok(response) }
}

fn two_lengths() -> Response {
    let sentence = "The request has both a Content-Length and a Transfer-Encoding.\n";
    (StatusCode::BAD_REQUEST, [(header::CONNECTION, "close")], sentence).into_response()
}

fn never(error: Infallible) -> HungUp {
    match error {}
}

/// Asks for a page of a process close by (a host and a port), without TLS; its status and its text.
///
/// # Errors
///
/// When nothing answers there within three seconds.
pub async fn fetch(address: &str, path: &str) -> io::Result<(StatusCode, String)> {
    tokio::time::timeout(CLOSE_BY, fetched(address, path)).await?
}

async fn fetched(address: &str, path: &str) -> io::Result<(StatusCode, String)> {
    let stream = TokioIo::new(TcpStream::connect(address).await?);
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(stream).await.map_err(io::Error::other)?;
    tokio::spawn(connection);
    let request = http::Request::get(path).header(header::HOST, address);
    let request = request.body(Body::empty()).map_err(io::Error::other)?;
    let answer = sender.send_request(request).await.map_err(io::Error::other)?;
    let status = answer.status();
    let body = answer.into_body().collect().await.map_err(io::Error::other)?.to_bytes();
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}

/// Counts the requests of a router by route, and makes each the root of a trace: what callers say of
/// traces of their own is not believed.
pub fn observed(router: Router) -> Router {
    router.layer(middleware::from_fn(observe))
}

async fn observe(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(|it| it.as_str().to_owned());
    let route = route.unwrap_or_else(|| "other".to_owned());
    // A method that nobody knows is not for the labels.
    let method = match *request.method() {
        Method::GET | Method::HEAD => "GET",
        Method::POST => "POST",
        _ => "other",
    };
    let span = match crate::telemetry::is_traced() {
        true => tracing::info_span!(
            "request",
            otel.name = format!("{method} {route}"),
            otel.kind = "server",
            http.request.method = method,
            http.route = route,
            http.response.status_code = tracing::field::Empty,
        ),
        false => Span::none(),
    };
    let begun = Instant::now();
    let response = next.run(request).instrument(span.clone()).await;
    let hung_up = response.extensions().get::<HangUp>().is_some();
    let status = response.status().as_u16();
    span.record("http.response.status_code", status);
    let status = if hung_up { "none".to_owned() } else { status.to_string() };
    let labels = [("route", route.clone()), ("method", method.to_owned()), ("status", status)];
    metrics::counter!("countersign_http_requests_total", &labels).increment(1);
    metrics::histogram!("countersign_http_request_seconds", "route" => route)
        .record(begun.elapsed().as_secs_f64());
    response
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failing test should panic")]

    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    async fn ask(path: &str) -> String {
        say(&format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).await
    }

    /// What is answered to some bytes before the connection is closed.
    async fn say(request: &str) -> String {
        let router = Router::new()
            .route("/fine", get(|| async { "fine" }))
            .route("/gone", get(|| async { HangUp }));
        let listener = bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let server = tokio::spawn(serve(listener, router, stop.clone()));
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        stop.cancel();
        server.await.unwrap().unwrap();
        answer
    }

    #[tokio::test]
    async fn a_hang_up_sends_not_one_byte() {
        assert!(ask("/fine").await.ends_with("fine"));
        assert_eq!(ask("/gone").await, "");
    }

    #[tokio::test]
    async fn who_connected_before_the_end_is_answered() {
        let listener = bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let mut clients = Vec::new();
        for _ in 0..20 {
            let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            client.write_all(b"GET /fine HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
            clients.push(client);
        }
        let stop = CancellationToken::new();
        stop.cancel();
        let router = Router::new().route("/fine", get(|| async { "fine" }));
        serve(listener, router, stop).await.unwrap();
        for mut client in clients {
            let mut answer = String::new();
            client.read_to_string(&mut answer).await.unwrap();
            assert!(answer.ends_with("fine"), "{answer}");
        }
    }

    #[tokio::test]
    async fn a_head_has_its_limits() {
        let many: String = (0..200).map(|n| format!("x-{n}: y\r\n")).collect();
        for headers in [many, format!("x: {}\r\n", "y".repeat(HEADER_BYTES_MAX))] {
            let answer = say(&format!("GET /fine HTTP/1.1\r\nhost: x\r\n{headers}\r\n")).await;
            assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
        }
    }

    #[tokio::test]
    async fn an_address_in_use_is_named() {
        let first = bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let address = first.local_addr().unwrap();
        let error = bind(address).await.unwrap_err().to_string();
        assert!(error.starts_with(&format!("cannot listen on {address}: ")), "{error}");
    }
}
