//! Verified intake against a bare JetStream publish of the same body.

use std::time::Duration;

use async_nats::jetstream::{
    self,
    stream::{Config, DiscardPolicy, StorageType},
};

use crate::{
    calls::{BODY_BYTES, Template},
    load::{Load, publish, send_calls},
    report::{Section, Waits, median, millis, percent, verdict},
    setting::{Setting, bus_server, processor_seconds},
};

const ROUNDS: usize = 5;
/// How many at once, and how many a round has ready: more than fit into it on a fast disk.
const CLIENTS: [(usize, u64); 3] = [(1, 6_000), (8, 8_000), (64, 12_000)];
/// Our rate as a share of the bare rate.
const GOAL: f64 = 0.8;
const SUBJECT: &str = "bench.bare";

/// One side of a comparison.
#[derive(Default)]
struct Side {
    rates: Vec<f64>,
    waits: Waits,
}

impl Side {
    fn add(&mut self, load: Load) {
        self.rates.push(load.rate);
        self.waits.extend(load.waits);
    }

    fn cells(&self) -> [String; 3] {
        let rate = format!("{:.0}", median(self.rates.clone()));
        [rate, millis(self.waits.p50()), millis(self.waits.p99())]
    }
}

struct Bench {
    template: Template,
    hook: String,
    jetstream: jetstream::Context,
    sent: u64,
}

/// Measures it.
pub(crate) async fn measure() -> Section {
    let setting = Setting::new().await;
    let server = bus_server(&setting.path("bus")).await;
    let ingress = setting.starts("ingress", "data", &[("COUNTERSIGN_NATS_URL", &server.url(None))]);
    let mut bench = Bench {
        template: Template::new(&setting.body_of_a_call().await),
        hook: ingress.address("hook"),
        jetstream: bare_stream(&server.url(None)).await,
        sent: 0,
    };
    let title = format!(
        "Intake: bare JetStream publish against verified call to 202, both {BODY_BYTES} bytes, \
         {ROUNDS} rounds in turns"
    );
    let heads = [
        "at once", "bare/s", "p50 ms", "p99 ms", "ours/s", "p50 ms", "p99 ms", "ratio", "goal", "",
    ];
    let mut section = Section::new(title, &heads);
    let pids = [ingress.pid(), server.pid()];
    for (clients, count) in CLIENTS {
        let (mut bare, mut ours) = (Side::default(), Side::default());
        let mut used = [0.0; 2];
        let mut taken = 0.0;
        bench.publishes(clients, 200).await;
        bench.calls(clients, 200).await;
        for _ in 0..ROUNDS {
            bare.add(bench.publishes(clients, count).await);
            let before = pids.map(processor_seconds);
            let load = bench.calls(clients, count).await;
            let after = pids.map(processor_seconds);
            taken += f64::from(u32::try_from(load.waits.len()).unwrap());
            ours.add(load);
            used = [0, 1].map(|at| used[at] + after[at] - before[at]);
        }
        section.row(row(clients, &bare, &ours));
        let [ingress, server] = used.map(|seconds| seconds * 1e6 / taken);
        section.note(format!(
            "{clients} at once: a call takes {ingress:.0} us of processor time in ingress and \
             {server:.0} us in nats-server"
        ));
    }
    section
}

fn row(clients: usize, bare: &Side, ours: &Side) -> Vec<String> {
    let ratio = median(ours.rates.clone()) / median(bare.rates.clone());
    let goal = [percent(ratio), format!(">= {}", percent(GOAL)), verdict(ratio >= GOAL)];
    [vec![clients.to_string()], bare.cells().into(), ours.cells().into(), goal.into()].concat()
}

async fn bare_stream(url: &str) -> jetstream::Context {
    let jetstream = jetstream::new(async_nats::connect(url).await.unwrap());
    let config = Config {
        name: "BARE".to_owned(),
        subjects: vec![SUBJECT.to_owned()],
        storage: StorageType::File,
        discard: DiscardPolicy::New,
        num_replicas: 1,
        duplicate_window: Duration::from_secs(5 * 60),
        ..Config::default()
    };
    jetstream.create_stream(config).await.unwrap();
    jetstream
}

impl Bench {
    async fn publishes(&mut self, clients: usize, count: u64) -> Load {
        let bodies = (0..count).map(|at| self.template.body(self.sent + at)).collect();
        publish(&self.jetstream, SUBJECT, bodies, clients).await
    }

    async fn calls(&mut self, clients: usize, count: u64) -> Load {
        let calls = (0..count).map(|at| self.template.call(self.sent + at, &self.hook)).collect();
        self.sent += count;
        send_calls(&self.hook, calls, clients).await
    }
}
