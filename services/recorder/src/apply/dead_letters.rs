//! Messages that no consumer could apply: kept on record, each once.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::Duration,
};

use bus::{DEAD_DATA_BYTES_MAX, Delivery, Failure, Kind};
use proto::v1::DeadLetter;
use sea_orm::DbErr;
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Applier, clean, read, uuid};
use crate::store::{Change, Draft, Ledger, Store, dead_letter};

/// Nothing has become of it yet.
pub(super) const OPEN: &str = "open";
/// Most headers of a message that are kept.
const HEADERS_MAX: usize = 50;
/// How often the open ones are counted, for what other processes settle.
const COUNT_EVERY: Duration = Duration::from_secs(5);

impl Applier {
    /// Puts dead letters on record. It never says that one cannot be applied: such a message would
    /// become a dead letter again, and again.
    pub(crate) async fn keep(&self, batch: Arc<[Delivery]>) -> Vec<Result<(), Failure>> {
        let letters: Vec<dead_letter::Model> = batch.iter().map(row).collect();
        let _turn = self.turn.lock().await;
        let together = self.keep_all(&letters).await;
        let mut results = Vec::with_capacity(letters.len());
        for letter in &letters {
            results.push(match &together {
                Ok(()) => Ok(()),
                Err(_) => self.keep_one(letter).await,
            });
        }
        count(&self.store).await;
        results
    }

    /// What the database refuses is put on record without its content, which stays in the stream.
    async fn keep_one(&self, letter: &dead_letter::Model) -> Result<(), Failure> {
        let Err(error) = self.keep_all(std::slice::from_ref(letter)).await else { return Ok(()) };
        if self.store.ping().await.is_err() {
            tracing::warn!(%error, "the database is away, dead letters wait on the bus");
            return Err(Failure::Later(Duration::from_secs(1)));
        }
        let id = letter.id;
        tracing::error!(%error, dead_letter = %id, "a dead letter is recorded without its content");
        self.keep_all(&[bare(letter)]).await.map_err(|error| {
            tracing::error!(%error, dead_letter = %id, "a dead letter cannot be recorded");
            Failure::Later(Duration::from_secs(60))
        })
    }

    async fn keep_all(&self, letters: &[dead_letter::Model]) -> Result<(), DbErr> {
        let mut ledger = Ledger::begin(&self.store, kit::clock::now_micros()).await?;
        let ids: Vec<Uuid> = letters.iter().map(|letter| letter.id).collect();
        let mut known: HashSet<Uuid> = match ledger.known_dead_letters(&ids).await {
            Ok(known) => known,
            Err(error) => {
                ledger.abandon().await?;
                return Err(error);
            }
        };
        for letter in letters.iter().filter(|letter| known.insert(letter.id)) {
            let mut change = Change::with(draft(letter));
            change.dead_letters.push(letter.clone().into());
            ledger.add(change);
        }
        self.commit(ledger).await
    }

    /// Commits and tells those who wait for it.
    pub(super) async fn commit(&self, ledger: Ledger) -> Result<(), DbErr> {
        let committed = ledger.commit().await?;
        self.store.announce(committed.seq);
        self.outbox.committed(committed.outbox);
        Ok(())
    }
}

/// Counts the open ones for the metrics, until `stop`.
pub(crate) async fn count_open(store: Store, stop: CancellationToken) {
    while !stop.is_cancelled() {
        count(&store).await;
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(COUNT_EVERY) => {}
        }
    }
}

pub(super) async fn count(store: &Store) {
    // A database that is away is told of by those who need it.
    if let Ok(open) = store.open_dead_letters().await {
        let open = u32::try_from(open).unwrap_or(u32::MAX);
        metrics::gauge!("countersign_dead_letters_open").set(f64::from(open));
    }
}

fn row(delivery: &Delivery) -> dead_letter::Model {
    let letter = read::<DeadLetter>(delivery, Kind::DeadLetter)
        .and_then(|letter| Ok((uuid(&letter.dead_letter_id, "dead_letter_id")?, letter)));
    match letter {
        Ok((id, letter)) => readable(delivery, id, letter),
        Err(failure) => unreadable(delivery, &failure),
    }
}

fn readable(delivery: &Delivery, id: Uuid, letter: DeadLetter) -> dead_letter::Model {
    let mut data = letter.data;
    let size = u64::try_from(data.len()).unwrap_or(u64::MAX).max(letter.data_size);
    data.truncate(DEAD_DATA_BYTES_MAX);
    dead_letter::Model {
        id,
        stream: clean(&letter.stream, 255),
        subject: clean(&letter.subject, 1_024),
        sequence: i64::try_from(letter.stream_sequence).unwrap_or_default(),
        reason: clean(&letter.reason, 255),
        cause: clean(&letter.cause, 2_000),
        headers: headers(&letter.headers),
        data,
        data_size: i64::try_from(size).unwrap_or(i64::MAX),
        at: proto::micros(letter.at.as_ref()).unwrap_or(delivery.stored_at_micros),
        ..blank(delivery)
    }
}

/// A message among the dead letters that is none: shown as it is.
fn unreadable(delivery: &Delivery, failure: &Failure) -> dead_letter::Model {
    let cause = match failure {
        Failure::Reject(_, cause) | Failure::Retry(cause) => cause.as_str(),
        Failure::Later(_) => "",
    };
    let mut data = delivery.data.to_vec();
    data.truncate(DEAD_DATA_BYTES_MAX);
    dead_letter::Model {
        reason: "unreadable".to_owned(),
        cause: clean(&format!("it is not a dead letter as our services write it: {cause}"), 2_000),
        headers: headers(&delivery.headers),
        data,
        ..blank(delivery)
    }
}

/// What the database refused, by what names it alone.
fn bare(letter: &dead_letter::Model) -> dead_letter::Model {
    dead_letter::Model {
        subject: String::new(),
        reason: "not-recordable".to_owned(),
        cause: "the database refused the dead letter; its content is in the stream of dead letters"
            .to_owned(),
        headers: "{}".to_owned(),
        data: Vec::new(),
        data_size: letter.data_size.max(1),
        ..letter.clone()
    }
}

/// What is known of a message by its place alone.
fn blank(delivery: &Delivery) -> dead_letter::Model {
    let Delivery { stream, sequence, stored_at_micros, .. } = delivery;
    let name = format!("{stream}/{sequence}/{stored_at_micros}");
    dead_letter::Model {
        id: Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()),
        stream: clean(stream, 255),
        subject: clean(&delivery.subject, 1_024),
        sequence: i64::try_from(*sequence).unwrap_or_default(),
        reason: String::new(),
        cause: String::new(),
        headers: "{}".to_owned(),
        data: Vec::new(),
        data_size: i64::try_from(delivery.data.len()).unwrap_or(i64::MAX),
        at: *stored_at_micros,
        buried_at: *stored_at_micros,
        state: OPEN.to_owned(),
        replays_failed: 0,
        replay_said: None,
        settled_at: None,
        settled_by: None,
        settled_why: None,
    }
}

fn headers<'a>(all: impl IntoIterator<Item = (&'a String, &'a String)>) -> String {
    let sorted: BTreeMap<String, String> =
        all.into_iter().map(|(name, value)| (clean(name, 255), clean(value, 2_000))).collect();
    let kept: BTreeMap<_, _> = sorted.into_iter().take(HEADERS_MAX).collect();
    serde_json::to_string(&kept).unwrap_or_else(|_| "{}".to_owned())
}

fn draft(letter: &dead_letter::Model) -> Draft {
    let dead_letter::Model { stream, sequence, cause, .. } = letter;
    Draft {
        kind: "buried",
        message: format!("A message of {stream} ({sequence}) could not be applied: {cause}"),
        data: json!({
            "dead_letter_id": letter.id,
            "stream": stream,
            "subject": letter.subject,
            "sequence": sequence,
            "reason": letter.reason,
            "data_sha256": hex::encode(Sha256::digest(&letter.data)),
            "data_size": letter.data_size,
        }),
        ..Draft::default()
    }
}
