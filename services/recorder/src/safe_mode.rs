//! Safe mode: what we know may not be what was, so only `failed` may be posted until an operator
//! says go on.
//!
//! Two things lead into it: a stream that went backwards, for then calls or decisions may be gone or
//! come again; and an audit record that does not verify, for then nobody knows what was decided.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bus::{Bus, Stream};
use evidence::VerifierKey;
use sea_orm::DbErr;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::store::{Draft, Ledger, Store};

/// How often the streams are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Whether anything but `failed` may be posted.
#[derive(Debug, Clone)]
pub(crate) struct SafeMode {
    store: Store,
    bus: Bus,
    /// The streams whose loss would be a loss of calls or decisions.
    streams: Arc<[Stream]>,
    /// What the checkpoints of the audit record are signed with.
    key: VerifierKey,
    /// Whether the audit record has been verified since the start, or found broken.
    examined: Arc<AtomicBool>,
}

/// Why only `failed` may be posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reason {
    /// In microseconds since 1970 UTC; absent while it is only not known yet.
    pub(crate) since: Option<i64>,
    /// In one sentence.
    pub(crate) sentence: String,
}

impl SafeMode {
    pub(crate) fn new(store: Store, bus: Bus, streams: Vec<Stream>, key: VerifierKey) -> Self {
        Self { store, bus, streams: streams.into(), key, examined: Arc::default() }
    }

    /// Why only `failed` may be posted now, if so.
    pub(crate) async fn reason(&self) -> Result<Option<Reason>, DbErr> {
        if let Some((since, sentence)) = self.store.safe_mode().await? {
            return Ok(Some(Reason { since: Some(since), sentence }));
        }
        if !self.examined.load(Ordering::Acquire) {
            let sentence = "The audit record is being verified.".to_owned();
            return Ok(Some(Reason { since: None, sentence }));
        }
        Ok(None)
    }

    /// Verifies the audit record, then watches the streams until `stop`.
    pub(crate) async fn keep(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.examine().await {
                tracing::warn!(%error, "it could not be examined whether safe mode is needed");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    async fn examine(&self) -> Result<(), DbErr> {
        if !self.examined.load(Ordering::Acquire) {
            if let Err(broken) = self.store.verify_record(&self.key).await? {
                let sentence =
                    format!("{broken} It was changed by somebody else than Countersign.");
                self.enter(&sentence).await?;
            }
            self.examined.store(true, Ordering::Release);
        }
        self.look_at_streams().await?;
        let on = self.store.safe_mode().await?.is_some();
        metrics::gauge!("countersign_safe_mode").set(if on { 1.0 } else { 0.0 });
        Ok(())
    }

    /// Compares each stream with what was seen of it before. To be called before a message is taken
    /// from it: what comes from a stream that began anew must not be trusted with a `passed`.
    pub(crate) async fn look_at_streams(&self) -> Result<(), DbErr> {
        for stream in &*self.streams {
            let name = self.bus.names().stream(stream);
            // First what was seen: another recorder sees more of the stream at any moment, and says so.
            let seen = self.store.stream_mark(&name).await?;
            let state = match self.bus.state(stream).await {
                Ok(state) => state,
                Err(error) => {
                    tracing::debug!(%error, "a stream cannot be looked at now");
                    continue;
                }
            };
            let now = (state.created_at_micros, state.last_sequence);
            match seen {
                Some((created_at, _)) if created_at != now.0 => {
                    self.enter(&format!("The stream {name} is another one than before.")).await?;
                }
                Some((_, last)) if now.1 < last => {
                    let (from, to) = (last, now.1);
                    let back = format!("The stream {name} went back from message {from} to {to}.");
                    self.enter(&back).await?;
                }
                Some((_, last)) if now.1 > last => self.store.mark_stream_on(&name, now).await?,
                Some(_) => {}
                None => self.store.mark_stream(&name, now).await?,
            }
        }
        Ok(())
    }

    async fn enter(&self, sentence: &str) -> Result<(), DbErr> {
        if self.store.safe_mode().await?.is_some() {
            return Ok(());
        }
        tracing::error!(
            "safe mode: only failed is posted until an operator says go on. {sentence}"
        );
        metrics::gauge!("countersign_safe_mode").set(1.0);
        self.store.enter_safe_mode(kit::clock::now_micros(), sentence).await?;
        self.record(format!("Safe mode: only failed is posted. {sentence}"), json!({})).await
    }

    /// An operator says go on: streams and audit record are taken as they are now.
    pub(crate) async fn leave(&self, operator: &str, reason: &str) -> Result<(), DbErr> {
        let data = json!({ "operator": operator, "reason": reason });
        self.record(format!("Safe mode was ended by {operator}: {reason}"), data).await?;
        for stream in &*self.streams {
            if let Ok(state) = self.bus.state(stream).await {
                let now = (state.created_at_micros, state.last_sequence);
                self.store.mark_stream(&self.bus.names().stream(stream), now).await?;
            }
        }
        self.store.leave_safe_mode().await?;
        metrics::gauge!("countersign_safe_mode").set(0.0);
        tracing::warn!(operator, "safe mode was ended by an operator");
        Ok(())
    }

    async fn record(&self, message: String, data: serde_json::Value) -> Result<(), DbErr> {
        let ledger = Ledger::begin(&self.store, kit::clock::now_micros()).await?;
        let draft = Draft { kind: "safe-mode", message, personal: data, ..Draft::default() };
        self.store.commit_with(ledger, draft).await
    }
}
