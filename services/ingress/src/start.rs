//! How ingress starts, and its routes.

use std::sync::Arc;

use axum::{
    Router,
    routing::{MethodRouter, get},
};
use bus::{Awaited, Needs, Stream, StreamError, ensure_streams};
use kit::{admin::Health, lifecycle::Lifecycle};
use tokio_util::sync::CancellationToken;

use crate::{Config, ConfigError, app::App, body::Budget, page, receive, spool::Spool};

/// When ingress cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// When the configuration must not be served.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// When the folder of the spool cannot be used.
    #[error("{0}")]
    Spool(#[from] std::io::Error),
    /// When a stream is not as it must be.
    #[error(transparent)]
    Stream(#[from] StreamError),
}

/// The streams that must be there before anything is published.
pub const STREAMS: [Stream; 2] = [Stream::Intake, Stream::Dead];

/// What ingress does on the bus: it says what GitLab said, or that it could not be read.
#[must_use]
pub fn needs() -> Needs {
    Needs {
        role: crate::ROLE,
        looks_at: STREAMS.to_vec(),
        publishes: STREAMS.to_vec(),
        ..Needs::default()
    }
}

/// Starts ingress; returns its routes. Without a bus, what it takes waits in the spool.
pub async fn start(
    config: Config,
    bus: Awaited,
    lifecycle: &Lifecycle,
    health: &Health,
) -> Result<Router, StartError> {
    config.check()?;
    if let Some(bus) = bus.get() {
        ensure_streams(bus, &STREAMS).await?;
    }
    for hook in &config.hooks {
        match hook.secrets.now().len() {
            0 => {
                tracing::warn!(
                    hook = hook.name,
                    "this hook takes calls from anyone: it has no secret"
                );
            }
            1 => {}
            secrets => {
                tracing::info!(hook = hook.name, secrets, "this hook takes more than one secret");
            }
        }
    }
    let hooks = config.hooks.into_iter().map(|hook| (hook.name.clone(), hook)).collect();
    let spool = Arc::new(Spool::open(config.spool, config.spool_bytes_max)?);
    let app = App {
        bus,
        health: health.clone(),
        hooks: Arc::new(hooks),
        spool,
        bodies: Budget::new(config.body_bytes_in_flight_max),
    };
    lifecycle.spawn("spool", drain(app.clone(), lifecycle.soft()));
    health.well("ingress");
    Ok(routes(app))
}

async fn drain(app: App, stop: CancellationToken) -> Result<(), StartError> {
    app.spool.drain(&app.bus, &app.health, &stop).await;
    Ok(())
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
