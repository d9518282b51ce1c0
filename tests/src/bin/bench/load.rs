//! Closed-loop load: so many clients, each with one thing under way.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use async_nats::jetstream::{self, message::PublishMessage};

use crate::calls::{Call, Line};

/// Longest round: on a slow disk it ends before everything is sent.
const ROUND: Duration = Duration::from_millis(1_500);

/// What a round of load came to.
#[derive(Debug)]
pub(crate) struct Load {
    /// How many a second.
    pub(crate) rate: f64,
    /// How long each took.
    pub(crate) waits: Vec<Duration>,
}

/// Somebody who does one thing after the other.
trait Client: Send + 'static {
    fn work(&mut self, at: usize) -> impl Future<Output = ()> + Send;
}

struct Caller {
    line: Line,
    calls: Arc<Vec<Call>>,
}

impl Client for Caller {
    async fn work(&mut self, at: usize) {
        self.line.send(&self.calls[at].bytes).await;
    }
}

#[derive(Clone)]
struct Publisher {
    jetstream: jetstream::Context,
    subject: &'static str,
    bodies: Arc<Vec<Vec<u8>>>,
}

impl Client for Publisher {
    async fn work(&mut self, at: usize) {
        let message = PublishMessage::build()
            .payload(self.bodies[at].clone().into())
            .message_id(kit::clock::new_id().to_string());
        self.jetstream.send_publish(self.subject, message).await.unwrap().await.unwrap();
    }
}

/// Sends calls to the hook at an address, over one connection for each client, as many as fit into
/// a round.
pub(crate) async fn send_calls(hook: &str, calls: Vec<Call>, clients: usize) -> Load {
    send_within(ROUND, hook, calls, clients).await
}

/// Sends all calls, however long it takes.
pub(crate) async fn send_all_calls(hook: &str, calls: Vec<Call>, clients: usize) {
    send_within(Duration::from_secs(600), hook, calls, clients).await;
}

async fn send_within(limit: Duration, hook: &str, calls: Vec<Call>, clients: usize) -> Load {
    let (count, calls) = (calls.len(), Arc::new(calls));
    let mut callers = Vec::new();
    for _ in 0..clients {
        callers.push(Caller { line: Line::open(hook).await, calls: calls.clone() });
    }
    run(count, limit, callers).await
}

/// Publishes bodies to a stream and waits for each acknowledgement.
pub(crate) async fn publish(
    jetstream: &jetstream::Context,
    subject: &'static str,
    bodies: Vec<Vec<u8>>,
    clients: usize,
) -> Load {
    let count = bodies.len();
    let publisher = Publisher { jetstream: jetstream.clone(), subject, bodies: Arc::new(bodies) };
    run(count, ROUND, vec![publisher; clients]).await
}

async fn run(count: usize, limit: Duration, clients: Vec<impl Client>) -> Load {
    let next = Arc::new(AtomicUsize::new(0));
    let begun = Instant::now();
    let end = begun + limit;
    let work = |client| tokio::spawn(work(client, next.clone(), count, end));
    let clients: Vec<_> = clients.into_iter().map(work).collect();
    let waits = futures::future::try_join_all(clients).await.unwrap().concat();
    let done = f64::from(u32::try_from(waits.len()).unwrap());
    Load { rate: done / begun.elapsed().as_secs_f64(), waits }
}

/// Works until as many things are begun as there are, or until the end.
async fn work(
    mut client: impl Client,
    next: Arc<AtomicUsize>,
    count: usize,
    end: Instant,
) -> Vec<Duration> {
    let mut waits = Vec::new();
    loop {
        let (at, begun) = (next.fetch_add(1, Ordering::Relaxed), Instant::now());
        if at >= count || begun >= end {
            return waits;
        }
        client.work(at).await;
        waits.push(begun.elapsed());
    }
}
