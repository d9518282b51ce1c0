//! One run: everything is started, used and disturbed, heals, and is looked at.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Result;
use tests::Kind as Database;
use tokio::task::JoinSet;

use crate::{
    checker::{self, Checked},
    clients::Clients,
    cluster::Cluster,
    faults,
    log::Log,
    observed::{self, Observed},
    plan::{Kind, Plan, Shape},
    quiet,
    report::Progress,
};

/// How often processes are looked after.
const LOOK_AFTER: Duration = Duration::from_millis(200);

/// What a run is.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    pub(crate) seed: u64,
    pub(crate) length: Duration,
    pub(crate) database: Database,
    pub(crate) kinds: Vec<Kind>,
    /// Whether disks can be mounted.
    pub(crate) disks: bool,
    /// Whether each operation and each fault is printed when it ends.
    pub(crate) traced: bool,
}

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) terms: Terms,
    pub(crate) observed: Observed,
    pub(crate) checked: Checked,
    /// From the end of the faults until nothing moved any more.
    pub(crate) quiet_after: Option<Duration>,
    /// Where the files of the run were kept.
    pub(crate) kept: Option<std::path::PathBuf>,
}

/// Carries a run out.
pub(crate) async fn run(terms: Terms) -> Result<Ended> {
    let postgres = terms.database == Database::Postgres;
    let shape = Shape::of(postgres, terms.disks && terms.kinds.contains(&Kind::Disk));
    let plan = Plan::of(terms.seed, terms.length, &shape, &terms.kinds);
    let cluster = Arc::new(Cluster::start(terms.database, &shape, plan.approvals).await?);
    let log = Arc::new(Log::new(terms.traced));
    let keeping = tokio::spawn(keep_running(cluster.clone(), log.clone()));
    disturbed(&cluster, &log, &plan, terms.length).await?;
    quiet::heal(&cluster);
    let quiet = quiet::wait(&cluster).await;
    keeping.abort();
    let _cancelled = keeping.await;
    let (quiet_after, not_quiet) = match quiet {
        Ok(after) => (Some(after), None),
        Err(waits) => (None, Some(waits)),
    };
    let observed = observed::collect(&cluster, &log, plan.approvals, not_quiet).await?;
    let checked = checker::check(&observed);
    let kept = match checked.violations() {
        0 => None,
        _ => Some(cluster.keep_logs()?),
    };
    end(&cluster).await;
    Ok(Ended { terms, observed, checked, quiet_after, kept })
}

/// Carries out the plan to its end.
async fn disturbed(
    cluster: &Arc<Cluster>,
    log: &Arc<Log>,
    plan: &Plan,
    length: Duration,
) -> Result<()> {
    let clients = Arc::new(Clients::new(cluster.clone(), log.clone()).await?);
    let begun = Instant::now();
    let until = |at: Duration| tokio::time::sleep(at.saturating_sub(begun.elapsed()));
    let operating = async {
        let mut under_way = JoinSet::new();
        for (number, step) in plan.operations.iter().enumerate() {
            until(step.at).await;
            let (clients, what) = (clients.clone(), step.what.clone());
            under_way.spawn(async move { clients.carry_out(number, &what).await });
        }
        under_way.join_all().await;
    };
    let disturbing = async {
        let mut under_way = JoinSet::new();
        for step in &plan.faults {
            until(step.at).await;
            let (cluster, log, what) = (cluster.clone(), log.clone(), step.what.clone());
            under_way.spawn(async move { faults::strike(&cluster, &log, &what).await });
        }
        under_way.join_all().await;
    };
    let mut progress = Progress::new(length);
    let telling = async {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            progress.tell(begun.elapsed(), log);
        }
    };
    tokio::select! {
        _both = async { tokio::join!(operating, disturbing) } => {}
        () = telling => {}
    }
    Ok(())
}

/// Starts what has ended by itself, as a supervisor would, and notes it.
async fn keep_running(cluster: Arc<Cluster>, log: Arc<Log>) {
    loop {
        for member in &cluster.members {
            if let Some(ended) = member.look_after().await {
                let said = ended.unwrap_or_else(|error| format!("{error:#}"));
                let incident = format!("{} ended by itself; its log ended: {said}", member.name);
                log.note(|notes| notes.incidents.push(incident));
            }
        }
        tokio::time::sleep(LOOK_AFTER).await;
    }
}

/// Ends the processes, those that need others first.
async fn end(cluster: &Cluster) {
    for member in cluster.members.iter().rev() {
        let _told_in_its_log = member.ends().await;
    }
    cluster.database.close().await;
}
