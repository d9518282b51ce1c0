//! The HTTP API for systems without a NATS client: list, get, decide, with a bearer token.
//!
//! It says the same as the bus: a decision goes onto the stream of the token's source, and recorder
//! alone judges it.

mod caller;
mod decide;
mod document;
pub(crate) mod paces;
mod problem;
mod requests;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};

use crate::app::App;
use problem::Problem;

/// Longest body, in bytes: a decision with its longest reason and most links fits.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// The routes below `/approval-apps/api/v1`.
pub(crate) fn routes() -> Router<App> {
    let below = Router::new()
        .route("/requests", get(requests::list))
        .route("/requests/{id}", get(requests::one))
        .route("/requests/{id}/decisions", post(decide::decide))
        .route("/openapi.json", get(document::document))
        .fallback(async || Problem::NoSuchPath)
        .method_not_allowed_fallback(async || Problem::NoSuchMethod)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX));
    Router::new().nest("/approval-apps/api/v1", below)
}
