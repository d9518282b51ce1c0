//! Recorder against bare batched inserts of the rows that it writes.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use async_nats::jetstream;
use bus::embedded::Server;
use futures::{StreamExt, TryStreamExt};
use sea_orm::DatabaseConnection;
use serde_json::Value;
use tests::{Kind, Program, StoryDatabase};

use crate::{
    calls::Template,
    load::send_all_calls,
    report::{Section, median, percent, verdict},
    rows::{Rows, connect, copy_folder, count, empty, last_record},
    setting::{Setting, bus_server, processor_seconds},
};

const EVENTS: usize = 10_000;
const ROUNDS: usize = 5;
/// Clients that fill the stream.
const CLIENTS: usize = 64;
/// How often progress is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// Longest wait for the record of all events.
const PATIENCE: Duration = Duration::from_secs(60);
/// Our rate as a share of the bare rate.
const GOAL: f64 = 0.5;

/// Events a second in each round.
#[derive(Default)]
struct Rates {
    bare: Vec<f64>,
    recorded: Vec<f64>,
    /// Until what was recorded was published, too.
    published: Vec<f64>,
    /// Microseconds of recorder and of nats-server for an event, until then.
    processor: [Vec<f64>; 2],
}

struct Bench {
    setting: Setting,
    rows: Option<Rows>,
}

/// Measures it.
pub(crate) async fn measure() -> Section {
    let setting = Setting::new().await;
    fill(&setting).await;
    let mut bench = Bench { setting, rows: None };
    let mut rates = [(Kind::Sqlite, Rates::default()), (Kind::Postgres, Rates::default())];
    for round in 0..ROUNDS {
        for (kind, rates) in &mut rates {
            bench.ours(*kind, round, rates).await;
            rates.bare.push(bench.bare(*kind, round).await);
        }
    }
    report(&bench.rows.unwrap(), rates)
}

fn report(rows: &Rows, rates: [(Kind, Rates); 2]) -> Section {
    let title = format!(
        "Recorder: bare batched inserts against recorder on a stream of {EVENTS} calls, {ROUNDS} \
         rounds in turns"
    );
    let heads = ["", "bare events/s", "rows/s", "ours events/s", "rows/s", "ratio", "goal", ""];
    let mut section = Section::new(title, &heads);
    let each = float(rows.count()) / float(EVENTS);
    for (kind, rates) in rates {
        let bare = median(rates.bare);
        let [recorder, server] = rates.processor.map(median);
        section.note(format!(
            "{kind:?}: an event takes {recorder:.0} us of processor time in recorder and \
             {server:.0} us in nats-server"
        ));
        for (what, ours, goal) in [
            ("recorded", median(rates.recorded), Some(GOAL)),
            ("recorded and published", median(rates.published), None),
        ] {
            let name = format!("{kind:?}, {what}");
            let numbers = [bare, bare * each, ours, ours * each].map(|rate| format!("{rate:.0}"));
            let ratio = ours / bare;
            let goal = goal.map(|goal| [format!(">= {}", percent(goal)), verdict(ratio >= goal)]);
            let goal = goal.unwrap_or_default();
            let cells = std::iter::once(name).chain(numbers).chain([percent(ratio)]).chain(goal);
            section.row(cells);
        }
    }
    section.note(format!("rows: {}", rows.described()));
    section.note("WAL with synchronous FULL on SQLite, fsync on PostgreSQL; 200 events a batch");
    section
}

fn float(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap())
}

/// Fills the stream of calls through ingress; its folder is the start of every round.
async fn fill(setting: &Setting) {
    let server = bus_server(&setting.path("bus")).await;
    let ingress = setting.starts("ingress", "data", &[("COUNTERSIGN_NATS_URL", &server.url(None))]);
    let template = Template::new(&setting.body_of_a_call().await);
    let hook = ingress.address("hook");
    let calls = (0..EVENTS as u64).map(|at| template.call(at, &hook)).collect();
    send_all_calls(&hook, calls, CLIENTS).await;
    assert!(ingress.stop().success(), "an unclean stop");
    server.stop();
}

impl Bench {
    /// Lets recorder work the stream off.
    async fn ours(&mut self, kind: Kind, round: usize, rates: &mut Rates) {
        let folder = self.setting.path(&format!("ours-{kind:?}-{round}"));
        copy_folder(&self.setting.path("bus"), &folder.join("bus"));
        let server = bus_server(&folder.join("bus")).await;
        let database = StoryDatabase::new(kind, &folder).await;
        let recorder = self.recorder(&server, &database.url);
        let database = connect(&database.url).await;
        rates.watch(&database, [recorder.pid(), server.pid()]).await;
        if self.rows.is_none() {
            self.rows = Some(Rows::read(&database, &events(&server).await).await);
        }
        database.close().await.unwrap();
        assert!(recorder.stop().success(), "an unclean stop");
        server.stop();
        std::fs::remove_dir_all(folder).unwrap();
    }

    /// Inserts the same rows without anything around it; events a second.
    async fn bare(&self, kind: Kind, round: usize) -> f64 {
        let folder = self.setting.path(&format!("bare-{kind:?}-{round}"));
        let database = self.empty_database(kind, &folder).await;
        let took = self.rows.as_ref().unwrap().insert(&database).await;
        assert_eq!(count(&database, "delivery").await, EVENTS);
        database.close().await.unwrap();
        std::fs::remove_dir_all(folder).unwrap();
        float(EVENTS) / took.as_secs_f64()
    }

    /// A database with the schema and nothing in it: recorder itself makes it on an empty bus.
    async fn empty_database(&self, kind: Kind, folder: &Path) -> DatabaseConnection {
        let server = bus_server(&folder.join("bus")).await;
        let database = StoryDatabase::new(kind, folder).await;
        let ended = self.recorder(&server, &database.url).stop();
        assert!(ended.success(), "an unclean stop");
        server.stop();
        let database = connect(&database.url).await;
        empty(&database).await;
        database
    }

    fn recorder(&self, server: &Server, database: &str) -> Program {
        let settings =
            [("COUNTERSIGN_NATS_URL", &*server.url(None)), ("COUNTERSIGN_DATABASE_URL", database)];
        self.setting.starts("recorder", "data", &settings)
    }
}

impl Rates {
    /// Takes a round, from the first look on: the start of the process does not count.
    async fn watch(&mut self, database: &DatabaseConnection, pids: [u32; 2]) {
        let used = pids.map(processor_seconds);
        let begun = Instant::now();
        let before = count(database, "delivery").await;
        assert!(before < EVENTS / 2, "{before} events were recorded before the first look");
        let seen = float(EVENTS - before);
        // The end of the audit record is one row: looking at it takes next to nothing from the
        // database, which counting would. Each of these calls leaves two records, the start leaves others.
        until(async || last_record(database).await >= 2 * EVENTS).await;
        until(async || count(database, "delivery").await == EVENTS).await;
        let took = begun.elapsed().as_secs_f64();
        self.recorded.push(seen / took);
        until(async || count(database, "outbox").await == 0).await;
        self.published.push(seen / begun.elapsed().as_secs_f64());
        for ((pid, used), all) in pids.iter().zip(used).zip(&mut self.processor) {
            all.push((processor_seconds(*pid) - used) * 1e6 / seen);
        }
    }
}

async fn until(condition: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !condition().await {
        assert!(begun.elapsed() < PATIENCE, "recorder did not come to an end");
        tokio::time::sleep(LOOK).await;
    }
}

/// Everything that was published for those who listen.
async fn events(server: &Server) -> Vec<(String, Value)> {
    let jetstream = jetstream::new(async_nats::connect(server.url(None)).await.unwrap());
    let stream = jetstream.get_stream("CS_EVENT").await.unwrap();
    let count = usize::try_from(stream.cached_info().state.messages).unwrap();
    let config = jetstream::consumer::pull::OrderedConfig::default();
    let consumer = stream.create_consumer(config).await.unwrap();
    let messages = consumer.messages().await.unwrap().take(count);
    let read = messages.map_ok(|message| {
        (message.subject.to_string(), serde_json::from_slice(&message.payload).unwrap())
    });
    read.try_collect().await.unwrap()
}
