//! `make chaos`: the whole product, every role in processes of its own, under operations and faults
//! that a seed chooses; at the end an independent checker says whether anything was lost, invented
//! or wrongly passed.
#![expect(clippy::unwrap_used, reason = "a test that cannot run should say so")]

mod checker;
mod clients;
mod cluster;
mod faults;
mod log;
mod observed;
mod plan;
mod proxy;
mod quiet;
mod report;
mod run;

use std::{process::ExitCode, time::Duration};

use clap::{Parser, ValueEnum};
use tests::Kind as Database;

use cluster::Disk;
use plan::Kind;
use run::Terms;

/// Who the product is at GitLab.
const BOT: &str = "countersign-bot";
/// The domain of e-mail addresses that must be in no log.
const MAIL: &str = "canary-mail.example";

/// Runs the product under faults and checks what is left.
#[derive(Debug, Parser)]
#[command(name = "chaos", version)]
struct Cli {
    /// What happens and when; by default another one for each run
    #[arg(long)]
    seed: Option<u64>,
    /// How long faults go on, on each database
    #[arg(long, default_value_t = 300)]
    seconds: u64,
    /// The database
    #[arg(long, value_enum, default_value_t = On::Both)]
    database: On,
    /// Which kinds of faults, separated by commas; all of them by default
    #[arg(long, value_enum, value_delimiter = ',')]
    faults: Vec<Kind>,
    /// Print each operation and each fault when it ends
    #[arg(long)]
    trace: bool,
    /// No faults at all: what is left must be right then, too
    #[arg(long, conflicts_with = "faults")]
    calm: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum On {
    Sqlite,
    Postgres,
    Both,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    // Whoever comes second finds it chosen.
    let _chosen_before = rustls::crypto::ring::default_provider().install_default();
    let seed = cli.seed.unwrap_or_else(|| kit::clock::now_micros().unsigned_abs() % 1_000_000);
    let kinds = match (cli.calm, cli.faults.is_empty()) {
        (true, _) => Vec::new(),
        (false, true) => Kind::ALL.to_vec(),
        (false, false) => cli.faults,
    };
    let no_disks = if kinds.contains(&Kind::Disk) { Disk::impossible() } else { None };
    if let Some(reason) = &no_disks {
        println!("Full disks are skipped: {reason}");
    }
    let databases: &[Database] = match cli.database {
        On::Sqlite => &[Database::Sqlite],
        On::Postgres => &[Database::Postgres],
        On::Both => &[Database::Sqlite, Database::Postgres],
    };
    let (mut passed, mut failed) = (0, 0);
    for database in databases {
        let terms = Terms {
            seed,
            length: Duration::from_secs(cli.seconds),
            database: *database,
            kinds: kinds.clone(),
            disks: no_disks.is_none(),
            traced: cli.trace,
        };
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
        let good = match runtime.block_on(told(terms)) {
            Ok(good) => good,
            Err(error) => {
                println!("The run could not be carried out: {error:#}");
                false
            }
        };
        *(if good { &mut passed } else { &mut failed }) += 1;
    }
    println!("chaos: {passed} passed, {failed} failed, 0 skipped");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Carries a run out and prints its report; whether nothing was violated.
async fn told(terms: Terms) -> anyhow::Result<bool> {
    println!("{}", report::Beginning(&terms));
    let ended = run::run(terms).await?;
    println!("{}", report::Report(&ended));
    Ok(ended.checked.violations() == 0)
}
