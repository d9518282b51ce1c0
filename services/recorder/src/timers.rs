//! The clock: what is due is looked for in the database, so that no restart forgets it.

use std::time::Duration;

use sea_orm::DbErr;
use tokio_util::sync::CancellationToken;

use crate::apply::Applier;

/// Most gates in one transaction.
const GATES_MAX: u64 = 100;
/// Most transactions before the next pause.
const TRANSACTIONS_MAX: usize = 100;
/// Wait after a failure.
const PAUSE: Duration = Duration::from_secs(1);

/// Looks for what is due until `stop`.
pub(crate) async fn run(applier: Applier, every: Duration, stop: CancellationToken) {
    loop {
        let wait = match round(&applier).await {
            Ok(()) => every,
            Err(error) => {
                tracing::warn!(%error, "what is due could not be done, trying again");
                PAUSE
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
    }
}

async fn round(applier: &Applier) -> Result<(), DbErr> {
    for _ in 0..TRANSACTIONS_MAX {
        let due = applier.store.due(kit::clock::now_micros(), GATES_MAX).await?;
        if due.is_empty() {
            return Ok(());
        }
        applier.tick(&due).await?;
    }
    Ok(())
}
