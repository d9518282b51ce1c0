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

/// Sends calls to the hook at an address, over one connection for each client.
pub(crate) async fn send_calls(hook: &str, calls: Vec<Call>, clients: usize) -> Load {
    let calls = Arc::new(calls);
    let mut lines = Vec::new();
    for _ in 0..clients {
        lines.push(Line::open(hook).await);
    }
    run(calls.len(), lines, async |line: &mut Line, at| line.send(&calls[at].bytes).await).await
}

/// Publishes bodies to a stream and waits for each acknowledgement.
pub(crate) async fn publish(
    jetstream: &jetstream::Context,
    subject: &'static str,
    bodies: Vec<Vec<u8>>,
    clients: usize,
) -> Load {
    let bodies = Arc::new(bodies);
    let clients = vec![jetstream.clone(); clients];
    run(bodies.len(), clients, async |jetstream: &mut jetstream::Context, at| {
        let message = PublishMessage::build()
            .payload(bodies[at].clone().into())
            .message_id(kit::clock::new_id().to_string());
        jetstream.send_publish(subject, message).await.unwrap().await.unwrap();
    })
    .await
}

async fn run<C>(count: usize, clients: Vec<C>, work: impl AsyncFn(&mut C, usize)) -> Load {
    let next = AtomicUsize::new(0);
    let begun = Instant::now();
    let clients = clients.into_iter().map(async |mut client| {
        let mut waits = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= count {
                return waits;
            }
            let begun = Instant::now();
            work(&mut client, at).await;
            waits.push(begun.elapsed());
        }
    });
    let waits = futures::future::join_all(clients).await.concat();
    let rate = f64::from(u32::try_from(count).unwrap()) / begun.elapsed().as_secs_f64();
    Load { rate, waits }
}
