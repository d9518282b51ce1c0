//! The consumer loop: it owns ack, nak and term, so that handlers only say how it went.

use std::{collections::HashMap, future::Future, sync::Arc, time::Duration};

use async_nats::jetstream::{
    AckKind, Message,
    consumer::{AckPolicy, DeliverPolicy, pull},
};
use futures::StreamExt;
use proto::v1::DeadLetter;
use tokio::task::{JoinHandle, coop::unconstrained};
use tokio_util::sync::CancellationToken;

use crate::{Bus, Delivery, Stream, StreamError, bury};

/// Failed attempts after which a message is dead.
const ATTEMPTS_MAX: u32 = 10;
/// How long one question to the server stays open: should the server ever lose sight of a reader,
/// it is served again with the next one.
const ASK_EVERY: Duration = Duration::from_secs(5);
/// How often the server shows that it is there; twice that in silence starts a new subscription.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// Longest wait before the next attempt.
const BACKOFF_MAX: Duration = Duration::from_secs(60);

/// Why a message was not applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// When it may work the next time; after ten times the message is dead.
    Retry(String),
    /// When something we depend on is away, or has asked us to wait: any number of times.
    Later(Duration),
    /// When it can never work: a stable label and one sentence.
    Reject(&'static str, String),
}

/// How much a loop takes at once.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Most messages handed to the handler together.
    pub batch: usize,
    /// Most messages that wait here for their turn: more than a batch keeps batches full, more than
    /// one keeps a message from a reader that has time.
    pub prefetched: usize,
    /// Most messages delivered and not acknowledged.
    pub unacknowledged: i64,
}

/// Hands the messages of a stream to `handle` in batches until `stop`.
///
/// The handler answers for each message of the batch, in order: `Ok` acknowledges it. A message
/// without an answer is tried again.
pub async fn consume<F, R>(
    bus: &Bus,
    role: &'static str,
    stream: &Stream,
    limits: Limits,
    stop: CancellationToken,
    handle: F,
) -> Result<(), StreamError>
where
    F: Fn(Arc<[Delivery]>) -> R,
    R: Future<Output = Vec<Result<(), Failure>>>,
{
    let mut attempts = HashMap::new();
    while !stop.is_cancelled() {
        let messages = match subscribe(bus, role, stream, limits).await {
            Ok(messages) => messages,
            Err(error) => {
                tracing::warn!(%error, "the bus cannot be read, trying again");
                pause(&stop, Duration::from_secs(1)).await;
                continue;
            }
        };
        let mut batches = messages.ready_chunks(limits.batch);
        let mut answering = None;
        loop {
            let batch = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                // The runtime would have a batch end after 128 messages, whatever is there.
                batch = unconstrained(batches.next()) => batch,
            };
            let Some(batch) = batch else { break };
            let received = batch.len();
            let batch: Vec<Message> = batch.into_iter().filter_map(Result::ok).collect();
            let broken = batch.len() < received;
            let answers = work(bus, role, &mut attempts, batch, &handle).await;
            // The next batch need not wait until these answers are sent, but the one after it does.
            finished(answering.take()).await;
            answering = Some(tokio::spawn(answers.send()));
            if broken {
                // A missed heartbeat or a deleted consumer: start the subscription anew.
                break;
            }
        }
        finished(answering.take()).await;
        // What was prefetched and not handled is delivered to the next reader at once.
        give_back(&mut batches).await;
    }
    Ok(())
}

async fn subscribe(
    bus: &Bus,
    role: &'static str,
    stream: &Stream,
    limits: Limits,
) -> Result<pull::Stream, StreamError> {
    let name = bus.names().stream(stream);
    let failed = |cause: String| StreamError::Failed { name: bus.names().stream(stream), cause };
    let config = pull::Config {
        durable_name: Some(role.to_owned()),
        deliver_policy: DeliverPolicy::All,
        ack_policy: AckPolicy::Explicit,
        ack_wait: bus.config.ack_wait,
        max_deliver: -1,
        max_ack_pending: limits.unacknowledged,
        num_replicas: bus.config.replicas,
        ..pull::Config::default()
    };
    let stream = bus.management.get_stream_no_info(&name).await;
    let stream = stream.map_err(|error| failed(error.to_string()))?;
    let consumer = if bus.config.manage_streams {
        stream.create_consumer(config).await.map_err(|error| failed(error.to_string()))?
    } else {
        stream.get_consumer(role).await.map_err(|error| failed(error.to_string()))?
    };
    consumer
        .stream()
        .max_messages_per_batch(limits.prefetched)
        .heartbeat(HEARTBEAT)
        .expires(ASK_EVERY)
        .messages()
        .await
        .map_err(|error| failed(error.to_string()))
}

async fn work<F, R>(
    bus: &Bus,
    role: &'static str,
    attempts: &mut HashMap<u64, u32>,
    batch: Vec<Message>,
    handle: &F,
) -> Answers
where
    F: Fn(Arc<[Delivery]>) -> R,
    R: Future<Output = Vec<Result<(), Failure>>>,
{
    let (messages, deliveries): (Vec<_>, Vec<_>) = batch
        .into_iter()
        .filter_map(|message| Delivery::read(&message).map(|delivery| (message, delivery)))
        .unzip();
    let deliveries: Arc<[Delivery]> = deliveries.into();
    let results = match deliveries.is_empty() {
        true => Vec::new(),
        false => in_time(bus, &messages, handle(deliveries.clone())).await,
    };
    let mut results = results.into_iter();
    let results = deliveries.iter().map(|delivery| {
        let result = results.next().unwrap_or(Err(Failure::Retry("no answer".to_owned())));
        let failed = count(attempts, delivery.sequence, &result);
        (result, failed)
    });
    let results = results.collect();
    Answers { bus: bus.clone(), role, messages, deliveries, results }
}

/// What the server is to be told about a batch.
struct Answers {
    bus: Bus,
    role: &'static str,
    messages: Vec<Message>,
    deliveries: Arc<[Delivery]>,
    /// How it went, and how often it went wrong.
    results: Vec<(Result<(), Failure>, u32)>,
}

impl Answers {
    async fn send(self) {
        let Self { bus, role, messages, deliveries, results } = self;
        for ((message, delivery), (result, failed)) in
            messages.iter().zip(&*deliveries).zip(results)
        {
            answer(&bus, role, message, delivery, result, failed).await;
        }
    }
}

async fn finished(answering: Option<JoinHandle<()>>) {
    if let Some(answering) = answering
        && let Err(error) = answering.await
    {
        tracing::error!(%error, "answers to the bus were cut off");
    }
}

/// Waits for the handler and tells the server meanwhile that the messages are being worked on.
async fn in_time<R: Future>(bus: &Bus, messages: &[Message], work: R) -> R::Output {
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            results = &mut work => return results,
            () = tokio::time::sleep(bus.config.ack_wait / 3) => {
                for message in messages {
                    send(message, AckKind::Progress).await;
                }
            }
        }
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
        Err(Failure::Retry(cause)) if failed < ATTEMPTS_MAX => {
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
async fn send(message: &Message, kind: AckKind) {
    if let Err(error) = message.ack_with(kind).await {
        tracing::debug!(%error, "an acknowledgement was not sent");
    }
}

async fn give_back(batches: &mut (impl futures::Stream<Item = Vec<Fetched>> + Unpin)) {
    while let Some(Some(batch)) = futures::FutureExt::now_or_never(batches.next()) {
        for message in batch.into_iter().filter_map(Result::ok) {
            send(&message, AckKind::Nak(None)).await;
        }
    }
}

type Fetched = Result<Message, pull::MessagesError>;

async fn pause(stop: &CancellationToken, time: Duration) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(time) => {}
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
