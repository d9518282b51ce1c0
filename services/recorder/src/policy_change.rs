//! When the policy is another one than at the last start, what is open is judged anew.

use std::time::Duration;

use sea_orm::DbErr;
use tokio_util::sync::CancellationToken;

use crate::{apply::Applier, store::Store};

/// Most gates in one transaction.
const GATES_MAX: usize = 100;
/// Wait after a failure.
const PAUSE: Duration = Duration::from_secs(1);

/// Judges what is open under the policy in force, once; what fails is tried again until `stop`.
pub(crate) async fn take_over(applier: Applier, stop: CancellationToken) {
    while let Err(error) = judge_anew(&applier).await {
        tracing::warn!(%error, "open requests could not be judged anew, trying again");
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
    stop.cancelled().await;
}

/// Puts the policy on record, ahead of everything that is judged under it. With the first one there is nothing
/// to judge anew.
pub(crate) async fn begin(store: &Store, policy: (&str, &str)) -> Result<(), DbErr> {
    store.policy_on_record(policy, kit::clock::now_micros()).await?;
    match store.policy_judged().await? {
        Some(_) => Ok(()),
        None => store.judged_under(policy.0).await,
    }
}

/// The hash is stored last, so that a crash in between begins again.
async fn judge_anew(applier: &Applier) -> Result<(), DbErr> {
    let (store, hash) = (&applier.store, &applier.rules.policy_hash);
    if store.policy_judged().await?.as_ref() == Some(hash) {
        return Ok(());
    }
    let open = store.open_gates(None).await?;
    for keys in open.chunks(GATES_MAX) {
        applier.judge_anew(keys).await?;
    }
    tracing::info!(policy = hash, gates = open.len(), "the policy has changed");
    store.judged_under(hash).await
}
