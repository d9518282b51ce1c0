//! The connection to the bus, and publishing with the certainty that it was stored.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use async_nats::{
    ConnectErrorKind, ConnectOptions, Event, ServerAddr,
    connection::State,
    jetstream::{
        self, context::PublishErrorKind, message::PublishMessage, stream::RawMessageErrorKind,
    },
};

use percent_encoding::percent_decode_str;

use crate::{Delivery, Names, Outgoing, StreamError, denials::Denials};

/// The oldest server we accept: before it, acknowledged messages were lost in known ways.
const SERVER_MIN: (u32, u32) = (2, 12);

/// How long the server may take to create, update or describe a stream or a consumer.
const MANAGEMENT_TIMEOUT: Duration = Duration::from_secs(15);

/// How often the server must show that it is there: after three times without an answer the
/// connection is given up for another one. By default that takes minutes, in which nothing is
/// published.
const PING_EVERY: Duration = Duration::from_secs(3);

/// How to reach the bus.
#[derive(Debug, Clone)]
pub struct Config {
    /// `nats://` or `tls://` addresses; user and password may be part of them.
    pub urls: Vec<String>,
    /// A file with a JWT and a seed.
    pub credentials: Option<PathBuf>,
    /// Certificate authorities for a private PKI, PEM.
    pub root_certificates: Option<PathBuf>,
    /// Our names there.
    pub names: Names,
    /// Copies of each stream: 1 for a single server, 3 on a cluster.
    pub replicas: usize,
    /// Whether we create and update streams, or only check them.
    pub manage_streams: bool,
    /// Most bytes of each stream; a full stream refuses, it never drops.
    pub stream_bytes_max: i64,
    /// How long a publish may wait for its acknowledgement.
    pub publish_timeout: Duration,
    /// How long a message may stay unacknowledged before it is delivered again.
    pub ack_wait: Duration,
    /// Failed attempts after which a message is dead.
    pub attempts_max: u32,
    /// How long nothing may be delivered while messages wait, before we subscribe anew.
    pub stall_after: Duration,
}

/// When there is no usable bus.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// When an address cannot be read.
    #[error("bus.url is not a NATS address")]
    Address,
    /// When a credentials or certificate file cannot be read.
    #[error("bus credentials cannot be read: {0}")]
    Credentials(std::io::Error),
    /// When nobody answers.
    #[error("the bus cannot be reached: {0}")]
    Unreachable(String),
    /// When the server does not take our credentials.
    #[error("the bus refuses our credentials ({0}): check bus.url and bus.credentials_path")]
    Refused(String),
    /// When the server is older than we can trust.
    #[error(
        "nats-server {0} is too old: 2.12 or newer is needed, 2.14 or newer advised, \
         with `jetstream {{ sync_interval: always }}`"
    )]
    TooOld(String),
}

/// Why a message is not known to be stored.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// When there is no connection now; nothing was sent.
    #[error("the bus is not connected")]
    NotConnected,
    /// When no acknowledgement came: it may be stored all the same.
    #[error("the bus did not acknowledge in time")]
    TimedOut,
    /// When our credentials do not allow to publish there.
    #[error("the bus does not let us publish to {0}: check the permissions of our credentials")]
    Denied(String),
    /// When the server refused it, for example because the stream is full.
    #[error("the bus refused the message: {0}")]
    Refused(String),
    /// When another stream stored it than the one that must.
    #[error("the bus stored the message in {0}, which is not its stream")]
    WrongStream(String),
}

/// A connection to the bus; cheap to clone.
#[derive(Debug, Clone)]
pub struct Bus {
    pub(crate) client: async_nats::Client,
    jetstream: jetstream::Context,
    /// For streams and consumers, which a busy server takes longer to set up.
    pub(crate) management: jetstream::Context,
    pub(crate) config: Config,
    pub(crate) denials: Denials,
}

impl Config {
    /// The user that the addresses name, who may have an inbox of their own and no other.
    #[must_use]
    pub fn user(&self) -> Option<String> {
        self.addresses().ok()?.iter().find_map(user_of).map(|(user, _)| user)
    }

    fn addresses(&self) -> Result<Vec<ServerAddr>, ConnectError> {
        let parsed = self.urls.iter().map(|url| url.parse());
        parsed.collect::<Result<_, _>>().map_err(|_| ConnectError::Address)
    }
}

impl Bus {
    /// Connects and checks the server's version. `role` names the connection at the server, and the inbox.
    pub async fn connect(config: Config, role: &str) -> Result<Self, ConnectError> {
        let addresses = config.addresses()?;
        let denials = Denials::default();
        let heard = denials.clone();
        let connected = AtomicBool::new(true);
        let mut options = ConnectOptions::new()
            .name(format!("countersign-{role}"))
            .connection_timeout(Duration::from_secs(5))
            .ping_interval(PING_EVERY)
            .custom_inbox_prefix(format!("_INBOX_{role}"))
            .event_callback(move |event| {
                if let Event::ServerError(error) = &event {
                    heard.heard(&error.to_string());
                }
                log_event(&event, &connected);
                std::future::ready(())
            });
        if let Some((user, password)) = addresses.iter().find_map(user_of) {
            options = options.user_and_password(user, password);
        }
        if let Some(file) = &config.credentials {
            options = options.credentials_file(file).await.map_err(ConnectError::Credentials)?;
        }
        if let Some(file) = &config.root_certificates {
            options = options.add_root_certificates(file.clone());
        }
        let client = options.connect(addresses).await.map_err(|error| match error.kind() {
            ConnectErrorKind::Authentication | ConnectErrorKind::AuthorizationViolation => {
                ConnectError::Refused(error.to_string())
            }
            _ => ConnectError::Unreachable(error.to_string()),
        })?;
        let version = client.server_info().version;
        if version_of(&version).is_none_or(|version| version < SERVER_MIN) {
            return Err(ConnectError::TooOld(version));
        }
        let jetstream = jetstream::ContextBuilder::new()
            .timeout(config.publish_timeout)
            .ack_timeout(config.publish_timeout)
            .build(client.clone());
        let management =
            jetstream::ContextBuilder::new().timeout(MANAGEMENT_TIMEOUT).build(client.clone());
        Ok(Self { client, jetstream, management, config, denials })
    }

    /// Our names on this bus.
    #[must_use]
    pub fn names(&self) -> &Names {
        &self.config.names
    }

    /// The version of the server that we are connected to.
    #[must_use]
    pub fn server_version(&self) -> String {
        self.client.server_info().version
    }

    /// Whether there is a connection now.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.client.connection_state() == State::Connected
    }

    /// A subject to which the server did not let us publish, until it does.
    #[must_use]
    pub fn denied(&self) -> Option<String> {
        self.denials.standing()
    }

    /// Publishes and waits until the stream has stored the message.
    pub async fn publish(&self, message: &Outgoing) -> Result<(), PublishError> {
        self.send(message).await?.await
    }

    /// Publishes; the future that it returns waits until the stream has stored the message.
    ///
    /// Messages reach the server in the order of these calls. Without a connection it fails at
    /// once: the client would keep the message and send it later, after we have said that it
    /// failed.
    pub async fn send(
        &self,
        message: &Outgoing,
    ) -> Result<impl Future<Output = Result<(), PublishError>> + Send + use<>, PublishError> {
        if !self.is_connected() {
            return Err(PublishError::NotConnected);
        }
        let span = message.span();
        let publish = PublishMessage::build()
            .payload(message.data.clone())
            .headers(message.headers(&span))
            .message_id(&message.id)
            .expected_stream(&message.stream);
        let mut attempt = self.denials.attempt(&message.subject);
        let sent = self
            .jetstream
            .send_publish(message.subject.clone(), publish)
            .await
            .map_err(|error| classify(&error))?;
        let (stream, subject) = (message.stream.clone(), message.subject.clone());
        Ok(async move {
            // It lasts until the message is stored.
            let _span = span;
            let stored = tokio::select! {
                stored = sent.into_future() => stored.map_err(|error| classify(&error))?,
                () = attempt.denied() => return Err(PublishError::Denied(subject)),
            };
            attempt.accepted();
            if stored.stream != stream {
                return Err(PublishError::WrongStream(stored.stream));
            }
            Ok(())
        })
    }

    /// The message that a stream holds in this place; `None` when it holds none there any more.
    pub async fn stored(
        &self,
        stream: &str,
        sequence: u64,
    ) -> Result<Option<Delivery>, StreamError> {
        let failed = |cause: String| StreamError::Failed { name: stream.to_owned(), cause };
        let held = match self.management.get_stream_no_info(stream).await {
            Ok(held) => held.get_raw_message(sequence).await,
            Err(error) => return Err(failed(error.to_string())),
        };
        match held {
            Ok(message) => Ok(Some(Delivery::stored(stream, message))),
            Err(error) if error.kind() == RawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(failed(error.to_string())),
        }
    }

    /// Listens from now on, and yields the next message of a subject; `None` when the connection
    /// ends first. For an answer to something that is published afterwards.
    pub async fn hear_one(
        &self,
        subject: String,
    ) -> Result<impl Future<Output = Option<bytes::Bytes>> + Send + use<>, ConnectError> {
        use futures::StreamExt;
        let subscribed = self.client.subscribe(subject).await;
        let mut messages =
            subscribed.map_err(|error| ConnectError::Unreachable(error.to_string()))?;
        Ok(async move { messages.next().await.map(|message| message.payload) })
    }

    /// Says something that no stream stores, to whoever listens just now.
    pub async fn tell(&self, subject: String, data: bytes::Bytes) -> Result<(), ConnectError> {
        let told = self.client.publish(subject, data).await;
        told.map_err(|error| ConnectError::Unreachable(error.to_string()))
    }

    /// Listens from now on to all messages of a subject; goes on after a cut.
    pub async fn hear(
        &self,
        subject: String,
    ) -> Result<impl futures::Stream<Item = bytes::Bytes> + Send + Unpin + use<>, ConnectError>
    {
        use futures::StreamExt;
        let subscribed = self.client.subscribe(subject).await;
        let messages = subscribed.map_err(|error| ConnectError::Unreachable(error.to_string()))?;
        Ok(messages.map(|message| message.payload))
    }

    /// Sends what is still buffered; the connection is of no use afterwards.
    pub async fn close(&self) {
        if let Err(error) = self.client.drain().await {
            tracing::debug!(%error, "the bus was closed already");
        }
    }
}

/// The user and password that an address names; the client itself does not look there.
fn user_of(address: &ServerAddr) -> Option<(String, String)> {
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    Some((decode(address.username()?), decode(address.password()?)))
}

fn classify(error: &jetstream::context::PublishError) -> PublishError {
    match error.kind() {
        PublishErrorKind::TimedOut => PublishError::TimedOut,
        PublishErrorKind::BrokenPipe => PublishError::NotConnected,
        PublishErrorKind::StreamNotFound
        | PublishErrorKind::WrongLastMessageId
        | PublishErrorKind::WrongLastSequence
        | PublishErrorKind::MaxAckPending
        | PublishErrorKind::MaxPayloadExceeded
        | PublishErrorKind::Other => PublishError::Refused(error.to_string()),
    }
}

/// While it is away, each vain attempt to reach it is no news.
fn log_event(event: &Event, connected: &AtomicBool) {
    match event {
        Event::Connected => {
            connected.store(true, Ordering::Relaxed);
            tracing::debug!("the bus is connected");
        }
        Event::Disconnected => {
            connected.store(false, Ordering::Relaxed);
            tracing::warn!("the bus is disconnected");
        }
        Event::ServerError(error) => tracing::error!(%error, "the bus refused something"),
        Event::ClientError(error) if connected.load(Ordering::Relaxed) => {
            tracing::warn!(%error, "the bus client had trouble");
        }
        other => tracing::debug!(event = %other, "the bus says"),
    }
}

fn version_of(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim_start_matches('v').split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_servers_are_told_from_new_ones() {
        assert!(version_of("2.9.10").is_some_and(|version| version < SERVER_MIN));
        assert!(version_of("2.15.1").is_some_and(|version| version >= SERVER_MIN));
        assert!(version_of("v3.0.0-beta.1").is_some_and(|version| version >= SERVER_MIN));
        assert_eq!(version_of("unknown"), None);
    }
}
