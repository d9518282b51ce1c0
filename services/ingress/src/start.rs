//! How ingress starts, and its routes.

use std::sync::Arc;

use axum::{
    Router,
    routing::{MethodRouter, get},
};
use bus::{Bus, Stream, StreamError, ensure_streams};
use kit::admin::Health;

use crate::{Config, HookError, app::App, page, receive};

/// When ingress cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// When a hook must not be served.
    #[error(transparent)]
    Hook(#[from] HookError),
    /// When a stream is not as it must be.
    #[error(transparent)]
    Stream(#[from] StreamError),
}

/// Starts ingress; returns its routes.
pub async fn start(config: Config, bus: Bus, health: &Health) -> Result<Router, StartError> {
    config.check()?;
    ensure_streams(&bus, &[Stream::Intake, Stream::Dead]).await?;
    for hook in config.hooks.iter().filter(|hook| hook.secrets.is_empty()) {
        tracing::warn!(hook = hook.name, "this hook takes calls from anyone: it has no secret");
    }
    let hooks = config.hooks.into_iter().map(|hook| (hook.name.clone(), hook)).collect();
    let app = App { bus, health: health.clone(), hooks: Arc::new(hooks) };
    health.well("ingress");
    Ok(routes(app))
}

fn routes(app: App) -> Router {
    // With and without a trailing slash: a redirect would turn GitLab's POST into a GET.
    let hook = || -> MethodRouter<App> { get(page::show).post(receive::receive) };
    Router::new()
        .route("/approval-apps/status_check", hook())
        .route("/approval-apps/status_check/", hook())
        .route("/approval-apps/status_check/{hook}", hook())
        .route("/approval-apps/status_check/{hook}/", hook())
        .with_state(app)
}
