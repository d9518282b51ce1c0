//! The admin port of every role: is it alive, is it ready, what does it count.

use std::{
    collections::BTreeMap,
    fmt::Write,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
};

use axum::{Router, extract::State, http::StatusCode, routing::get};
use metrics_exporter_prometheus::PrometheusHandle;

/// What each part of a process says about itself; ready when no part has a trouble.
#[derive(Debug, Clone, Default)]
pub struct Health {
    parts: Arc<Mutex<BTreeMap<&'static str, Option<String>>>>,
}

impl Health {
    /// Says that a part works.
    pub fn well(&self, part: &'static str) {
        self.set(part, None);
    }

    /// Says what a part is missing, in one sentence.
    pub fn trouble(&self, part: &'static str, sentence: impl Into<String>) {
        self.set(part, Some(sentence.into()));
    }

    /// A line for each part, and whether all are well.
    #[must_use]
    pub fn report(&self) -> (bool, String) {
        let parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        let ready = !parts.is_empty() && parts.values().all(Option::is_none);
        let mut text = String::new();
        for (part, trouble) in parts.iter() {
            let state = trouble.as_deref().unwrap_or("ok");
            let _infallible = writeln!(text, "{part}: {state}");
        }
        (ready, text)
    }

    /// Each part with what it is missing, when that is something.
    #[must_use]
    pub fn parts(&self) -> Vec<(&'static str, Option<String>)> {
        let parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        parts.iter().map(|(part, trouble)| (*part, trouble.clone())).collect()
    }

    fn set(&self, part: &'static str, trouble: Option<String>) {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        let before = parts.insert(part, trouble.clone());
        if before.as_ref() != Some(&trouble) {
            let ready = if trouble.is_some() { 0.0 } else { 1.0 };
            metrics::gauge!("countersign_ready", "part" => part).set(ready);
            match trouble {
                Some(sentence) => tracing::warn!(part, "not ready: {sentence}"),
                None => tracing::debug!(part, "ready"),
            }
        }
    }
}

/// `/healthz`, `/readyz` and `/metrics`.
pub fn router(health: Health, metrics: PrometheusHandle) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(ready).with_state(health))
        .route("/metrics", get(async move || metrics.render()))
}

async fn ready(State(health): State<Health>) -> (StatusCode, String) {
    match health.report() {
        (true, text) => (StatusCode::OK, text),
        (false, text) => (StatusCode::SERVICE_UNAVAILABLE, text),
    }
}

/// Asks the admin port of a process on this machine whether it is ready, and what it says.
///
/// # Errors
///
/// When nothing answers there within three seconds.
pub async fn ask(mut address: SocketAddr) -> std::io::Result<(bool, String)> {
    // What listens everywhere is reached on this machine.
    if address.ip().is_unspecified() {
        address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    let (status, text) = crate::http::fetch(&address.to_string(), "/readyz").await?;
    Ok((status.is_success(), text.trim_end().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_means_every_part_says_so() {
        let health = Health::default();
        assert!(!health.report().0, "nobody has said anything yet");
        health.well("bus");
        health.trouble("database", "the disk is full");
        assert_eq!(health.report(), (false, "bus: ok\ndatabase: the disk is full\n".to_owned()));
        health.well("database");
        assert!(health.report().0);
    }
}
