//! How the processes are, as each said last.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use bus::Bus;
use futures::StreamExt;
use proto::v1::Pulse;
use tokio_util::sync::CancellationToken;

/// After how long somebody who is silent is not heard any more, in microseconds: three beats.
const SILENT: i64 = 16_000_000;
/// After how long they are forgotten, in microseconds: replaced processes have new names.
const FORGOTTEN: i64 = 3_600_000_000;
/// Most processes that are remembered.
const MOST: usize = 200;

/// A pulse and when it was heard, in microseconds since 1970 UTC by our own clock.
pub(crate) type Heard = (Pulse, i64);

/// What was heard last, by role and name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pulses(Arc<RwLock<BTreeMap<(String, String), Heard>>>);

impl Pulses {
    /// Listens until `stop`.
    pub(crate) async fn follow(
        self,
        bus: Bus,
        stop: CancellationToken,
    ) -> Result<(), std::convert::Infallible> {
        while !stop.is_cancelled() {
            if let Ok(mut heard) = bus.hear(bus.names().pulses()).await {
                while let Some(Some(data)) = stop.run_until_cancelled(heard.next()).await {
                    match proto::from_json(&data) {
                        Ok(pulse) => self.note(pulse, kit::clock::now_micros()),
                        Err(_) => tracing::debug!("a pulse could not be read"),
                    }
                }
            }
            let _stopped =
                stop.run_until_cancelled(tokio::time::sleep(Duration::from_secs(1))).await;
        }
        Ok(())
    }

    fn note(&self, pulse: Pulse, now: i64) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, (_, heard_at)| now - *heard_at < FORGOTTEN);
        let key = (pulse.role.clone(), pulse.replica.clone());
        if all.len() < MOST || all.contains_key(&key) {
            all.insert(key, (pulse, now));
        }
    }

    /// All that were heard, by role.
    pub(crate) fn all(&self) -> Vec<Heard> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Whether a process has been silent for too long.
    pub(crate) fn is_silent(heard_at: i64, now: i64) -> bool {
        now - heard_at > SILENT
    }
}
