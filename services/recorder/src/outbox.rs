//! What was committed is published: right after the commit, and again after a crash.
//!
//! The rows of a commit are handed over in memory, so that nobody has to read what was just
//! written. Whenever that way is closed (after a start, a failure, or when publishing is slower
//! than recording), the table itself is read in order until nothing is left in it. A row is
//! deleted only after its stream has stored the message, mostly within the next commit.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bus::{Bus, Outgoing, PublishError};
use futures::{StreamExt, stream::FuturesUnordered};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use crate::{
    ROLE,
    store::{Store, outbox},
};

/// Most messages sent and not yet stored.
const WINDOW: usize = 512;
/// Most commits whose messages wait in memory.
const COMMITS_MAX: usize = 16;
/// Most rows read at once.
const ROWS: u64 = 256;
/// How long a published row stays when no commit takes it along.
const TIDY: Duration = Duration::from_millis(50);
/// Age at which a row that nobody published is found, and how often it is looked for.
const SWEEP: Duration = Duration::from_secs(5);
/// Wait after a failure.
const PAUSE: Duration = Duration::from_secs(1);

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("the outbox cannot be read: {0}")]
    Database(#[from] DbErr),
    #[error("the outbox cannot be published: {0}")]
    Bus(#[from] PublishError),
}

/// A message and its place.
#[derive(Debug)]
struct Queued {
    seq: i64,
    message: Outgoing,
}

impl From<outbox::Model> for Queued {
    fn from(row: outbox::Model) -> Self {
        let message = Outgoing {
            stream: row.stream,
            subject: row.subject,
            id: row.id.to_string(),
            ce_type: row.ce_type,
            source: ROLE,
            about: row.about,
            time_micros: row.created_at,
            data: row.data.into(),
        };
        Self { seq: row.seq, message }
    }
}

/// Where the messages of a commit are handed over.
#[derive(Debug, Clone)]
pub(crate) struct Outbox {
    commits: mpsc::Sender<Vec<outbox::Model>>,
    /// Set when rows are in the table only.
    behind: Arc<AtomicBool>,
}

impl Outbox {
    /// Takes the messages of a commit, in the order of the commits.
    pub(crate) fn committed(&self, rows: Vec<outbox::Model>) {
        if rows.is_empty() || self.behind.load(Ordering::Acquire) {
            return;
        }
        if self.commits.try_send(rows).is_err() {
            self.behind.store(true, Ordering::Release);
        }
    }
}

/// Publishes what was committed.
#[derive(Debug)]
pub(crate) struct Publisher {
    store: Store,
    bus: Bus,
    commits: mpsc::Receiver<Vec<outbox::Model>>,
    behind: Arc<AtomicBool>,
    /// The last place that was read from the table: what is handed over below it was read there.
    read_to: i64,
}

/// An outbox with the publisher behind it.
pub(crate) fn outbox(store: Store, bus: Bus) -> (Outbox, Publisher) {
    let (sender, commits) = mpsc::channel(COMMITS_MAX);
    let behind = Arc::new(AtomicBool::new(true));
    let outbox = Outbox { commits: sender, behind: behind.clone() };
    (outbox, Publisher { store, bus, commits, behind, read_to: 0 })
}

impl Publisher {
    /// Publishes until everybody who commits has ended, or, when publishing fails, until `stop`.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut trouble = false;
        loop {
            let result = match self.catch_up().await {
                Ok(()) => {
                    trouble = false;
                    self.follow().await
                }
                Err(error) => Err(error),
            };
            let ended = match result {
                Ok(ended) => ended,
                Err(_) if stop.is_cancelled() => true,
                Err(error) => {
                    if !trouble {
                        tracing::warn!(%error, "what was recorded waits to be published");
                    }
                    trouble = true;
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = tokio::time::sleep(PAUSE) => {}
                    }
                    false
                }
            };
            if ended {
                return self.tidy().await;
            }
        }
    }

    /// Publishes what is in the table, oldest first, until nothing is left there.
    async fn catch_up(&mut self) -> Result<(), Error> {
        self.behind.store(true, Ordering::Release);
        while self.commits.try_recv().is_ok() {}
        loop {
            while !self.store.published().is_empty() {
                self.store.published().delete(self.store.write()).await?.committed();
            }
            let rows = outbox::Entity::find()
                .order_by_asc(outbox::Column::Seq)
                .limit(ROWS)
                .all(self.store.read())
                .await?;
            let Some(last) = rows.last() else {
                // From here on commits are handed over; one more look finds what was committed
                // before that.
                if self.behind.swap(false, Ordering::AcqRel) {
                    continue;
                }
                return Ok(());
            };
            self.read_to = last.seq;
            let rows: VecDeque<Queued> = rows.into_iter().map(Queued::from).collect();
            self.publish(rows).await?;
        }
    }

    /// Publishes commits as they are handed over; ends without error when rows are in the table
    /// only (`false`), or when nobody is left to commit (`true`).
    async fn follow(&mut self) -> Result<bool, Error> {
        let mut sweep = Instant::now() + SWEEP;
        loop {
            let tidy = match self.store.published().is_empty() {
                true => sweep,
                false => (Instant::now() + TIDY).min(sweep),
            };
            let rows = tokio::select! {
                biased;
                rows = self.commits.recv() => rows,
                () = sleep_until(tidy) => {
                    self.tidy().await;
                    if Instant::now() >= sweep {
                        sweep = Instant::now() + SWEEP;
                        if self.forgotten().await? {
                            return Ok(false);
                        }
                    }
                    continue;
                }
            };
            let Some(rows) = rows else { return Ok(true) };
            let rows = self.queued(rows);
            self.publish(rows).await?;
            if self.commits.is_empty() && self.behind.load(Ordering::Acquire) {
                return Ok(false);
            }
        }
    }

    /// Rows as messages, without those that the table gave already.
    fn queued(&self, rows: Vec<outbox::Model>) -> VecDeque<Queued> {
        rows.into_iter().filter(|row| row.seq > self.read_to).map(Queued::from).collect()
    }

    /// Publishes messages in their order; further commits join while the window has room.
    async fn publish(&mut self, mut waiting: VecDeque<Queued>) -> Result<(), Error> {
        let mut under_way = FuturesUnordered::new();
        let mut failed: Option<Error> = None;
        loop {
            while failed.is_none() && under_way.len() < WINDOW {
                let Some(Queued { seq, message }) = waiting.pop_front() else { break };
                match self.bus.send(&message).await {
                    Ok(stored) => under_way.push(async move { stored.await.map(|()| seq) }),
                    Err(error) => failed = Some(error.into()),
                }
            }
            if waiting.is_empty()
                && failed.is_none()
                && !self.behind.load(Ordering::Acquire)
                && let Ok(rows) = self.commits.try_recv()
            {
                waiting = self.queued(rows);
                continue;
            }
            let in_hand = u32::try_from(waiting.len() + under_way.len()).unwrap_or(u32::MAX);
            metrics::gauge!("countersign_outbox_depth").set(f64::from(in_hand));
            match under_way.next().await {
                Some(Ok(seq)) => self.store.published().add(seq),
                Some(Err(error)) => failed = Some(error.into()),
                None => break,
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// Deletes what was published and not taken along by a commit.
    async fn tidy(&self) {
        while !self.store.published().is_empty() {
            match self.store.published().delete(self.store.write()).await {
                Ok(deleted) => deleted.committed(),
                Err(error) => {
                    tracing::debug!(%error, "published messages stay in the outbox for now");
                    return;
                }
            }
        }
    }

    /// Whether the table holds rows that nobody is about to publish.
    async fn forgotten(&self) -> Result<bool, DbErr> {
        let age = i64::try_from(SWEEP.as_micros()).unwrap_or(i64::MAX);
        let old = outbox::Column::CreatedAt.lt(kit::clock::now_micros() - age);
        let found = outbox::Entity::find().filter(old).limit(1).one(self.store.read()).await?;
        Ok(found.is_some())
    }
}
