//! One HTTP exchange: bounded in time and size, with a failure that says whether it was sent.

use std::error::Error;

use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, HeaderName, LOCATION, RETRY_AFTER};
use reqwest::{Client, Request, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use tracing::{Instrument, Span, field};

use crate::answer::Reply;
use crate::text::one_line;

/// More of a body is never read; GitLab's own answers are a few kilobytes.
const BODY_LIMIT: usize = 1024 * 1024;
/// Causes below the outermost error that are told; the first few say it all.
const TOLD_CAUSES: usize = 6;

/// A whole answer, or the first MiB of one.
pub(super) struct Fetched {
    pub(super) status: u16,
    retry_after: Option<String>,
    date: Option<String>,
    content_type: Option<String>,
    location: Option<String>,
    /// `X-Next-Page`: absent when a proxy dropped it, empty on the last page.
    next_page: Option<String>,
    pub(super) body: Vec<u8>,
    oversized: bool,
}

/// An exchange without a whole answer.
#[derive(Debug)]
pub(super) struct Broken {
    /// Whether the request may have reached GitLab.
    pub(super) sent: bool,
    /// What broke, without the URL.
    pub(super) cause: String,
}

impl Fetched {
    /// The borrowed form that classification reads.
    pub(super) fn reply(&self) -> Reply<'_> {
        Reply {
            status: self.status,
            retry_after: self.retry_after.as_deref(),
            date: self.date.as_deref(),
            content_type: self.content_type.as_deref(),
            location: self.location.as_deref(),
            body: &self.body,
            oversized: self.oversized,
        }
    }

    /// Whether another page follows; an empty page is always the last one.
    ///
    /// Only the header's presence counts: its number could loop, and a link could lead away.
    pub(super) fn has_next(&self, items: usize, per_page: usize) -> bool {
        items > 0
            && match self.next_page.as_deref() {
                Some(next) => !next.trim().is_empty(),
                None => items >= per_page,
            }
    }
}

/// Sends the request and reads the answer up to the size limit.
pub(super) async fn exchange(
    request: RequestBuilder,
    token: &SecretString,
) -> Result<Fetched, Broken> {
    let request = request.build_split();
    let span = span_of(request.1.as_ref().ok());
    let fetched = sent(request, token).instrument(span.clone()).await;
    if let Ok(fetched) = &fetched {
        span.record("http.response.status_code", fetched.status);
    }
    fetched
}

/// A request as the trace of the work that makes it shows it; nothing when that belongs to none.
fn span_of(request: Option<&Request>) -> Span {
    let Some(request) = request.filter(|_| !Span::current().is_none()) else {
        return Span::none();
    };
    let url = request.url();
    tracing::info_span!(
        "request",
        otel.name = format!("{} GitLab", request.method()),
        otel.kind = "client",
        http.request.method = request.method().as_str(),
        server.address = url.host_str(),
        url.path = url.path(),
        http.response.status_code = field::Empty,
    )
}

async fn sent(
    (client, request): (Client, reqwest::Result<Request>),
    token: &SecretString,
) -> Result<Fetched, Broken> {
    let response = match request {
        Ok(request) => client.execute(request).await,
        Err(error) => Err(error),
    };
    let mut response = response.map_err(|error| Broken {
        sent: !(error.is_connect() || error.is_builder()),
        cause: cause(error),
    })?;
    let mut fetched = Fetched::without_body(response.status().as_u16(), response.headers());
    loop {
        let chunk =
            response.chunk().await.map_err(|error| Broken { sent: true, cause: cause(error) })?;
        let Some(chunk) = chunk else { break };
        let room = BODY_LIMIT - fetched.body.len();
        fetched.body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            fetched.oversized = true;
            break;
        }
    }
    fetched.body = blanked(fetched.body, token.expose_secret().as_bytes());
    Ok(fetched)
}

impl Fetched {
    fn without_body(status: u16, headers: &HeaderMap) -> Self {
        Self {
            status,
            retry_after: text(headers, &RETRY_AFTER),
            date: text(headers, &DATE),
            content_type: text(headers, &CONTENT_TYPE),
            location: text(headers, &LOCATION),
            next_page: text(headers, &HeaderName::from_static("x-next-page")),
            body: Vec::new(),
            oversized: false,
        }
    }
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// The body with our own token overwritten where a debugging proxy echoes the request, because
/// messages from bodies end in logs.
pub(crate) fn blanked(mut body: Vec<u8>, token: &[u8]) -> Vec<u8> {
    let mut at = 0;
    while let Some(window) = body.get_mut(at..at + token.len()) {
        if window == token {
            window.fill(b'*');
        }
        at += 1;
    }
    body
}

/// The error and its causes as one line, without the URL.
pub(crate) fn cause(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut line = error.to_string();
    let mut source = error.source();
    for _ in 0..TOLD_CAUSES {
        let Some(inner) = source else { break };
        line.push_str(": ");
        line.push_str(&inner.to_string());
        source = inner.source();
    }
    one_line(&line)
}
