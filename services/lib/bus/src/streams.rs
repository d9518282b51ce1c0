//! The streams: created and kept as they must be, or only checked.

use std::time::Duration;

use async_nats::jetstream::{
    ErrorCode,
    context::{CreateStreamError, CreateStreamErrorKind, GetStreamError, GetStreamErrorKind},
    stream::{
        Config as StreamConfig, DiscardPolicy, Info, PersistenceMode, RetentionPolicy, StorageType,
    },
};
use tokio::time::Instant;

use crate::{Bus, Stream};

/// How long a stream that others manage may take to be created, and how often it is looked for.
const CREATED_WITHIN: Duration = Duration::from_secs(30);
/// How long servers may take to form a cluster that can hold a stream.
const CLUSTER_WITHIN: Duration = Duration::from_secs(45);
/// How long one attempt to make a stream may take.
const MADE_WITHIN: Duration = Duration::from_secs(3);
const LOOK_EVERY: Duration = Duration::from_millis(200);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a message id is remembered. It only spares work: the database has the last word.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(5 * 60);
/// Largest message, headers included, in bytes.
const MESSAGE_BYTES_MAX: i32 = 64 * 1024;
/// Largest dead letter: it holds the message that died, as base64.
const DEAD_BYTES_MAX: i32 = 1_000_000;

/// When a stream is not as it must be.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// When it cannot be created, updated or read.
    #[error("stream {name}: {cause}")]
    Failed {
        /// Name of the stream.
        name: String,
        /// What the server said.
        cause: String,
    },
    /// When our credentials do not allow to look at it.
    #[error(
        "the bus does not let us look at the stream {0}: check the permissions of our credentials"
    )]
    Denied(String),
    /// When it exists with a setting that loses messages.
    #[error("stream {name} has {setting}, which can lose messages; set it to {wanted}")]
    Unsafe {
        /// Name of the stream.
        name: String,
        /// The setting as it is.
        setting: String,
        /// The setting as it must be.
        wanted: &'static str,
    },
}

/// How far a stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamState {
    /// When it was created, in microseconds since 1970 UTC: another time is another stream.
    pub created_at_micros: i64,
    /// The sequence of its last message; 0 when it never had one.
    pub last_sequence: i64,
}

impl Bus {
    /// How far a stream is now.
    pub async fn state(&self, stream: &Stream) -> Result<StreamState, StreamError> {
        let info = self.info(stream).await?;
        let micros = info.created.unix_timestamp_nanos() / 1_000;
        Ok(StreamState {
            created_at_micros: i64::try_from(micros).unwrap_or_default(),
            last_sequence: i64::try_from(info.state.last_sequence).unwrap_or(i64::MAX),
        })
    }

    /// Looks at a stream without changing anything, and says how many copies it has.
    ///
    /// # Errors
    ///
    /// When it is not there, or has a setting that loses messages.
    pub async fn look_at(&self, stream: &Stream) -> Result<usize, StreamError> {
        let config = self.info(stream).await?.config;
        check(&config)?;
        Ok(config.num_replicas)
    }

    async fn info(&self, stream: &Stream) -> Result<Info, StreamError> {
        let name = self.names().stream(stream);
        self.described(&name)
            .await?
            .map_err(|error| StreamError::Failed { name, cause: error.to_string() })
    }

    /// What the server says of a stream, or why it says nothing; fails when it may not be asked.
    async fn described(&self, name: &str) -> Result<Result<Info, GetStreamError>, StreamError> {
        let mut attempt = self.denials.attempt(&format!("$JS.API.STREAM.INFO.{name}"));
        let found = tokio::select! {
            found = self.management.get_stream(name) => found,
            () = attempt.denied() => return Err(StreamError::Denied(name.to_owned())),
        };
        Ok(found.map(|stream| {
            attempt.accepted();
            stream.cached_info().clone()
        }))
    }
}

/// Creates or updates the streams, or only checks them where we do not manage them.
pub async fn ensure_streams(bus: &Bus, streams: &[Stream]) -> Result<(), StreamError> {
    for stream in streams {
        let wanted = config(bus, stream);
        let info = match bus.config.manage_streams {
            true => made(bus, wanted).await?,
            false => found(bus, &wanted.name).await?,
        };
        check(&info.config)?;
    }
    Ok(())
}

/// Creates or updates a stream. Servers that form a cluster at this very moment are waited for.
async fn made(bus: &Bus, wanted: StreamConfig) -> Result<Info, StreamError> {
    let latest = Instant::now() + CLUSTER_WITHIN;
    loop {
        // A cluster does not answer whoever asks for a stream that it is making for somebody else.
        let attempt = bus.management.create_or_update_stream(wanted.clone());
        let (passes, cause) = match tokio::time::timeout(MADE_WITHIN, attempt).await {
            Ok(Ok(info)) => return Ok(info),
            Ok(Err(error)) => (passes(&error), error.to_string()),
            Err(_) => (true, "the server does not answer".to_owned()),
        };
        if !passes || Instant::now() >= latest {
            return Err(StreamError::Failed { name: wanted.name, cause });
        }
        tracing::debug!(stream = wanted.name, cause, "the bus cannot make a stream yet");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Whether a cluster that is forming may do it later.
fn passes(error: &CreateStreamError) -> bool {
    match error.kind() {
        CreateStreamErrorKind::TimedOut | CreateStreamErrorKind::JetStreamUnavailable => true,
        CreateStreamErrorKind::JetStream(error) => {
            let code = error.error_code();
            matches!(code, ErrorCode::CLUSTER_NOT_AVAILABLE | ErrorCode::CLUSTER_NO_PEERS)
        }
        _ => false,
    }
}

/// A stream that somebody else creates, perhaps at this very moment: roles start in any order.
async fn found(bus: &Bus, name: &str) -> Result<Info, StreamError> {
    let latest = Instant::now() + CREATED_WITHIN;
    loop {
        let error = match bus.described(name).await? {
            Ok(info) => return Ok(info),
            Err(error) => error,
        };
        if !is_missing(&error) || Instant::now() >= latest {
            return Err(StreamError::Failed { name: name.to_owned(), cause: error.to_string() });
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn is_missing(error: &GetStreamError) -> bool {
    matches!(error.kind(), GetStreamErrorKind::JetStream(ref error)
        if error.error_code() == ErrorCode::STREAM_NOT_FOUND)
}

/// Creates those of the streams that somebody deleted, where we manage them.
pub async fn restore_streams(bus: &Bus, streams: &[Stream]) -> Result<(), StreamError> {
    for stream in streams.iter().filter(|_| bus.config.manage_streams) {
        let name = bus.names().stream(stream);
        match bus.described(&name).await {
            Ok(Err(error)) if is_missing(&error) => {
                tracing::warn!(stream = name, "somebody deleted a stream, it is created anew");
                ensure_streams(bus, std::slice::from_ref(stream)).await?;
            }
            // Whether it is well is for those to find out who use it.
            Ok(_) | Err(_) => {}
        }
    }
    Ok(())
}

fn config(bus: &Bus, stream: &Stream) -> StreamConfig {
    let names = bus.names();
    let (description, days, message_bytes) = match stream {
        Stream::Intake => ("What GitLab said", 30, MESSAGE_BYTES_MAX),
        Stream::Decision(_) => ("What one source decided", 30, MESSAGE_BYTES_MAX),
        Stream::Respond => ("What must be told or asked at GitLab", 7, MESSAGE_BYTES_MAX),
        Stream::Outcome => ("What became of it", 30, MESSAGE_BYTES_MAX),
        Stream::Event => ("What happened to requests", 30, MESSAGE_BYTES_MAX),
        Stream::Receipt => ("Answers to decisions", 7, MESSAGE_BYTES_MAX),
        Stream::Dead => ("Messages that could not be applied", 90, DEAD_BYTES_MAX),
    };
    StreamConfig {
        name: names.stream(stream),
        description: Some(description.to_owned()),
        subjects: vec![names.subjects(stream)],
        retention: RetentionPolicy::Limits,
        discard: DiscardPolicy::New,
        storage: StorageType::File,
        num_replicas: bus.config.replicas,
        max_age: DAY * days,
        max_bytes: bus.config.stream_bytes_max,
        max_message_size: message_bytes,
        duplicate_window: DUPLICATE_WINDOW,
        allow_atomic_publish: true,
        // A source reads its own receipts later, by their subject, and no others.
        allow_direct: *stream == Stream::Receipt,
        deny_delete: true,
        deny_purge: true,
        ..StreamConfig::default()
    }
}

/// The settings that decide whether an acknowledged message can vanish.
fn check(config: &StreamConfig) -> Result<(), StreamError> {
    let wrong = |setting: String, wanted| {
        Err(StreamError::Unsafe { name: config.name.clone(), setting, wanted })
    };
    if config.discard != DiscardPolicy::New {
        return wrong(format!("discard {:?}", config.discard), "discard new");
    }
    if config.retention != RetentionPolicy::Limits {
        return wrong(format!("retention {:?}", config.retention), "retention limits");
    }
    if config.storage != StorageType::File {
        return wrong(format!("storage {:?}", config.storage), "storage file");
    }
    if config.allow_rollup {
        return wrong("rollup headers allowed".to_owned(), "allow_rollup_hdrs false");
    }
    if config.allow_message_ttl {
        return wrong("message TTLs allowed".to_owned(), "allow_msg_ttl false");
    }
    if config.persist_mode == Some(PersistenceMode::Async) {
        return wrong("persist mode async".to_owned(), "persist mode default");
    }
    Ok(())
}
