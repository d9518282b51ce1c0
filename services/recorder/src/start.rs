//! How recorder starts.

use std::{collections::HashSet, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use bus::{Bus, Limits, Needs, Stream, StreamError, ensure_streams};
use kit::{admin::Health, lifecycle::Lifecycle};
use tokio::net::TcpListener;

use crate::{
    Config, Database, DatabaseError, DatabaseFacts, ROLE, Source,
    apply::{self, Applier, Carries, Keys, Rules},
    log::Log,
    outbox,
    paced::Paced,
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
    /// When nothing signs the checkpoints of the audit record.
    #[error("recorder.log_key is not set: nothing signs the audit record")]
    NoLogKey,
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

/// All streams with these sources.
#[must_use]
pub fn streams(sources: &[String]) -> Vec<Stream> {
    let decisions = sources.iter().cloned().map(Stream::Decision);
    OWN.into_iter().chain(decisions).collect()
}

/// What recorder does on the bus with these sources: it manages every stream, takes what was said and
/// decided, and says what follows.
#[must_use]
pub fn needs(sources: &[String]) -> Needs {
    let decisions: Vec<Stream> = sources.iter().cloned().map(Stream::Decision).collect();
    let takes = [Stream::Intake, Stream::Outcome, Stream::Dead];
    Needs {
        role: ROLE,
        looks_at: streams(sources),
        manages: true,
        publishes: outbox::SAYS.to_vec(),
        consumes: [&takes[..], &decisions].concat(),
        // A dead letter is replayed as its stream holds it.
        reads_again: [&takes[..2], &decisions].concat(),
        hears: Vec::new(),
    }
}

/// Brings a database up to date and says which steps that took, in order.
pub async fn migrate(database: &Database) -> Result<Vec<String>, DatabaseError> {
    Store::migrate(database).await
}

/// Copies a SQLite file as it is at one moment, also while it is in use, looks whether the copy is whole, and
/// says how many audit records it has.
pub async fn copy(file: &Path, to: &Path) -> Result<i64, DatabaseError> {
    let store = Store::connect(&Database::Sqlite(file.to_owned())).await?;
    store.copy_to(to).await?;
    store.close().await?;
    Store::look_at_copy(to).await
}

/// Looks at a database without changing anything.
pub async fn inspect(database: &Database) -> Result<DatabaseFacts, DatabaseError> {
    Store::inspect(database).await
}

/// Starts recorder; returns the address of its gRPC port.
pub async fn start(
    config: Config,
    bus: Bus,
    lifecycle: &Lifecycle,
    health: &Health,
) -> Result<SocketAddr, StartError> {
    let log_key = config.log_key.ok_or(StartError::NoLogKey)?;
    let store = Store::open(&config.database, config.migrate).await?;
    store.forget_leases(kit::clock::now_micros()).await.map_err(DatabaseError::from)?;
    let policy = (config.policy_hash.as_str(), config.policy_text.as_str());
    policy_change::begin(&store, policy).await.map_err(DatabaseError::from)?;
    let mut sources: HashSet<String> = config.sources.iter().map(|it| it.name.clone()).collect();
    sources.insert(bus::UI_SOURCE.to_owned());
    let decisions: Vec<Stream> = sources.iter().cloned().map(Stream::Decision).collect();
    ensure_streams(&bus, &[&OWN[..], &decisions].concat()).await?;

    let kept = [&[Stream::Intake, Stream::Outcome], &decisions[..]].concat();
    let safe_mode = SafeMode::new(store.clone(), bus.clone(), kept, log_key.verifier());
    safe_mode.look_at_streams().await.map_err(DatabaseError::from)?;
    let (keeping, stop) = (safe_mode.clone(), lifecycle.soft());
    lifecycle.spawn("safe mode", async move {
        keeping.keep(stop).await;
        Ok::<_, StartError>(())
    });

    let log = Log { store: store.clone(), key: log_key };
    spawn_signing(lifecycle, log.clone());

    let tokens = Tokens::new(store.clone(), sources.clone());
    let rules = Arc::new(Rules {
        names: bus.names().clone(),
        policy: config.policy,
        policy_of_check: config.policy_of_check,
        policy_hash: config.policy_hash,
        rights: config.rights,
        sources,
        keys: keys(&config.sources),
        read_back_after: config.read_back_after,
        note_checks: config.note_checks,
    });
    let (outbox, publisher) = outbox::outbox(store.clone(), bus.clone());
    tokio::spawn(outbox::keep_count(store.clone(), lifecycle.soft()));
    let applier = Applier {
        store: store.clone(),
        bus: bus.clone(),
        rules: rules.clone(),
        outbox,
        turn: Arc::default(),
    };
    let own = || Applier { turn: Arc::default(), ..applier.clone() };
    spawn_consumer(lifecycle, own(), Stream::Intake, Carries::Intake);
    spawn_consumer(lifecycle, own(), Stream::Outcome, Carries::Outcomes);
    // People are slow enough.
    let people = Stream::Decision(bus::UI_SOURCE.to_owned());
    spawn_consumer(lifecycle, own(), people, Carries::Decisions);
    for source in &config.sources {
        spawn_source(lifecycle, own(), source);
    }
    spawn_keeper(lifecycle, applier.clone());
    spawn_clockwork(lifecycle, &applier, config.look_at_the_clock_every);
    let stop = lifecycle.soft();
    lifecycle.spawn("outbox", async move {
        publisher.run(stop).await;
        Ok::<_, StartError>(())
    });
    let listener: TcpListener = kit::http::bind(config.grpc_listen).await?;
    let address = listener.local_addr()?;
    let people = People::new(store.clone());
    let service = Service { store, log, rules, safe_mode, applier, stop: lifecycle.soft() };
    lifecycle.spawn(
        "gRPC",
        service::serve(listener, config.secret, service, people, tokens, lifecycle.soft()),
    );
    health.well("recorder");
    tracing::info!(%address, "recorder serves gRPC");
    Ok(address)
}

/// Signs the audit record now and then.
fn spawn_signing(lifecycle: &Lifecycle, log: Log) {
    let stop = lifecycle.soft();
    lifecycle.spawn("checkpoints", async move {
        log.run(stop).await;
        Ok::<_, StartError>(())
    });
}

/// Does what comes without a message: with another policy, and with time.
fn spawn_clockwork(lifecycle: &Lifecycle, applier: &Applier, every: Duration) {
    let (judging, stop) = (applier.clone(), lifecycle.soft());
    lifecycle.spawn("policy", async move {
        policy_change::take_over(judging, stop).await;
        Ok::<_, StartError>(())
    });
    let (store, stop) = (applier.store.clone(), lifecycle.soft());
    lifecycle.spawn("the policy in force", policy_change::give_way(store, stop));
    let (ticking, stop) = (applier.clone(), lifecycle.soft());
    lifecycle.spawn("timers", async move {
        timers::run(ticking, every, stop).await;
        Ok::<_, StartError>(())
    });
}

/// How those of the sources sign that do.
fn keys(sources: &[Source]) -> Keys {
    let all = sources.iter();
    all.filter_map(|it| Some((it.name.clone(), it.signing.clone()?))).collect()
}

/// How much is taken at once of what comes in small messages.
const LIMITS: Limits =
    Limits { batch: BATCH, under_way: 2, prefetched: 4 * BATCH, unacknowledged: 2_000 };

/// Takes the decisions of a system, not faster than it may decide.
fn spawn_source(lifecycle: &Lifecycle, applier: Applier, source: &Source) {
    let (stop, bus) = (lifecycle.soft(), applier.bus.clone());
    let stream = Stream::Decision(source.name.clone());
    let paced = Paced::new(applier, source.decisions_a_minute);
    lifecycle.spawn("consumer", async move {
        bus::consume(&bus, ROLE, &stream, LIMITS, stop, |batch| paced.apply(batch)).await
    });
}

fn spawn_consumer(lifecycle: &Lifecycle, applier: Applier, stream: Stream, carries: Carries) {
    let stop = lifecycle.soft();
    lifecycle.spawn("consumer", async move {
        let bus = applier.bus.clone();
        bus::consume(&bus, ROLE, &stream, LIMITS, stop, |batch| applier.apply(carries, batch)).await
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
