//! Faults, carried out.

use std::{sync::Arc, time::Duration};

use async_nats::jetstream::{AckKind, consumer::PullConsumer};
use futures::StreamExt;
use gitlab_sim::{Fault as Dial, Lasting, Routes};
use sea_orm::ConnectionTrait;

use crate::{
    cluster::{Cluster, End},
    log::{Log, Struck},
    plan::{Fault, GitLabTrouble},
};

/// How late GitLab is when it is late.
const LATE: Duration = Duration::from_millis(2500);
/// Messages that are taken off a consumer at once.
const TAKEN_MAX: usize = 50;

/// Carries out a fault from its beginning to its end and notes it.
pub(crate) async fn strike(cluster: &Cluster, log: &Arc<Log>, fault: &Fault) {
    let began = kit::clock::now_micros();
    let hit = carry_out(cluster, log, fault).await;
    let ended = kit::clock::now_micros();
    match hit {
        Some(()) => log.fault(Struck { fault: fault.clone(), began, ended }),
        None => log.note(|notes| notes.faults_skipped += 1),
    }
}

/// `None` when there was nothing to hit at that moment.
async fn carry_out(cluster: &Cluster, log: &Arc<Log>, fault: &Fault) -> Option<()> {
    match fault {
        Fault::Kill { member, pause } => again(cluster, log, member, End::Killed, *pause).await,
        Fault::Restart { member } => again(cluster, log, member, End::Asked, Duration::ZERO).await,
        Fault::Stop { member, lasting } => cluster.member(member).pauses(*lasting).await,
        Fault::Link { link, how, lasting } => {
            cluster.link(link).disturb(*how);
            tokio::time::sleep(*lasting).await;
            cluster.link(link).heal();
            Some(())
        }
        Fault::GitLab { trouble, lasting } => {
            cluster.gitlab.fault(dial(*trouble), Lasting::UntilCleared, routes(*trouble));
            tokio::time::sleep(*lasting).await;
            cluster.gitlab.clear_faults();
            Some(())
        }
        Fault::Backends => {
            let database = cluster.database.connection().await;
            let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                       WHERE datname = current_database() AND pid <> pg_backend_pid()";
            database.execute_unprepared(sql).await.ok().map(drop)
        }
        Fault::DiskFull { disk, lasting } => {
            let disk = cluster.disks.iter().find(|it| it.name == *disk)?;
            disk.fill().ok()?;
            tokio::time::sleep(*lasting).await;
            disk.make_room().ok()
        }
        Fault::Redelivery { stream, consumer, give_back } => {
            let taken = take(cluster, stream, consumer, *give_back);
            tokio::time::timeout(Duration::from_secs(5), taken).await.ok()?
        }
        Fault::RepeatedCalls { lasting } => {
            cluster.gitlab.duplicate_calls(2);
            tokio::time::sleep(*lasting).await;
            cluster.gitlab.duplicate_calls(0);
            Some(())
        }
    }
}

async fn again(
    cluster: &Cluster,
    log: &Arc<Log>,
    member: &str,
    end: End,
    pause: Duration,
) -> Option<()> {
    let trouble = match cluster.member(member).again(end, pause).await? {
        Ok(None) => return Some(()),
        Ok(Some(trouble)) => format!("{member}: {trouble}"),
        Err(error) => format!("{error:#}"),
    };
    log.note(|notes| notes.incidents.push(trouble));
    Some(())
}

fn dial(trouble: GitLabTrouble) -> Dial {
    match trouble {
        GitLabTrouble::Error(code) => Dial::ServerError(code),
        GitLabTrouble::TooMany(seconds) => Dial::TooManyRequests { retry_after_seconds: seconds },
        GitLabTrouble::CutAfter => Dial::CutAfter,
        GitLabTrouble::Late => Dial::Delay(LATE),
        GitLabTrouble::SaysLate => Dial::DelayAfter(LATE),
        GitLabTrouble::RowLocked => Dial::RowLocked,
        GitLabTrouble::Html => Dial::Html,
    }
}

/// A row is locked only where one is written.
fn routes(trouble: GitLabTrouble) -> Routes {
    match trouble {
        GitLabTrouble::RowLocked | GitLabTrouble::CutAfter => Routes::Answers,
        _ => Routes::All,
    }
}

/// Takes messages from our consumer under its own name, and gives them back or forgets them.
async fn take(cluster: &Cluster, stream: &str, consumer: &str, give_back: bool) -> Option<()> {
    let bus = cluster.bus().await.ok()?;
    let stream = bus.jetstream().get_stream(stream).await.ok()?;
    let consumer: PullConsumer = stream.get_consumer(consumer).await.ok()?;
    let expires = Duration::from_millis(800);
    let fetch = consumer.fetch().max_messages(TAKEN_MAX).expires(expires);
    let mut messages = fetch.messages().await.ok()?;
    while let Some(Ok(message)) = messages.next().await {
        if give_back {
            message.ack_with(AckKind::Nak(None)).await.ok()?;
        }
    }
    Some(())
}
