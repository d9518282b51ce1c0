//! Where events wait that the bus does not take: one file each, on disk before GitLab is answered,
//! published when the bus is back.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bus::{Awaited, Bus, Outgoing, PublishError};
use kit::admin::Health;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::ROLE;

/// How files end while they are written, when they are complete, and when they cannot be read.
const UNFINISHED: &str = "part";
const COMPLETE: &str = "event";
const UNREADABLE: &str = "unreadable";
/// How often the bus is asked again while events wait.
const ASK_EVERY: Duration = Duration::from_millis(500);

/// Why an event could not be kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SpoolError {
    #[error("the spool holds {held} bytes and may hold {limit} (ingress.spool_bytes_max)")]
    Full { held: u64, limit: u64 },
    #[error("the spool cannot be written: {0}")]
    Failed(#[from] io::Error),
}

/// An event as it lies in its file.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    stream: String,
    subject: String,
    id: String,
    ce_type: String,
    about: Option<String>,
    time_micros: i64,
    /// Proto3 JSON.
    data: String,
    /// Files of an earlier version have none.
    #[serde(default)]
    traceparent: Option<String>,
}

/// How much lies there, and whether the bus takes events.
#[derive(Debug, Default)]
struct State {
    files: u64,
    bytes: u64,
    bus_is_away: bool,
}

/// The folder.
#[derive(Debug)]
pub(crate) struct Spool {
    folder: PathBuf,
    bytes_max: u64,
    state: Mutex<State>,
}

impl Spool {
    /// Opens the folder, or makes it. What an earlier process left complete will be published; what
    /// it left unfinished was never answered with 202, so GitLab has sent it again.
    pub(crate) fn open(folder: PathBuf, bytes_max: u64) -> io::Result<Self> {
        let named = |error: io::Error| {
            io::Error::new(error.kind(), format!("the spool {}: {error}", folder.display()))
        };
        fs::create_dir_all(&folder).map_err(named)?;
        let mut state = State::default();
        for entry in fs::read_dir(&folder).map_err(named)? {
            let path = entry.map_err(named)?.path();
            if has_ending(&path, UNFINISHED) {
                fs::remove_file(&path).map_err(named)?;
            } else if has_ending(&path, COMPLETE) {
                state.files += 1;
                state.bytes += fs::metadata(&path).map_err(named)?.len();
            }
        }
        let spool = Self { folder, bytes_max, state: Mutex::new(state) };
        spool.count();
        Ok(spool)
    }

    /// Whether the last attempt to publish failed: then the next caller need not wait for the bus.
    pub(crate) fn bus_is_away(&self) -> bool {
        self.state().bus_is_away
    }

    /// Keeps an event; when it returns, a power failure does not lose it.
    pub(crate) fn keep(&self, message: &Outgoing) -> Result<(), SpoolError> {
        let kept = Kept {
            stream: message.stream.clone(),
            subject: message.subject.clone(),
            id: message.id.clone(),
            ce_type: message.ce_type.clone(),
            about: message.about.clone(),
            time_micros: message.time_micros,
            data: String::from_utf8_lossy(&message.data).into_owned(),
            traceparent: message.traceparent.clone(),
        };
        let text = serde_json::to_vec(&kept).map_err(io::Error::other)?;
        let bytes = u64::try_from(text.len()).unwrap_or(u64::MAX);
        self.reserve(bytes)?;
        let written = self.write(&kept.id, &text);
        if written.is_err() {
            self.release(bytes);
        }
        self.count();
        Ok(written?)
    }

    /// Publishes what waits, oldest first, whenever something does and there is a bus, until `stop`.
    pub(crate) async fn drain(
        self: &Arc<Self>,
        bus: &Awaited,
        health: &Health,
        stop: &CancellationToken,
    ) {
        let mut told = String::new();
        loop {
            if let Some(bus) = bus.get()
                && self.state().files > 0
            {
                match self.publish_all(bus, stop).await {
                    Ok(()) => {
                        health.well("spool");
                        told.clear();
                    }
                    Err(cause) if cause != told => {
                        tracing::error!("calls wait in the spool: {cause}");
                        told = cause;
                    }
                    Err(_told_before) => {}
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(ASK_EVERY) => {}
            }
        }
    }

    async fn publish_all(
        self: &Arc<Self>,
        bus: &Bus,
        stop: &CancellationToken,
    ) -> Result<(), String> {
        let mut refused = None;
        for path in self.at_the_disk(Self::waiting).await? {
            if stop.is_cancelled() {
                return Ok(());
            }
            let file = path.clone();
            let Some((message, bytes)) = self.at_the_disk(move |it| it.read(&file)).await? else {
                continue;
            };
            match bus.publish(&message).await {
                Ok(()) => {}
                Err(away @ (PublishError::NotConnected | PublishError::TimedOut)) => {
                    return Err(away.to_string());
                }
                // The bus is there, but does not take this one: the others need not wait for it.
                Err(error) => {
                    refused = Some(error.to_string());
                    continue;
                }
            }
            // Should this fail, the event is published again under the same id.
            self.at_the_disk(move |_| fs::remove_file(&path)).await?;
            self.state().bus_is_away = false;
            self.release(bytes);
        }
        match refused {
            Some(cause) => Err(cause),
            None => {
                tracing::info!("the spool is empty again: the bus has all events");
                Ok(())
            }
        }
    }

    /// Does what waits for a disk, where it holds up nobody.
    async fn at_the_disk<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> io::Result<T> + Send + 'static,
    ) -> Result<T, String> {
        let this = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&this)).await;
        done.map_err(io::Error::other).flatten().map_err(|error| error.to_string())
    }

    /// The complete files, oldest first: their names begin with the time at which the call came.
    fn waiting(&self) -> io::Result<Vec<PathBuf>> {
        let mut paths: Vec<PathBuf> = fs::read_dir(&self.folder)?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| has_ending(path, COMPLETE))
            .collect();
        paths.sort_unstable();
        Ok(paths)
    }

    /// The event in a file, and its bytes there; one that cannot be read is put aside.
    fn read(&self, path: &Path) -> io::Result<Option<(Outgoing, u64)>> {
        let text = fs::read(path)?;
        let bytes = u64::try_from(text.len()).unwrap_or(u64::MAX);
        if let Ok(kept) = serde_json::from_slice::<Kept>(&text) {
            return Ok(Some((kept.into(), bytes)));
        }
        tracing::error!(file = %path.display(), "a file of the spool cannot be read; it is kept");
        fs::rename(path, path.with_extension(UNREADABLE))?;
        self.release(bytes);
        Ok(None)
    }

    fn reserve(&self, bytes: u64) -> Result<(), SpoolError> {
        let mut state = self.state();
        if state.bytes + bytes > self.bytes_max {
            return Err(SpoolError::Full { held: state.bytes, limit: self.bytes_max });
        }
        state.bus_is_away = true;
        state.files += 1;
        state.bytes += bytes;
        Ok(())
    }

    fn release(&self, bytes: u64) {
        let mut state = self.state();
        state.files = state.files.saturating_sub(1);
        state.bytes = state.bytes.saturating_sub(bytes);
        state.bus_is_away &= state.files > 0;
        drop(state);
        self.count();
    }

    /// Written beside its place, synced, moved there, and the move synced, too.
    fn write(&self, id: &str, text: &[u8]) -> io::Result<()> {
        let unfinished = self.folder.join(id).with_extension(UNFINISHED);
        let mut file = File::create(&unfinished)?;
        file.write_all(text)?;
        file.sync_all()?;
        fs::rename(&unfinished, unfinished.with_extension(COMPLETE))?;
        File::open(&self.folder)?.sync_all()
    }

    #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
    fn count(&self) {
        let state = self.state();
        metrics::gauge!("countersign_spool_depth").set(state.files as f64);
        metrics::gauge!("countersign_spool_bytes").set(state.bytes as f64);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<Kept> for Outgoing {
    fn from(kept: Kept) -> Self {
        Self {
            stream: kept.stream,
            subject: kept.subject,
            id: kept.id,
            ce_type: kept.ce_type,
            source: ROLE,
            about: kept.about,
            time_micros: kept.time_micros,
            data: kept.data.into(),
            traceparent: kept.traceparent,
        }
    }
}

fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|extension| extension == ending)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failing test should panic")]

    use super::*;

    fn event(id: &str) -> Outgoing {
        Outgoing {
            stream: "CS_INTAKE".into(),
            subject: "countersign.intake.v1.main.6".into(),
            id: id.into(),
            ce_type: "dev.countersign.merge-request-seen.v1".into(),
            source: ROLE,
            about: None,
            time_micros: 7,
            data: "{\"title\":\"Größe\"}".into(),
            traceparent: None,
        }
    }

    #[test]
    fn what_was_kept_is_found_by_the_next_process() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(folder.path().join("spool"), 10_000).unwrap();
        spool.keep(&event("a")).unwrap();
        fs::write(folder.path().join("spool/b.part"), "half").unwrap();
        let next = Spool::open(folder.path().join("spool"), 10_000).unwrap();
        assert_eq!(next.state().files, 1);
        let text = fs::read(folder.path().join("spool/a.event")).unwrap();
        assert_eq!(Outgoing::from(serde_json::from_slice::<Kept>(&text).unwrap()), event("a"));
        assert!(!folder.path().join("spool/b.part").exists());
    }

    #[test]
    fn what_cannot_be_read_is_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.event"), "{").unwrap();
        let spool = Spool::open(folder.path().to_owned(), 10_000).unwrap();
        let waiting = spool.waiting().unwrap();
        assert_eq!(spool.read(&waiting[0]).unwrap(), None);
        assert_eq!((spool.waiting().unwrap().len(), spool.state().files), (0, 0));
        assert!(folder.path().join("a.unreadable").exists());
    }

    #[test]
    fn a_full_spool_refuses_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(folder.path().to_owned(), 250).unwrap();
        spool.keep(&event("a")).unwrap();
        let refused = spool.keep(&event("b")).unwrap_err().to_string();
        assert!(refused.ends_with("bytes and may hold 250 (ingress.spool_bytes_max)"), "{refused}");
        assert_eq!(spool.state().files, 1);
    }
}
