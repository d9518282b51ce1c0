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

/// Sends calls to the hook at an address, over one connection for each client.
pub(crate) async fn send_calls(hook: &str, calls: Vec<Call>, clients: usize) -> Load {
    let (count, calls) = (calls.len(), Arc::new(calls));
    let mut callers = Vec::new();
    for _ in 0..clients {
        callers.push(Caller { line: Line::open(hook).await, calls: calls.clone() });
    }
    run(count, callers).await
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
    run(count, vec![publisher; clients]).await
}

async fn run(count: usize, clients: Vec<impl Client>) -> Load {
    let next = Arc::new(AtomicUsize::new(0));
    let begun = Instant::now();
    let clients = clients.into_iter().map(|client| tokio::spawn(work(client, next.clone(), count)));
    let waits = futures::future::try_join_all(clients).await.unwrap().concat();
    let rate = f64::from(u32::try_from(count).unwrap()) / begun.elapsed().as_secs_f64();
    Load { rate, waits }
}

/// Works until as many things are begun as there are.
async fn work(mut client: impl Client, next: Arc<AtomicUsize>, count: usize) -> Vec<Duration> {
    let mut waits = Vec::new();
    loop {
        let at = next.fetch_add(1, Ordering::Relaxed);
        if at >= count {
            return waits;
        }
        let begun = Instant::now();
        client.work(at).await;
        waits.push(begun.elapsed());
    }
}
