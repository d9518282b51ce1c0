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
    store.put_in_force(policy.0).await?;
    match store.policy_judged().await? {
        Some(_) => Ok(()),
        None => store.judged_under(policy.0).await,
    }
}

/// When another recorder has started with another policy.
#[derive(Debug, thiserror::Error)]
#[error(
    "another recorder has put another policy in force: this process ends, and judges under its own \
     configuration again when it is started again"
)]
pub(crate) struct Overtaken;

/// Looks whether another policy is in force. A process with an older one would go on judging by it, and what it
/// then passes nobody would look at again.
pub(crate) async fn give_way(store: Store, stop: CancellationToken) -> Result<(), Overtaken> {
    loop {
        match store.was_overtaken().await {
            Ok(true) => return Err(Overtaken),
            Ok(false) => {}
            Err(error) => tracing::debug!(%error, "the policy in force cannot be read"),
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(PAUSE) => {}
        }
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failing test should panic")]

    use super::*;
    use crate::store::{Database, Ledger, Migrate};

    #[tokio::test]
    async fn who_has_an_older_policy_judges_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::Sqlite(folder.path().join("policy.db"));
        let open = async || Store::open(&database, Migrate::Yes).await.unwrap();
        let (old, new) = (open().await, open().await);
        begin(&old, ("old", "{}")).await.unwrap();
        Ledger::begin(&old, 0).await.unwrap().abandon().await.unwrap();
        begin(&new, ("new", "{}")).await.unwrap();
        let refused = Ledger::begin(&old, 0).await.err().unwrap();
        assert!(crate::store::is_overtaken(&refused), "{refused}");
        assert!(give_way(old, CancellationToken::new()).await.is_err());
        Ledger::begin(&new, 0).await.unwrap().abandon().await.unwrap();
        let again = open().await;
        begin(&again, ("new", "{}")).await.unwrap();
        Ledger::begin(&new, 0).await.unwrap().abandon().await.unwrap();
    }
}
