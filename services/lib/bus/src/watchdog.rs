//! Notices a consumer that has stalled or is gone: nothing else would tell, because a stream that
//! is silent looks like one on which nothing happens.

use std::time::Duration;

use async_nats::jetstream::{
    consumer::{Consumer, Info, pull},
    context::ConsumerInfoErrorKind,
};
use tokio::time::{Instant, sleep_until};

/// Why a subscription is built anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The server says that the durable consumer, or its stream, does not exist any more.
    Deleted,
    /// Messages wait for us, we ask for them, and none comes.
    Stalled,
    /// The server has fallen silent, or refused to be asked.
    Silent,
}

impl Trouble {
    /// The word in logs and metrics.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::Stalled => "stalled",
            Self::Silent => "silent",
        }
    }
}

/// Watches one subscription.
#[derive(Debug)]
pub(crate) struct Watchdog {
    consumer: Consumer<pull::Config>,
    stall_after: Duration,
    quiet_since: Instant,
}

impl Watchdog {
    pub(crate) fn new(consumer: Consumer<pull::Config>, stall_after: Duration) -> Self {
        Self { consumer, stall_after, quiet_since: Instant::now() }
    }

    /// Something was delivered, or room for more has only just come up.
    pub(crate) fn calm(&mut self) {
        self.quiet_since = Instant::now();
    }

    /// Returns when the consumer is found stalled or gone. It asks the server each time nothing
    /// was delivered for the configured time, and may be dropped and called again at any moment.
    pub(crate) async fn barks(&mut self) -> Trouble {
        loop {
            sleep_until(self.quiet_since + self.stall_after).await;
            match self.consumer.get_info().await {
                Ok(info) if is_stalled(&info) => return Trouble::Stalled,
                Ok(_) => {}
                Err(error) => match error.kind() {
                    ConsumerInfoErrorKind::NotFound | ConsumerInfoErrorKind::StreamNotFound => {
                        return Trouble::Deleted;
                    }
                    // Whether the server is there at all is for the heartbeats to find out.
                    _ => tracing::debug!(%error, "the bus does not say how a consumer is"),
                },
            }
            self.calm();
        }
    }
}

/// Whether the server has messages that it should have delivered by now.
fn is_stalled(info: &Info) -> bool {
    // As many as may be are in our hands, or wait there for their next attempt.
    let full = i64::try_from(info.num_ack_pending)
        .is_ok_and(|in_hands| in_hands >= info.config.max_ack_pending);
    info.num_pending > 0 && !full && !info.paused
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failing test should panic")]

    use std::path::PathBuf;

    use async_nats::jetstream::{self, consumer::AckPolicy, stream};
    use futures::StreamExt;

    use super::*;
    use crate::embedded::{Options, Server};

    const SOON: Duration = Duration::from_millis(50);

    /// A server of the test's own with one stream and one message in it.
    #[expect(clippy::disallowed_methods, reason = "tools are found by the environment")]
    async fn with_a_message(
        folder: &std::path::Path,
    ) -> (Server, stream::Stream, Consumer<pull::Config>) {
        let installed =
            PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../.tools/bin/nats-server"));
        let named = std::env::var_os("NATS_SERVER_BIN").map(PathBuf::from);
        let program = named.unwrap_or(installed);
        let folder = folder.to_owned();
        let options = Options { program, folder, port: 0, users: Vec::new(), sync_always: false };
        let server = Server::start(&options).await.unwrap();
        let client = async_nats::connect(server.url(None)).await.unwrap();
        let jetstream = jetstream::new(client);
        let config = stream::Config {
            name: "S".into(),
            subjects: vec!["s".into()],
            ..stream::Config::default()
        };
        let stream = jetstream.create_stream(config).await.unwrap();
        jetstream.publish("s", "one".into()).await.unwrap().await.unwrap();
        let config = pull::Config {
            durable_name: Some("c".into()),
            ack_policy: AckPolicy::Explicit,
            max_ack_pending: 1,
            ..pull::Config::default()
        };
        let consumer = stream.create_consumer(config).await.unwrap();
        (server, stream, consumer)
    }

    #[tokio::test]
    async fn messages_that_wait_and_do_not_come_are_a_stall() {
        let folder = tempfile::tempdir().unwrap();
        let (server, stream, consumer) = with_a_message(folder.path()).await;
        let mut watchdog = Watchdog::new(consumer.clone(), SOON);
        assert_eq!(watchdog.barks().await, Trouble::Stalled);
        // In somebody's hands for long is not a stall, although another one waits behind it.
        let mut messages = consumer.messages().await.unwrap();
        let in_hands = messages.next().await.unwrap().unwrap();
        in_hands.context.publish("s", "two".into()).await.unwrap().await.unwrap();
        let barked = tokio::time::timeout(SOON * 6, watchdog.barks()).await;
        assert!(barked.is_err(), "{barked:?}");
        drop(messages);
        stream.delete_consumer("c").await.unwrap();
        assert_eq!(watchdog.barks().await, Trouble::Deleted);
        server.stop();
    }
}
