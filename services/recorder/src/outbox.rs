//! What was committed is published: right after the commit, and again after a crash.

use std::{sync::Arc, time::Duration};

use bus::{Bus, Outgoing, PublishError};
use futures::future::join_all;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    ROLE,
    store::{Store, outbox},
};

/// Most messages published at once.
const BATCH: u64 = 256;
/// How often the outbox is looked through without a commit.
const SWEEP: Duration = Duration::from_secs(1);

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("the outbox cannot be read: {0}")]
    Database(#[from] DbErr),
    #[error("the outbox cannot be published: {0}")]
    Bus(#[from] PublishError),
}

/// Publishes what is in the outbox, oldest first, until `stop`.
pub(crate) async fn run(store: Store, bus: Bus, wake: Arc<Notify>, stop: CancellationToken) {
    let mut trouble = false;
    loop {
        match publish_some(&store, &bus).await {
            Ok(0) if stop.is_cancelled() => return,
            Ok(0) => trouble = false,
            Ok(_) => continue,
            Err(_) if stop.is_cancelled() => return,
            Err(error) => {
                if !trouble {
                    tracing::warn!(%error, "what was recorded waits to be published");
                }
                trouble = true;
            }
        }
        tokio::select! {
            () = wake.notified(), if !trouble => {}
            () = stop.cancelled() => {}
            () = tokio::time::sleep(SWEEP) => {}
        }
    }
}

/// Publishes a batch; returns how many messages it took.
///
/// A message leaves the outbox only after its stream has stored it. After a crash in between it is
/// published again under the same id.
async fn publish_some(store: &Store, bus: &Bus) -> Result<usize, Error> {
    let rows = outbox::Entity::find()
        .order_by_asc(outbox::Column::Seq)
        .limit(BATCH)
        .all(store.read())
        .await?;
    metrics::gauge!("countersign_outbox_depth")
        .set(f64::from(u32::try_from(rows.len()).unwrap_or(u32::MAX)));
    if rows.is_empty() {
        return Ok(0);
    }
    let messages: Vec<(Uuid, Outgoing)> = rows.into_iter().map(message).collect();
    let published = join_all(messages.iter().map(|(_, message)| bus.publish(message))).await;
    let mut stored = Vec::with_capacity(messages.len());
    let mut failed = None;
    for ((id, _), result) in messages.iter().zip(published) {
        match result {
            Ok(()) => stored.push(*id),
            Err(error) => failed = Some(error),
        }
    }
    outbox::Entity::delete_many()
        .filter(outbox::Column::Id.is_in(stored.iter().copied()))
        .exec(store.write())
        .await?;
    match failed {
        Some(error) => Err(error.into()),
        None => Ok(stored.len()),
    }
}

fn message(row: outbox::Model) -> (Uuid, Outgoing) {
    let outgoing = Outgoing {
        stream: row.stream,
        subject: row.subject,
        id: row.id.to_string(),
        ce_type: row.ce_type,
        source: ROLE,
        about: row.about,
        time_micros: row.created_at,
        data: row.data.into_bytes(),
    };
    (row.id, outgoing)
}
