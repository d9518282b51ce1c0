//! What the server is told about each message: done, again, later, or never.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_nats::jetstream::{AckKind, Message};
use proto::v1::DeadLetter;
use tokio::task::JoinHandle;

use crate::{Bus, Delivery, Failure, Stream, bury};

/// Longest wait before the next attempt.
const BACKOFF_MAX: Duration = Duration::from_secs(60);

/// A batch that the handler is done with.
pub(crate) struct Worked {
    pub(crate) messages: Vec<Message>,
    pub(crate) deliveries: Arc<[Delivery]>,
    /// In the order of the messages.
    pub(crate) results: Vec<Result<(), Failure>>,
}

/// Answers for one reader of a stream.
pub(crate) struct Answers {
    bus: Bus,
    role: &'static str,
    /// Failed attempts by sequence.
    attempts: HashMap<u64, u32>,
    /// Answers that are being sent.
    sending: Option<JoinHandle<()>>,
}

impl Answers {
    pub(crate) fn new(bus: Bus, role: &'static str) -> Self {
        Self { bus, role, attempts: HashMap::new(), sending: None }
    }

    /// Forgets what failed before: the places of a stream that was made anew mean other messages.
    pub(crate) fn forget(&mut self) {
        self.attempts.clear();
    }

    /// Answers a batch; returns as soon as the answers to the one before are sent.
    pub(crate) async fn give(&mut self, worked: Worked) {
        let Worked { messages, deliveries, results } = worked;
        let mut results = results.into_iter();
        let mut answered = Vec::with_capacity(messages.len());
        for delivery in &*deliveries {
            let result = results.next().unwrap_or(Err(Failure::Retry("no answer".to_owned())));
            let failed = count(&mut self.attempts, delivery.sequence, &result);
            answered.push((result, failed));
        }
        self.note(&deliveries, &answered);
        self.finish().await;
        let (bus, role) = (self.bus.clone(), self.role);
        self.sending = Some(tokio::spawn(async move {
            for ((message, delivery), (result, failed)) in
                messages.iter().zip(&*deliveries).zip(answered)
            {
                answer(&bus, role, message, delivery, result, failed).await;
            }
        }));
    }

    /// Counts a batch; all of it is of one stream.
    fn note(&self, deliveries: &[Delivery], answered: &[(Result<(), Failure>, u32)]) {
        let Some(stream) = deliveries.first().map(|delivery| delivery.stream.clone()) else {
            return;
        };
        let mut counted: HashMap<&'static str, u64> = HashMap::new();
        for (result, _) in answered {
            *counted.entry(word(result)).or_default() += 1;
        }
        for (result, messages) in counted {
            let labels =
                [("role", self.role), ("result", result)].map(|(name, it)| (name, it.to_owned()));
            let labels = [&labels[..], &[("stream", stream.clone())]].concat();
            metrics::counter!("countersign_messages_total", &labels).increment(messages);
        }
    }

    /// Waits until all answers are sent.
    pub(crate) async fn finish(&mut self) {
        if let Some(sending) = self.sending.take()
            && let Err(error) = sending.await
        {
            tracing::error!(%error, "answers to the bus were cut off");
        }
    }
}

/// How the work on a message ended, for the labels.
fn word(result: &Result<(), Failure>) -> &'static str {
    match result {
        Ok(()) => "done",
        Err(Failure::Retry(_)) => "failed",
        Err(Failure::Later(_)) => "later",
        Err(Failure::Reject(..)) => "rejected",
    }
}

/// Failed attempts at a message within this process, this one included.
fn count(attempts: &mut HashMap<u64, u32>, sequence: u64, result: &Result<(), Failure>) -> u32 {
    if matches!(result, Err(Failure::Retry(_))) {
        let failed = attempts.entry(sequence).or_default();
        *failed += 1;
        return *failed;
    }
    attempts.remove(&sequence);
    0
}

async fn answer(
    bus: &Bus,
    role: &'static str,
    message: &Message,
    delivery: &Delivery,
    result: Result<(), Failure>,
    failed: u32,
) {
    let (reason, cause) = match result {
        Ok(()) => return send(message, AckKind::Ack).await,
        Err(Failure::Later(wait)) => return send(message, AckKind::Nak(Some(wait))).await,
        Err(Failure::Retry(cause)) if failed < bus.config.attempts_max => {
            tracing::warn!(
                stream = delivery.stream,
                sequence = delivery.sequence,
                attempt = failed,
                "a message was not applied and will be tried again: {cause}"
            );
            return send(message, AckKind::Nak(Some(backoff(failed)))).await;
        }
        Err(Failure::Retry(cause)) => ("attempts-exhausted", cause),
        Err(Failure::Reject(reason, cause)) => (reason, cause),
    };
    tracing::error!(
        stream = delivery.stream,
        sequence = delivery.sequence,
        reason,
        "a message cannot be applied and is kept as a dead letter: {cause}"
    );
    if delivery.stream == bus.names().stream(&Stream::Dead) {
        // It is where it would be put: burying it again would go on for ever.
        return send(message, AckKind::Term).await;
    }
    match bury(bus, role, letter(delivery, reason, cause)).await {
        Ok(()) => send(message, AckKind::Term).await,
        Err(error) => {
            tracing::error!(%error, "a dead letter could not be stored, trying again");
            send(message, AckKind::Nak(Some(Duration::from_secs(5)))).await;
        }
    }
}

fn letter(delivery: &Delivery, reason: &str, cause: String) -> DeadLetter {
    DeadLetter {
        stream: delivery.stream.clone(),
        subject: delivery.subject.clone(),
        stream_sequence: delivery.sequence,
        reason: reason.to_owned(),
        cause,
        headers: delivery.headers.clone(),
        data: delivery.data.to_vec(),
        at: Some(proto::timestamp(delivery.stored_at_micros)),
        ..DeadLetter::default()
    }
}

/// 100 ms, then twice as long each time, at most a minute.
fn backoff(failed: u32) -> Duration {
    let factor = 2_u32.saturating_pow(failed.saturating_sub(1).min(16));
    (Duration::from_millis(100) * factor).min(BACKOFF_MAX)
}

/// An acknowledgement that is lost only means that the message comes again.
pub(crate) async fn send(message: &Message, kind: AckKind) {
    if let Err(error) = message.ack_with(kind).await {
        tracing::debug!(%error, "an acknowledgement was not sent");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_stay_bounded() {
        assert_eq!(backoff(1), Duration::from_millis(100));
        assert_eq!(backoff(4), Duration::from_millis(800));
        assert_eq!(backoff(40), BACKOFF_MAX);
    }

    #[test]
    fn only_failures_of_our_own_count() {
        let mut attempts = HashMap::new();
        let retry = Err(Failure::Retry("x".into()));
        assert_eq!(count(&mut attempts, 7, &retry), 1);
        assert_eq!(count(&mut attempts, 7, &retry), 2);
        assert_eq!(count(&mut attempts, 7, &Err(Failure::Later(BACKOFF_MAX))), 0);
        assert_eq!(count(&mut attempts, 7, &retry), 1);
    }
}
