//! How recorder starts.

use std::{collections::HashSet, net::SocketAddr, sync::Arc};

use bus::{Bus, Limits, Needs, Stream, StreamError, ensure_streams};
use kit::{admin::Health, lifecycle::Lifecycle};
use tokio::net::TcpListener;

use crate::{
    Config, DatabaseError, ROLE,
    apply::{self, Applier, Carries, Rules},
    outbox,
    people::People,
    policy_change,
    safe_mode::SafeMode,
    service::{self, Service},
    store::Store,
    timers,
    tokens::Tokens,
};

/// Most messages in one transaction.
const BATCH: usize = 200;

/// When recorder cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// When the database cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// When a stream is not as it must be.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// When the gRPC port cannot be opened.
    #[error(transparent)]
    Listen(#[from] std::io::Error),
}

/// The streams that must be there, beside those of the sources.
const OWN: [Stream; 6] = [
    Stream::Intake,
    Stream::Outcome,
    Stream::Respond,
    Stream::Event,
    Stream::Receipt,
    Stream::Dead,
];

/// What recorder does on the bus with these sources: it manages every stream, takes what was said and
/// decided, and says what follows.
#[must_use]
pub fn needs(sources: &[String]) -> Needs {
    let decisions: Vec<Stream> = sources.iter().cloned().map(Stream::Decision).collect();
    let takes = [Stream::Intake, Stream::Outcome, Stream::Dead];
    Needs {
        role: ROLE,
        looks_at: [&OWN[..], &decisions].concat(),
        manages: true,
        publishes: outbox::SAYS.to_vec(),
        consumes: [&takes[..], &decisions].concat(),
        // A dead letter is replayed as its stream holds it.
        reads_again: [&takes[..2], &decisions].concat(),
        hears: Vec::new(),
    }
}

/// Starts recorder; returns the address of its gRPC port.
pub async fn start(
    config: Config,
    bus: Bus,
    lifecycle: &Lifecycle,
    health: &Health,
) -> Result<SocketAddr, StartError> {
    let store = Store::open(&config.database).await?;
    store.forget_leases(kit::clock::now_micros()).await.map_err(DatabaseError::from)?;
    policy_change::begin(&store, &config.policy_hash).await.map_err(DatabaseError::from)?;
    let mut sources: HashSet<String> = config.sources.into_iter().collect();
    sources.insert(bus::UI_SOURCE.to_owned());
    let decisions: Vec<Stream> = sources.iter().cloned().map(Stream::Decision).collect();
    ensure_streams(&bus, &[&OWN[..], &decisions].concat()).await?;

    let kept = [&[Stream::Intake, Stream::Outcome], &decisions[..]].concat();
    let safe_mode = SafeMode::new(store.clone(), bus.clone(), kept);
    safe_mode.look_at_streams().await.map_err(DatabaseError::from)?;
    let (keeping, stop) = (safe_mode.clone(), lifecycle.soft());
    lifecycle.spawn("safe mode", async move {
        keeping.keep(stop).await;
        Ok::<_, StartError>(())
    });

    let tokens = Tokens::new(store.clone(), sources.clone());
    let rules = Arc::new(Rules {
        names: bus.names().clone(),
        policy: config.policy,
        policy_of_check: config.policy_of_check,
        policy_hash: config.policy_hash,
        rights: config.rights,
        sources,
        read_back_after: config.read_back_after,
    });
    let (outbox, publisher) = outbox::outbox(store.clone(), bus.clone());
    let applier = Applier {
        store: store.clone(),
        bus: bus.clone(),
        rules: rules.clone(),
        outbox,
        turn: Arc::default(),
    };
    let streams = [(Stream::Intake, Carries::Intake), (Stream::Outcome, Carries::Outcomes)];
    let decisions = decisions.into_iter().map(|stream| (stream, Carries::Decisions));
    for (stream, carries) in streams.into_iter().chain(decisions) {
        let applier = Applier { turn: Arc::default(), ..applier.clone() };
        spawn_consumer(lifecycle, applier, stream, carries);
    }
    spawn_keeper(lifecycle, applier.clone());
    let (judging, stop) = (applier.clone(), lifecycle.soft());
    lifecycle.spawn("policy", async move {
        policy_change::take_over(judging, stop).await;
        Ok::<_, StartError>(())
    });
    let (ticking, stop) = (applier.clone(), lifecycle.soft());
    let every = config.look_at_the_clock_every;
    lifecycle.spawn("timers", async move {
        timers::run(ticking, every, stop).await;
        Ok::<_, StartError>(())
    });
    let stop = lifecycle.soft();
    lifecycle.spawn("outbox", async move {
        publisher.run(stop).await;
        Ok::<_, StartError>(())
    });
    let listener: TcpListener = kit::http::bind(config.grpc_listen).await?;
    let address = listener.local_addr()?;
    let people = People::new(store.clone());
    let service = Service { store, rules, safe_mode, applier, stop: lifecycle.soft() };
    lifecycle.spawn(
        "gRPC",
        service::serve(listener, config.secret, service, people, tokens, lifecycle.soft()),
    );
    health.well("recorder");
    tracing::info!(%address, "recorder serves gRPC");
    Ok(address)
}

fn spawn_consumer(lifecycle: &Lifecycle, applier: Applier, stream: Stream, carries: Carries) {
    let stop = lifecycle.soft();
    lifecycle.spawn("consumer", async move {
        let prefetched = 4 * BATCH;
        let limits = Limits { batch: BATCH, under_way: 2, prefetched, unacknowledged: 2_000 };
        let bus = applier.bus.clone();
        bus::consume(&bus, ROLE, &stream, limits, stop, |batch| applier.apply(carries, batch)).await
    });
}

/// Puts dead letters on record, and counts those that nothing has become of.
fn spawn_keeper(lifecycle: &Lifecycle, applier: Applier) {
    let (store, stop) = (applier.store.clone(), lifecycle.soft());
    lifecycle.spawn("dead letter count", async move {
        apply::count_open(store, stop).await;
        Ok::<_, StartError>(())
    });
    let stop = lifecycle.soft();
    lifecycle.spawn("dead letters", async move {
        // A dead letter can be a thousand times as large as another message.
        let limits = Limits { batch: 8, under_way: 1, prefetched: 8, unacknowledged: 100 };
        let bus = applier.bus.clone();
        bus::consume(&bus, ROLE, &Stream::Dead, limits, stop, |batch| applier.keep(batch)).await
    });
}
