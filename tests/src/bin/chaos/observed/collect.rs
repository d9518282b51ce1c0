//! Reading what is there at the end.

use std::collections::HashMap;

use anyhow::Result;
use gitlab_sim::Outcome as CallOutcome;
use sea_orm::{ConnectionTrait, DatabaseConnection, QueryResult, Statement, TryGetable};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tests::Inspector;
use uuid::Uuid;

use super::{
    Audit, Call, DeadLetter, Decision, Delivery, Observed, Post, Receipt, Record, Request, Shown,
    Streams,
};
use crate::{
    BOT, MAIL,
    cluster::{BUS_PASSWORD, Cluster, HOOK_SECRET, RECORDER_SECRET, SOURCE_PASSWORD},
    log::{Log, Micros},
};

/// Reads everything once it is quiet.
pub(crate) async fn collect(
    cluster: &Cluster,
    log: &Log,
    approvals: u32,
    not_quiet: Option<String>,
) -> Result<Observed> {
    let notes = log.all();
    let mut calls: Vec<Call> = cluster.gitlab.deliveries().iter().map(call).collect();
    calls.extend(notes.replayed.iter().map(|replayed| Call {
        number: None,
        status: replayed.status,
        ..of_body(&replayed.body)
    }));
    Ok(Observed {
        approvals,
        began: log.began(),
        notes,
        calls,
        posts: posts(cluster),
        merge_requests: merge_requests(cluster),
        record: record(cluster.database.connection().await).await?,
        streams: streams(&cluster.bus().await?).await,
        not_quiet,
        in_logs: in_logs(cluster),
    })
}

fn call(delivery: &gitlab_sim::Delivery) -> Call {
    let status = match delivery.outcome {
        CallOutcome::Answered { status, .. } => Some(status),
        _ => None,
    };
    let at = delivery.started_at.as_microsecond();
    Call { number: Some(delivery.call_id), status, at, ..of_body(&delivery.body) }
}

fn of_body(text: &str) -> Call {
    let body: Value = serde_json::from_str(text).unwrap_or_default();
    let attributes = &body["object_attributes"];
    let changed = body["changes"].as_object().is_some_and(|changes| !changes.is_empty());
    Call {
        number: None,
        iid: attributes["iid"].as_u64().unwrap_or_default(),
        body_sha256: hex::encode(Sha256::digest(text)),
        target_branch: attributes["target_branch"].as_str().unwrap_or_default().to_owned(),
        retry: attributes["action"].is_null() && !changed,
        status: None,
        at: 0,
    }
}

fn posts(cluster: &Cluster) -> Vec<Post> {
    let now = kit::clock::now_micros();
    let answers = cluster.gitlab.answers().into_iter();
    let post = |answer: gitlab_sim::Answer| Post {
        iid: answer.iid,
        sha: answer.sha.unwrap_or_default(),
        status: answer.status.unwrap_or_default(),
        ours: answer.user.as_deref() == Some(BOT),
        received: answer.received_at.as_microsecond(),
        ended: answer.ended_at.map_or(now, |at| at.as_microsecond()),
        http_status: answer.http_status,
    };
    answers.map(post).collect()
}

fn merge_requests(cluster: &Cluster) -> Vec<Shown> {
    let all = cluster.project.merge_requests();
    let shown = |it: &gitlab_sim::MergeRequest| Shown {
        iid: it.iid(),
        state: it.state(),
        head: it.sha(),
        target_branch: it.target_branch(),
        status: it.status(&cluster.check).to_owned(),
    };
    all.iter().map(shown).collect()
}

async fn rows(database: &DatabaseConnection, sql: &str) -> Result<Vec<QueryResult>> {
    let statement = Statement::from_string(database.get_database_backend(), sql);
    Ok(database.query_all_raw(statement).await?)
}

fn at<T: TryGetable>(row: &QueryResult, column: usize) -> Result<T> {
    row.try_get_by_index(column).map_err(|error| anyhow::anyhow!("column {column}: {error:?}"))
}

fn number(row: &QueryResult, column: usize) -> Result<u64> {
    Ok(u64::try_from(at::<i64>(row, column)?)?)
}

async fn record(database: &DatabaseConnection) -> Result<Record> {
    let mut record = Record::default();
    for row in rows(database, "SELECT seq, record, hash FROM audit ORDER BY seq").await? {
        record.audit.push(Audit { seq: at(&row, 0)?, record: at(&row, 1)?, hash: at(&row, 2)? });
    }
    for row in rows(database, "SELECT hash FROM ledger").await? {
        record.tree = at(&row, 0)?;
    }
    let recorded = recorded(&record.audit);
    let sql = "SELECT id, origin, iid, body_sha256, recorded_at FROM delivery";
    for row in rows(database, sql).await? {
        record.deliveries.push(Delivery {
            id: at::<Uuid>(&row, 0)?.to_string(),
            origin: at(&row, 1)?,
            iid: number(&row, 2)?,
            body_sha256: at(&row, 3)?,
            recorded: at(&row, 4)?,
        });
    }
    let sql = "SELECT source, decision_id, request_id, verdict, sha, actor_id, reason, accepted, \
               round, at FROM decision";
    for row in rows(database, sql).await? {
        let (source, decision_id): (String, String) = (at(&row, 0)?, at(&row, 1)?);
        let key = (source.clone(), decision_id.clone());
        record.decisions.push(Decision {
            request_id: at::<Option<Uuid>>(&row, 2)?.map(|id| id.to_string()),
            word: at(&row, 3)?,
            sha: at(&row, 4)?,
            actor: at(&row, 5)?,
            reason: at(&row, 6)?,
            accepted: at(&row, 7)?,
            round: at(&row, 8)?,
            at: at(&row, 9)?,
            recorded: recorded.get(&key).copied().unwrap_or(Micros::MAX),
            source,
            decision_id,
        });
    }
    let sql = "SELECT id, iid, sha, target_branch, standing, verdict, round FROM status_check";
    for row in rows(database, sql).await? {
        record.requests.push(Request {
            id: at::<Uuid>(&row, 0)?.to_string(),
            iid: number(&row, 1)?,
            sha: at(&row, 2)?,
            target_branch: at(&row, 3)?,
            standing: at(&row, 4)?,
            verdict: at(&row, 5)?,
            round: at(&row, 6)?,
        });
    }
    for row in rows(database, "SELECT id FROM response").await? {
        record.responses.push(at::<Uuid>(&row, 0)?.to_string());
    }
    Ok(record)
}

/// When each decision was recorded first.
fn recorded(audit: &[Audit]) -> HashMap<(String, String), Micros> {
    let mut recorded = HashMap::new();
    for record in audit {
        let record: Value = serde_json::from_str(&record.record).unwrap_or_default();
        if matches!(record["kind"].as_str(), Some("decided" | "refused")) {
            let text = |name: &str| record["data"][name].as_str().unwrap_or_default().to_owned();
            let at = record["at"].as_i64().unwrap_or(Micros::MAX);
            recorded.entry((text("source"), text("decision_id"))).or_insert(at);
        }
    }
    recorded
}

async fn streams(bus: &Inspector) -> Streams {
    let mut streams = Streams::default();
    let text = |data: &Value, name: &str| data[name].as_str().map(str::to_owned);
    for (_, data) in bus.read_all("CS_INTAKE").await {
        streams.intake.extend(text(&data, "delivery_id"));
    }
    for source in ["ui", "servicenow"] {
        let stream = format!("CS_DECISION_{}", source.to_uppercase());
        for (_, data) in bus.read_all(&stream).await {
            streams.decisions.push((source.to_owned(), text(&data, "decision_id")));
        }
    }
    for (_, data) in bus.read_all("CS_OUTCOME").await {
        streams.outcomes.extend(text(&data, "outcome_id"));
    }
    for (subject, data) in bus.read_all("CS_RECEIPT").await {
        streams.receipts.push(Receipt {
            source: subject.split('.').nth(3).unwrap_or_default().to_owned(),
            decision_id: text(&data, "decision_id").unwrap_or_default(),
            accepted: data["accepted"].as_bool().unwrap_or_default(),
        });
    }
    for (_, data) in bus.read_all("CS_DEAD").await {
        streams.dead.push(DeadLetter {
            stream: text(&data, "stream").unwrap_or_default(),
            reason: text(&data, "reason").unwrap_or_default(),
            cause: text(&data, "cause").unwrap_or_default(),
        });
    }
    streams
}

fn in_logs(cluster: &Cluster) -> Vec<String> {
    let secrets = [
        ("the hook's secret", HOOK_SECRET),
        ("the password of the bus", BUS_PASSWORD),
        ("the password of the outside system", SOURCE_PASSWORD),
        ("the secret of recorder", RECORDER_SECRET),
        ("GitLab's token", cluster.token.value()),
        ("an e-mail address", MAIL),
        ("a panic", "panicked"),
    ];
    let mut found = Vec::new();
    for path in cluster.logs() {
        let log = std::fs::read(&path).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for (what, text) in secrets {
            if let Some(line) = log.lines().find(|line| line.contains(text)) {
                // A secret is not to be in this report, either.
                found.push(format!("{what} is in {name}: {}", line.replace(text, "[...]")));
            }
        }
    }
    found
}
