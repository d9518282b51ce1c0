//! `make bench`: what the product costs, side by side with what it stands on.
//!
//! Where a row compares, both sides run in the same process, on the same servers, in turns, and the
//! medians of the rounds are shown: the machine's mood of the moment falls on both.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a benchmark that cannot run should say so")]

mod calls;
mod intake;
mod latency;
mod list;
mod load;
mod recorder;
mod report;
mod rows;
mod setting;
mod start;

use std::{
    io::Write,
    process::Command,
    time::{Duration, Instant},
};

use report::{Section, Waits, millis};

/// A part with the name by which it can be asked for.
type Part = (&'static str, fn() -> Section);

const PARTS: [Part; 5] = [
    ("intake", || alone(intake::measure())),
    ("recorder", || alone(recorder::measure())),
    ("start", || alone(start::measure())),
    ("latency", latency::measure),
    ("list", list::measure),
];

fn main() {
    let wanted = wanted();
    // The parts that run a stage find it chosen.
    let _chosen_before = rustls::crypto::ring::default_provider().install_default();
    println!("{}", machine());
    println!("{}", disk());
    for (_, measure) in PARTS.iter().filter(|(name, _)| wanted.iter().any(|it| it == name)) {
        println!("\n{}", measure());
    }
}

/// The parts that `--only intake,start` names; all without it.
fn wanted() -> Vec<String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let known: Vec<String> = PARTS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let wanted = match &arguments[..] {
        [] => return known,
        [only, names] if only == "--only" => names.split(',').map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    if wanted.is_empty() || wanted.iter().any(|name| !known.contains(name)) {
        eprintln!("usage: bench [--only PART[,PART...]] with the parts {}", known.join(", "));
        std::process::exit(64);
    }
    wanted
}

fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut server = Command::new(tests::tool("NATS_SERVER_BIN", "nats-server"));
    let version = server.arg("--version").output();
    let version = version.expect("nats-server cannot be run: see `make setup`").stdout;
    let version = String::from_utf8_lossy(&version).trim().replace(": v", " ");
    let build = if cfg!(debug_assertions) { "debug build: no basis for claims" } else { "release" };
    format!("Countersign benchmark: {cores} cores, {version}, sync_interval always, {build}")
}

/// What every durable step stands on: the disk has moods, too.
fn disk() -> String {
    let mut file = tempfile::tempfile().unwrap();
    let write = |_| -> Duration {
        let begun = Instant::now();
        file.write_all(&[7; calls::BODY_BYTES]).unwrap();
        file.sync_data().unwrap();
        begun.elapsed()
    };
    let mut waits = Waits::default();
    waits.extend((0..500).map(write));
    let (half, most) = (millis(waits.p50()), millis(waits.p99()));
    format!("Disk: a write of {} bytes with fsync, p50 {half} ms, p99 {most} ms", calls::BODY_BYTES)
}

fn alone<T>(part: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(2).enable_all().build().unwrap().block_on(part)
}
