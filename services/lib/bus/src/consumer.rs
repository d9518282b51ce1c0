//! The consumer loop: it owns ack, nak and term, so that handlers only say how it went.

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use async_nats::jetstream::{
    AckKind, Message,
    consumer::{
        AckPolicy, DeliverPolicy,
        pull::{self, MessagesErrorKind},
    },
};
use futures::{StreamExt, stream::FuturesUnordered};
use tokio::task::coop::unconstrained;
use tokio_util::sync::CancellationToken;

use crate::{
    Bus, Delivery, Stream, StreamError,
    answers::{Answers, Worked, send},
    watchdog::{Trouble, Watchdog},
};

/// How long one question to the server stays open: should the server ever lose sight of a reader,
/// it is served again with the next one.
const ASK_EVERY: Duration = Duration::from_secs(5);
/// How often the server shows that it is there; twice that in silence starts a new subscription.
const HEARTBEAT: Duration = Duration::from_secs(2);

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
    /// Most batches with the handler at once; it begins them in the order of the stream.
    pub under_way: usize,
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
    let mut answers = Answers::new(bus.clone(), role);
    let mut unreadable = false;
    let counting = crate::lag::count(bus.clone(), role, stream.clone());
    // Counting ends with the loop.
    let _counting = tokio_util::task::AbortOnDropHandle::new(tokio::spawn(counting));
    while !stop.is_cancelled() {
        let (messages, mut watchdog) = match subscribe(bus, role, stream, limits).await {
            Ok(subscribed) => subscribed,
            Err(error) => {
                if !std::mem::replace(&mut unreadable, true) {
                    tracing::warn!(%error, "the bus cannot be read, trying again until it can");
                }
                pause(&stop, Duration::from_secs(1)).await;
                continue;
            }
        };
        if std::mem::take(&mut unreadable) {
            tracing::info!(stream = bus.names().stream(stream), "the bus is read again");
        }
        let mut batches = messages.ready_chunks(limits.batch);
        let mut under_way = FuturesUnordered::new();
        let mut trouble = None;
        loop {
            let more = trouble.is_none() && !stop.is_cancelled();
            let room = under_way.len() < limits.under_way;
            tokio::select! {
                biased;
                Some(worked) = under_way.next() => {
                    answers.give(worked).await;
                    watchdog.calm();
                }
                () = stop.cancelled(), if more => {}
                // The runtime would have a batch end after 128 messages, whatever is there.
                batch = unconstrained(batches.next()), if more && room => {
                    let (batch, found) = sort(batch.unwrap_or_default());
                    trouble = found;
                    watchdog.calm();
                    if !batch.is_empty() {
                        under_way.push(work(bus, batch, &handle));
                    }
                }
                found = watchdog.barks(), if more && room => trouble = Some(found),
                else => break,
            }
        }
        answers.finish().await;
        // What was prefetched and not handled is delivered to the next reader at once.
        give_back(&mut batches).await;
        if let Some(trouble) = trouble {
            note(trouble, &bus.names().stream(stream));
            if trouble == Trouble::Deleted {
                answers.forget();
            }
        }
    }
    Ok(())
}

/// The messages of a batch, and why there will be no more of them.
fn sort(batch: Vec<Fetched>) -> (Vec<Message>, Option<Trouble>) {
    let mut trouble = batch.is_empty().then_some(Trouble::Silent);
    let mut messages = Vec::with_capacity(batch.len());
    for fetched in batch {
        match fetched {
            Ok(message) => messages.push(message),
            Err(error) => {
                trouble = Some(match error.kind() {
                    MessagesErrorKind::ConsumerDeleted => Trouble::Deleted,
                    _ => Trouble::Silent,
                });
            }
        }
    }
    (messages, trouble)
}

/// Counts and logs that a subscription is built anew.
///
/// A durable consumer that is created again delivers everything that its stream still holds. That
/// is harmless: each message carries a key by which the database knows it.
fn note(trouble: Trouble, stream: &str) {
    let labels = [("stream", stream.to_owned()), ("cause", trouble.as_str().to_owned())];
    metrics::counter!("countersign_consumer_rebuilt_total", &labels).increment(1);
    match trouble {
        Trouble::Deleted => tracing::warn!(
            stream,
            "our consumer was deleted at the bus: it is created again, and everything that its \
             stream holds is delivered once more"
        ),
        Trouble::Stalled => tracing::warn!(
            stream,
            "messages wait on the bus and none is delivered: the subscription is built anew"
        ),
        // A connection that breaks tells so itself.
        Trouble::Silent => tracing::debug!(stream, "the subscription is built anew"),
    }
}

async fn subscribe(
    bus: &Bus,
    role: &'static str,
    stream: &Stream,
    limits: Limits,
) -> Result<(pull::Stream, Watchdog), StreamError> {
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
        // A consumer is its reader's own, whoever manages the stream.
        match stream.get_consumer(role).await {
            Ok(found) => found,
            Err(_) => {
                stream.create_consumer(config).await.map_err(|error| failed(error.to_string()))?
            }
        }
    };
    let messages = consumer
        .stream()
        .max_messages_per_batch(limits.prefetched)
        .heartbeat(HEARTBEAT)
        .expires(ASK_EVERY)
        .messages()
        .await
        .map_err(|error| failed(error.to_string()))?;
    Ok((messages, Watchdog::new(consumer, bus.config.stall_after)))
}

async fn work<F, R>(bus: &Bus, batch: Vec<Message>, handle: &F) -> Worked
where
    F: Fn(Arc<[Delivery]>) -> R,
    R: Future<Output = Vec<Result<(), Failure>>>,
{
    let (messages, deliveries): (Vec<_>, Vec<_>) = batch
        .into_iter()
        .filter_map(|message| Delivery::read(&message).map(|delivery| (message, delivery)))
        .unzip();
    let deliveries: Arc<[Delivery]> = deliveries.into();
    let begun = Instant::now();
    let results = match deliveries.is_empty() {
        true => Vec::new(),
        false => in_time(bus, &messages, handle(deliveries.clone())).await,
    };
    if let Some(delivery) = deliveries.first() {
        metrics::histogram!("countersign_batch_seconds", "stream" => delivery.stream.clone())
            .record(begun.elapsed().as_secs_f64());
    }
    Worked { messages, deliveries, results }
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
