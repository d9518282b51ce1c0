//! How far a consumer is behind its stream.

use std::time::Duration;

use async_nats::jetstream::consumer::pull;

use crate::{Bus, Stream};

/// How often the server is asked.
const EVERY: Duration = Duration::from_secs(5);

/// Counts the messages that wait and those in our hands, until it is dropped. What the server does not
/// answer changes nothing.
pub(crate) async fn count(bus: Bus, role: &'static str, stream: Stream) {
    let name = bus.names().stream(&stream);
    loop {
        let consumer = bus.management.get_consumer_from_stream::<pull::Config, _, _>(role, &name);
        match consumer.await {
            Ok(consumer) => {
                let info = consumer.cached_info();
                let in_hands = u64::try_from(info.num_ack_pending).unwrap_or(u64::MAX);
                gauge("countersign_stream_lag", &name, info.num_pending);
                gauge("countersign_stream_in_hands", &name, in_hands);
            }
            Err(error) => tracing::debug!(%error, stream = name, "the bus does not say the lag"),
        }
        tokio::time::sleep(EVERY).await;
    }
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
fn gauge(name: &'static str, stream: &str, value: u64) {
    metrics::gauge!(name, "stream" => stream.to_owned()).set(value as f64);
}
