//! What a process says of itself on the bus, every few seconds, for the operations page.

use std::time::Duration;

use bus::Bus;
use kit::admin::Health;
use metrics_exporter_prometheus::PrometheusHandle;
use proto::v1::{Pulse, PulseNumber, PulsePart};
use tokio_util::sync::CancellationToken;

/// How often it says so.
const EVERY: Duration = Duration::from_secs(5);

/// Metrics that an operator looks at first.
const NUMBERS: [&str; 7] = [
    "countersign_outbox_depth",
    "countersign_spool_depth",
    "countersign_spool_bytes",
    "countersign_stream_in_hands",
    "countersign_stream_lag",
    "countersign_sweep_age_seconds",
    "countersign_dead_letters_open",
];

/// A process as it is known to others.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    pub(crate) role: &'static str,
    pub(crate) replica: String,
    pub(crate) health: Health,
    pub(crate) metrics: PrometheusHandle,
}

impl Process {
    /// Says how it is, until `stop`. While the bus is away nobody hears it, which says enough.
    pub(crate) async fn beat(self, bus: Bus, stop: CancellationToken) {
        let started_at = kit::clock::now_micros();
        let subject = bus.names().pulse(self.role);
        while !stop.is_cancelled() {
            let text = proto::to_json(&self.pulse(started_at));
            if let Err(error) = bus.tell(subject.clone(), text.into()).await {
                tracing::debug!(%error, "nobody hears how this process is");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    fn pulse(&self, started_at: i64) -> Pulse {
        let part = |(name, trouble): (&str, Option<String>)| PulsePart {
            name: name.to_owned(),
            trouble: trouble.unwrap_or_default(),
        };
        Pulse {
            role: self.role.to_owned(),
            replica: self.replica.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: Some(proto::timestamp(started_at)),
            at: Some(proto::timestamp(kit::clock::now_micros())),
            ready: self.health.report().0,
            parts: self.health.parts().into_iter().map(part).collect(),
            numbers: numbers(&self.metrics.render()),
        }
    }
}

/// The numbers among the lines of the Prometheus text format.
fn numbers(text: &str) -> Vec<PulseNumber> {
    let number = |line: &str| {
        let (name, value) = line.rsplit_once(' ')?;
        let (name, of) = match name.split_once('{') {
            Some((name, labels)) => (name, labels.split('"').nth(1).unwrap_or_default()),
            None => (name, ""),
        };
        let (name, of) = (NUMBERS.contains(&name).then(|| name.to_owned())?, of.to_owned());
        Some(PulseNumber { name, of, value: value.parse().ok()? })
    };
    text.lines().filter_map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_operator_looks_at_is_taken_from_the_metrics() {
        let text = "# TYPE countersign_stream_lag gauge\n\
                    countersign_stream_lag{stream=\"CS_INTAKE\"} 7\n\
                    countersign_calls_total{status=\"202\"} 9\n\
                    countersign_outbox_depth 3\n";
        let found = numbers(text);
        let found: Vec<_> =
            found.iter().map(|it| (it.name.as_str(), it.of.as_str(), it.value)).collect();
        let wanted =
            [("countersign_stream_lag", "CS_INTAKE", 7.0), ("countersign_outbox_depth", "", 3.0)];
        assert_eq!(found, wanted);
    }
}
