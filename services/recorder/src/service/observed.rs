//! Questions are counted by method and code, and belong to the trace of whoever asks.

use std::time::Instant;

use axum::{
    extract::Request,
    middleware::{self, Next},
    response::Response,
};
use tonic::service::Routes;

/// The code of an answer that is no error (gRPC, status codes).
const OK: &str = "0";

pub(super) fn observed(routes: Routes) -> Routes {
    Routes::from(routes.into_axum_router().layer(middleware::from_fn(observe)))
}

async fn observe(request: Request, next: Next) -> Response {
    let method = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
    let begun = Instant::now();
    let response = next.run(request).await;
    // An error has its code in the head; where there is none, an answer follows.
    let code = response.headers().get("grpc-status").and_then(|value| value.to_str().ok());
    let code = code.unwrap_or(OK).to_owned();
    // What nobody serves is not for the labels.
    let method = if code == "12" { "unknown".to_owned() } else { method };
    let labels = [("method", method.clone()), ("code", code)];
    metrics::counter!("countersign_questions_total", &labels).increment(1);
    metrics::histogram!("countersign_question_seconds", "method" => method)
        .record(begun.elapsed().as_secs_f64());
    response
}
