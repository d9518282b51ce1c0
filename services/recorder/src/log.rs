//! The audit record as a log that others can check: signed checkpoints, and everything for who asks.

use std::{sync::Arc, time::Duration};

use evidence::{Line, LogKey};
use futures::{Stream, StreamExt, TryStreamExt, stream};
use sea_orm::DbErr;
use tokio_util::sync::CancellationToken;

use crate::store::{Store, audit};

/// How often a checkpoint is signed while records come.
const SIGN_EVERY: Duration = Duration::from_secs(60);

/// The log, and the key that signs for it.
#[derive(Debug, Clone)]
pub(crate) struct Log {
    pub(crate) store: Store,
    pub(crate) key: Arc<LogKey>,
}

impl Log {
    /// Signs a checkpoint now and then, and at the end, when there is something new.
    pub(crate) async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(SIGN_EVERY) => {}
            }
            if let Err(error) = self.sign().await {
                tracing::warn!(%error, "a checkpoint of the audit record could not be kept");
            }
        }
    }

    /// The newest checkpoint: of everything there is now.
    pub(crate) async fn sign(&self) -> Result<String, DbErr> {
        let tree = self.store.tree().await?;
        if let Some(last) = self.store.last_checkpoint().await?
            && u64::try_from(last.size) == Ok(tree.size())
            && self.key.verifier().open(&last.note).is_ok_and(|it| it.root == tree.root())
        {
            return Ok(last.note);
        }
        let note = self.key.sign(&tree);
        let note = note.ok_or_else(|| DbErr::Custom("it could not be signed".to_owned()))?;
        self.store.keep_checkpoint(tree.size(), note.clone()).await?;
        Ok(note)
    }

    /// Everything, line by line: the key, each record, each checkpoint.
    pub(crate) async fn export(
        &self,
    ) -> Result<impl Stream<Item = Result<String, DbErr>> + Send + use<>, DbErr> {
        let newest = self.sign().await?;
        let end = self.key.verifier().open(&newest).map_or(0, |it| it.size);
        let end = i64::try_from(end).unwrap_or(i64::MAX);
        let notes = self.store.checkpoints().await?.into_iter().filter(|it| it.size < end);
        let notes = notes.map(|it| it.note).chain([newest]).map(Line::Checkpoint);
        let first = Line::Log { verifier: self.key.verifier().as_str().to_owned() };
        let first = stream::iter([Ok(text_of(&first))]);
        let last = stream::iter(notes.map(|note| Ok(text_of(&note))).collect::<Vec<_>>());
        Ok(first.chain(records(self.store.clone(), end)).chain(last))
    }
}

fn records(store: Store, end: i64) -> impl Stream<Item = Result<String, DbErr>> + Send {
    let pages = stream::try_unfold((store, 0), move |(store, after)| async move {
        let rows = store.records_after(after, end).await?;
        let Some(last) = rows.last().map(|row| row.seq) else { return Ok::<_, DbErr>(None) };
        let lines = stream::iter(rows.into_iter().map(|row| Ok(text_of(&line(row)))));
        Ok(Some((lines, (store, last))))
    });
    pages.try_flatten()
}

fn line(row: audit::Model) -> Line {
    let audit::Model { seq, record, personal, hash, .. } = row;
    Line::Record { seq: u64::try_from(seq).unwrap_or_default(), leaf: record, hash, personal }
}

fn text_of(line: &Line) -> String {
    serde_json::to_string(line).unwrap_or_default()
}
