//! What was committed is published: right after the commit, and again after a crash.
//!
//! The rows of a commit are handed over in memory, so that nobody has to read what was just
//! written. Whenever that way is closed (after a start, a failure, or when publishing is slower
//! than recording), the table itself is read in order until nothing is left in it. A row is
//! deleted only after its stream has stored the message, mostly within the next commit.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bus::{Bus, Outgoing, PublishError, Stream, restore_streams};
use futures::future::join_all;
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use crate::{
    ROLE,
    store::{Store, outbox},
};

/// Most commits whose messages wait in memory.
const COMMITS_MAX: usize = 16;
/// Most rows read at once.
const ROWS: u64 = 500;
/// How long a published row stays when no commit takes it along.
const TIDY: Duration = Duration::from_millis(50);
/// Age at which a row that nobody published is found, and how often it is looked for.
const SWEEP: Duration = Duration::from_secs(5);
/// Messages that are a lot at once, and how long more of them are gathered after it: a batch costs the
/// server four syncs of the disk, however large it is.
const MANY: usize = 100;
const GATHER: Duration = Duration::from_millis(50);
/// Wait after a failure.
const PAUSE: Duration = Duration::from_secs(1);

/// The streams to which recorder publishes.
pub(crate) const SAYS: [Stream; 4] =
    [Stream::Respond, Stream::Event, Stream::Receipt, Stream::Dead];

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
            traceparent: row.traceparent,
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

/// Counts what is recorded and not published, until `stop`.
pub(crate) async fn keep_count(store: Store, stop: CancellationToken) {
    loop {
        match outbox::Entity::find().count(store.read()).await {
            Ok(depth) => {
                let depth = u32::try_from(depth).unwrap_or(u32::MAX);
                metrics::gauge!("countersign_outbox_depth").set(f64::from(depth));
            }
            Err(error) => tracing::debug!(%error, "the outbox cannot be counted"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(SWEEP) => {}
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
    /// The last place that was read from the table for a stream: what is handed over up to there
    /// was published already.
    read_to: HashMap<String, i64>,
}

/// An outbox with the publisher behind it.
pub(crate) fn outbox(store: Store, bus: Bus) -> (Outbox, Publisher) {
    let (sender, commits) = mpsc::channel(COMMITS_MAX);
    let behind = Arc::new(AtomicBool::new(true));
    let outbox = Outbox { commits: sender, behind: behind.clone() };
    (outbox, Publisher { store, bus, commits, behind, read_to: HashMap::new() })
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
                    if let Err(error) = restore_streams(&self.bus, &SAYS).await {
                        tracing::warn!(%error, "a stream that was deleted stays away");
                    }
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = tokio::time::sleep(PAUSE) => {}
                    }
                    false
                }
            };
            if ended {
                if let Err(error) = self.tidy().await {
                    tracing::debug!(%error, "published messages stay in the outbox");
                }
                return;
            }
        }
    }

    /// Publishes what is in the table until nothing is left there, the streams in turns: one that
    /// takes nothing or has much to take does not hold up the others.
    async fn catch_up(&mut self) -> Result<(), Error> {
        self.behind.store(true, Ordering::Release);
        while self.commits.try_recv().is_ok() {}
        self.read_to.clear();
        let mut failed = HashMap::new();
        loop {
            let mut found = false;
            for stream in self.streams().await? {
                if failed.contains_key(&stream) {
                    continue;
                }
                match self.take_from_table(&stream).await {
                    Ok(some) => found |= some,
                    Err(error) => drop(failed.insert(stream, error)),
                }
            }
            self.tidy().await?;
            if found {
                continue;
            }
            if let Some(error) = failed.into_values().next() {
                return Err(error);
            }
            // From here on commits are handed over; one more look finds what was committed before.
            if !self.behind.swap(false, Ordering::AcqRel) {
                return Ok(());
            }
            failed = HashMap::new();
        }
    }

    /// The streams for which something is in the table.
    async fn streams(&self) -> Result<Vec<String>, DbErr> {
        let query = outbox::Entity::find().select_only().column(outbox::Column::Stream).distinct();
        query.into_tuple().all(self.store.read()).await
    }

    /// Publishes the next rows of a stream; whether there were any.
    async fn take_from_table(&mut self, stream: &str) -> Result<bool, Error> {
        let after = self.read_to.get(stream).copied().unwrap_or(i64::MIN);
        let rows = outbox::Entity::find()
            .filter(outbox::Column::Stream.eq(stream))
            .filter(outbox::Column::Seq.gt(after))
            .order_by_asc(outbox::Column::Seq)
            .limit(ROWS)
            .all(self.store.read())
            .await?;
        let Some(last) = rows.last() else { return Ok(false) };
        let read_to = last.seq;
        let rows: Vec<Queued> = rows.into_iter().map(Queued::from).collect();
        self.publish_to(stream, &rows).await?;
        self.read_to.insert(stream.to_owned(), read_to);
        Ok(true)
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
                    self.tidy().await?;
                    if Instant::now() >= sweep {
                        sweep = Instant::now() + SWEEP;
                        if self.forgotten().await? {
                            return Ok(false);
                        }
                    }
                    continue;
                }
            };
            let Some(mut rows) = rows else { return Ok(true) };
            while let Ok(more) = self.commits.try_recv() {
                rows.extend(more);
            }
            // What the table gave already is not published again.
            rows.retain(|row| self.read_to.get(&row.stream).is_none_or(|read| row.seq > *read));
            let many = rows.len() >= MANY;
            self.publish(rows.into_iter().map(Queued::from).collect()).await?;
            if many && !self.commits.is_closed() {
                tokio::time::sleep(GATHER).await;
            }
            if self.commits.is_empty() && self.behind.load(Ordering::Acquire) {
                return Ok(false);
            }
        }
    }

    /// Publishes messages, those of each stream in their order.
    async fn publish(&self, rows: Vec<Queued>) -> Result<(), PublishError> {
        let mut streams: BTreeMap<String, Vec<Queued>> = BTreeMap::new();
        for row in rows {
            streams.entry(row.message.stream.clone()).or_default().push(row);
        }
        let published = streams.iter().map(|(stream, rows)| self.publish_to(stream, rows));
        join_all(published).await.into_iter().collect()
    }

    async fn publish_to(&self, stream: &str, rows: &[Queued]) -> Result<(), PublishError> {
        for rows in rows.chunks(bus::TOGETHER_MAX) {
            let messages: Vec<&Outgoing> = rows.iter().map(|row| &row.message).collect();
            if messages.len() > 1 {
                match self.bus.publish_together(stream, &messages).await {
                    Ok(()) => {
                        rows.iter().for_each(|row| self.store.published().add(row.seq));
                        continue;
                    }
                    Err(PublishError::Refused(cause)) => {
                        tracing::debug!(stream, "messages are published one by one: {cause}");
                    }
                    Err(error) => return Err(error),
                }
            }
            self.publish_singly(rows).await?;
        }
        Ok(())
    }

    /// One that is stored already is acknowledged once more.
    async fn publish_singly(&self, rows: &[Queued]) -> Result<(), PublishError> {
        let mut under_way = Vec::with_capacity(rows.len());
        let mut failed = Ok(());
        for row in rows {
            match self.bus.send(&row.message).await {
                Ok(stored) => under_way.push((row.seq, stored)),
                Err(error) => {
                    failed = Err(error);
                    break;
                }
            }
        }
        for (seq, stored) in under_way {
            match stored.await {
                Ok(()) => self.store.published().add(seq),
                Err(error) => failed = Err(error),
            }
        }
        failed
    }

    /// Deletes what was published and not taken along by a commit.
    async fn tidy(&self) -> Result<(), DbErr> {
        while !self.store.published().is_empty() {
            self.store.published().delete(self.store.write()).await?.committed();
        }
        Ok(())
    }

    /// Whether the table holds rows that nobody is about to publish.
    async fn forgotten(&self) -> Result<bool, DbErr> {
        let age = kit::clock::micros(SWEEP);
        let old = outbox::Column::CreatedAt.lt(kit::clock::now_micros() - age);
        let found = outbox::Entity::find().filter(old).limit(1).one(self.store.read()).await?;
        Ok(found.is_some())
    }
}
