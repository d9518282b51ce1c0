//! A question that only reads is asked again when its connection breaks, as when one recorder of several is
//! restarted.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use http_body_util::{BodyExt, Full};
use tonic::{body::Body, transport::Channel};
use tower::{BoxError, Service, ServiceExt};

/// How often a question is asked, and the pause between two times.
const TIMES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(100);
/// What the names of questions begin with that change nothing.
const READS: [&str; 4] = ["Get", "List", "Find", "Watch"];
/// One that lends something beside its answer.
const LENDS: &str = "GetWantedAnswer";

/// A connection that asks again.
#[derive(Debug, Clone)]
pub struct Retrying(pub(crate) Channel);

impl Service<http::Request<Body>> for Retrying {
    type Response = http::Response<Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        // The connection that was asked whether it is ready is the one to use.
        let next = self.0.clone();
        let channel = std::mem::replace(&mut self.0, next);
        match only_reads(request.uri().path()) {
            true => Box::pin(ask(channel, request)),
            false => Box::pin(once(channel, request)),
        }
    }
}

async fn once(
    mut channel: Channel,
    request: http::Request<Body>,
) -> Result<http::Response<Body>, BoxError> {
    Ok(channel.call(request).await?)
}

async fn ask(
    mut channel: Channel,
    request: http::Request<Body>,
) -> Result<http::Response<Body>, BoxError> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let mut left = TIMES;
    loop {
        let again = http::Request::from_parts(parts.clone(), Body::new(Full::new(body.clone())));
        left -= 1;
        let error = match channel.call(again).await {
            Ok(response) => return Ok(response),
            Err(error) if left == 0 => return Err(error.into()),
            Err(error) => error,
        };
        tracing::debug!(%error, "recorder is asked again");
        tokio::time::sleep(PAUSE).await;
        channel.ready().await?;
    }
}

fn only_reads(path: &str) -> bool {
    let method = path.rsplit('/').next().unwrap_or_default();
    READS.iter().any(|it| method.starts_with(it)) && method != LENDS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_something_is_asked_once() {
        let of = |method: &str| only_reads(&format!("/countersign.v1.ApprovalService/{method}"));
        assert!(of("GetRequest") && of("ListRequests") && of("WatchRequests"));
        for once in ["GetWantedAnswer", "ReplayDeadLetter", "CompareSighting", "SignIn", ""] {
            assert!(!of(once), "{once}");
        }
    }
}
