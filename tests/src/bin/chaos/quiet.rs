//! The end of all disturbance, and the wait until nothing moves any more.

use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, Statement};

use crate::cluster::{Cluster, SWEEP_PER_SECOND};

/// Longest wait.
const PATIENCE: Duration = Duration::from_secs(90);
/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How long nothing may have moved, besides the time for the sweep.
const STILL: Duration = Duration::from_secs(2);
/// What the sweep needs for one merge request, twice: a whole round must have begun and ended since
/// the last change.
const SWEPT: Duration = Duration::from_millis(2 * 1000 / SWEEP_PER_SECOND);

/// Ends whatever disturbs.
pub(crate) fn heal(cluster: &Cluster) {
    cluster.links.values().for_each(crate::proxy::Proxy::heal);
    cluster.gitlab.clear_faults();
    cluster.gitlab.duplicate_calls(0);
    for disk in &cluster.disks {
        disk.make_room().expect("a disk that was mounted here");
    }
}

/// Waits until nothing is under way; how long it took, or what still is.
pub(crate) async fn wait(cluster: &Cluster) -> Result<Duration, String> {
    let begun = Instant::now();
    let heads = u32::try_from(cluster.project.merge_requests().len()).unwrap_or(u32::MAX);
    let still = STILL + SWEPT * heads;
    let mut before = Err("nothing was looked at yet".to_owned());
    let mut since = begun;
    loop {
        let now = under_way(cluster).await;
        if now.is_err() || now != before {
            since = Instant::now();
        } else if since.elapsed() >= still {
            return Ok(since - begun);
        }
        if begun.elapsed() > PATIENCE + still {
            let always = |_| "messages are still stored all the time".to_owned();
            return Err(now.map_or_else(|what| what, always));
        }
        before = now;
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// The number of messages ever stored, or what is still under way.
async fn under_way(cluster: &Cluster) -> Result<u64, String> {
    let calls = cluster.gitlab.calls_under_way();
    if calls > 0 {
        return Err(format!("{calls} calls of GitLab are under way"));
    }
    let spooled = cluster.spooled();
    if spooled > 0 {
        return Err(format!("{spooled} calls wait in the spool of ingress"));
    }
    let bus = cluster.bus().await.map_err(|error| format!("the bus does not answer: {error}"))?;
    let rows = rows_in_outbox(cluster).await?;
    if rows > 0 {
        return Err(format!("{rows} messages wait in the outbox"));
    }
    pages_open(cluster).await?;
    let stored = bus.stored_when_nothing_waits().await;
    stored.ok_or_else(|| "messages of a stream wait for their consumer".to_owned())
}

/// People can work again: a connection that broke without a word must not keep them from it.
async fn pages_open(cluster: &Cluster) -> Result<(), String> {
    let list = format!("{}/approval-apps/", cluster.pages);
    let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(2)).build();
    let http = http.map_err(|error| error.to_string())?;
    match http.get(list).send().await {
        Ok(answer) if answer.status().is_success() => Ok(()),
        Ok(answer) => Err(format!("the list of requests answers {}", answer.status())),
        Err(error) => Err(format!("the list of requests does not open: {error:?}")),
    }
}

async fn rows_in_outbox(cluster: &Cluster) -> Result<i64, String> {
    let database = cluster.database.connection().await;
    let sql = "SELECT COUNT(*) FROM outbox";
    let statement = Statement::from_string(database.get_database_backend(), sql);
    let row = database.query_one_raw(statement).await.map_err(|error| error.to_string())?;
    row.and_then(|row| row.try_get_by_index(0).ok()).ok_or_else(|| "no count".to_owned())
}
