//! Receipts as they arrive, for those who wait for theirs.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bus::{Bus, ConnectError};
use proto::v1::Receipt;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// Who waits for which decision's receipt.
#[derive(Debug, Clone, Default)]
pub(crate) struct Receipts {
    waiting: Arc<Mutex<HashMap<String, oneshot::Sender<Receipt>>>>,
}

/// A place in the queue; leaves it when dropped.
#[derive(Debug)]
pub(crate) struct Ticket {
    receipts: Receipts,
    decision_id: String,
    arrives: oneshot::Receiver<Receipt>,
}

impl Receipts {
    /// Takes receipts from the bus until `stop`.
    pub(crate) async fn listen(
        self,
        bus: Bus,
        stop: CancellationToken,
    ) -> Result<(), ConnectError> {
        let all = bus.names().receipts(bus::UI_SOURCE);
        while !stop.is_cancelled() {
            let hand_on = |_subject: &str, data: &[u8]| self.arrived(data);
            tokio::select! {
                () = stop.cancelled() => {}
                ended = bus.listen(all.clone(), hand_on) => {
                    if let Err(error) = ended {
                        tracing::warn!(%error, "receipts cannot be heard, trying again");
                    }
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            }
        }
        Ok(())
    }

    /// Waits for a receipt from now on: take the ticket before the decision is published.
    pub(crate) fn expect(&self, decision_id: &str) -> Ticket {
        let (sender, arrives) = oneshot::channel();
        self.lock().insert(decision_id.to_owned(), sender);
        Ticket { receipts: self.clone(), decision_id: decision_id.to_owned(), arrives }
    }

    fn arrived(&self, data: &[u8]) {
        let Ok(receipt) = proto::from_json::<Receipt>(data) else {
            tracing::warn!("a receipt could not be read");
            return;
        };
        if let Some(waiting) = self.lock().remove(&receipt.decision_id) {
            // They may have given up in this very moment.
            let _delivered = waiting.send(receipt);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, oneshot::Sender<Receipt>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticket {
    /// The receipt, or `None` when it does not come in time.
    pub(crate) async fn within(&mut self, patience: Duration) -> Option<Receipt> {
        tokio::time::timeout(patience, &mut self.arrives).await.ok()?.ok()
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.receipts.lock().remove(&self.decision_id);
    }
}
