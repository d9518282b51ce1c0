//! A bus that need not be there when a role starts.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use kit::admin::Health;
use tokio_util::sync::CancellationToken;

use crate::{Bus, Config, ConnectError, Names, Stream, ensure_streams};

/// How often a bus that is away is looked for.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A bus that is there, or will be: nobody gets hold of it before its version and its streams were
/// found to be as they must be.
#[derive(Debug, Clone)]
pub struct Awaited {
    names: Names,
    bus: Arc<OnceLock<Bus>>,
}

impl Awaited {
    /// A bus that is there.
    #[must_use]
    pub fn here(bus: Bus) -> Self {
        Self { names: bus.names().clone(), bus: Arc::new(OnceLock::from(bus)) }
    }

    /// Looks for a bus once; one that cannot be reached now may come later. Fails when it is
    /// certain that it can never be used as it is configured.
    pub async fn look(config: Config, role: &'static str) -> Result<Self, ConnectError> {
        let names = config.names.clone();
        match Bus::connect(config, role).await {
            Ok(bus) => Ok(Self::here(bus)),
            Err(error @ (ConnectError::Unreachable(_) | ConnectError::Refused(_))) => {
                tracing::warn!("the role starts without the bus: {error}");
                Ok(Self { names, bus: Arc::default() })
            }
            Err(error) => Err(error),
        }
    }

    /// Our names on this bus.
    #[must_use]
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// The bus, once it is there.
    #[must_use]
    pub fn get(&self) -> Option<&Bus> {
        self.bus.get()
    }

    /// Looks for the bus until it is there and its streams are as they must be, or until `stop`.
    ///
    /// A bus that is only away is no trouble to who calls this; one that refuses us is.
    pub async fn join(
        &self,
        config: &Config,
        role: &'static str,
        streams: &[Stream],
        health: &Health,
        stop: &CancellationToken,
    ) {
        while self.get().is_none() && !stop.is_cancelled() {
            match Bus::connect(config.clone(), role).await {
                Ok(bus) => match ensure_streams(&bus, streams).await {
                    Ok(()) => {
                        tracing::info!("the bus is there");
                        health.well("bus");
                        // Only this loop sets it.
                        let _first = self.bus.set(bus);
                        return;
                    }
                    Err(error) => {
                        health.trouble("bus", error.to_string());
                        bus.close().await;
                    }
                },
                Err(ConnectError::Unreachable(_)) => health.well("bus"),
                Err(error) => health.trouble("bus", error.to_string()),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }
}
