//! What must be true at the end of every story, checked without the product's own code.

use std::collections::BTreeMap;

use gitlab_sim::{GitLabSim, Status};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    bus::Inspector,
    tree::{leaf, peaks},
};

async fn rows(database: &DatabaseConnection, sql: &str) -> Vec<sea_orm::QueryResult> {
    let statement = Statement::from_string(database.get_database_backend(), sql);
    database.query_all_raw(statement).await.unwrap()
}

/// The number of rows in a table.
pub(crate) async fn count(database: &DatabaseConnection, table: &str) -> i64 {
    let rows = rows(database, &format!("SELECT COUNT(*) FROM {table}")).await;
    rows[0].try_get_by_index(0).unwrap()
}

pub(crate) async fn rename(database: &DatabaseConnection, table: &str, name: &str) {
    let sql = format!("ALTER TABLE {table} RENAME TO {name}");
    database.execute_unprepared(&sql).await.unwrap();
}

pub(crate) async fn audit_records(database: &DatabaseConnection) -> Vec<Value> {
    let records = rows(database, "SELECT record, personal FROM audit ORDER BY seq").await;
    let read = |row: &sea_orm::QueryResult| {
        let record: String = row.try_get_by_index(0).unwrap();
        let mut record: Value = serde_json::from_str(&record).unwrap();
        let personal: Option<String> = row.try_get_by_index(1).unwrap();
        let personal: Value =
            serde_json::from_str(&personal.unwrap_or_default()).unwrap_or_default();
        record["message"] = personal["message"].clone();
        if let (Some(data), Value::Object(more)) =
            (record["data"].as_object_mut(), &personal["data"])
        {
            data.extend(more.clone());
        } else if !personal["data"].is_null() {
            record["data"] = personal["data"].clone();
        }
        record
    };
    records.iter().map(read).collect()
}

pub(crate) async fn outbox_is_empty(database: &DatabaseConnection) -> bool {
    count(database, "outbox").await == 0
}

/// I6: each record is what its hash says, none is missing, and the tree over all is the one that recorder goes
/// on from.
pub(crate) async fn audit_record_verifies(database: &DatabaseConnection) {
    let mut leaves: Vec<[u8; 32]> = Vec::new();
    for row in rows(database, "SELECT seq, record, hash, personal FROM audit ORDER BY seq").await {
        let seq: i64 = row.try_get_by_index(0).unwrap();
        let record: String = row.try_get_by_index(1).unwrap();
        let stored: String = row.try_get_by_index(2).unwrap();
        let hash = leaf(&record);
        assert_eq!(hex::encode(hash), stored, "audit record {seq} was changed");
        leaves.push(hash);
        assert_eq!(usize::try_from(seq).unwrap(), leaves.len(), "a record is missing before {seq}");
        let personal: Option<String> = row.try_get_by_index(3).unwrap();
        let record: Value = serde_json::from_str(&record).unwrap();
        if let Some(personal) = personal {
            assert_eq!(hex::encode(Sha256::digest(personal)), record["personal"], "record {seq}");
        }
    }
    let head = rows(database, "SELECT hash FROM ledger").await;
    let stored: String = head[0].try_get_by_index(0).unwrap();
    assert_eq!(stored, peaks(&leaves), "the tree is another one");
}

/// Takes the last audit records out, as somebody would who knows how the tree is kept.
pub(crate) async fn cut_off(database: &DatabaseConnection, records: i64) {
    let last = count(database, "audit").await - records;
    let delete = format!("DELETE FROM audit WHERE seq > {last}");
    database.execute_unprepared(&delete).await.unwrap();
    let found = rows(database, "SELECT hash FROM audit ORDER BY seq").await;
    let leaf = |row: &sea_orm::QueryResult| {
        let hash: String = row.try_get_by_index(0).unwrap();
        <[u8; 32]>::try_from(hex::decode(hash).unwrap()).unwrap()
    };
    let peaks = peaks(&found.iter().map(leaf).collect::<Vec<_>>());
    let head = format!("UPDATE ledger SET seq = {last}, hash = '{peaks}'");
    database.execute_unprepared(&head).await.unwrap();
}

/// I2: GitLab never stored a `passed` of ours without an accepted approval of that very commit, or where a
/// rule may approve by itself, without a record that says it did.
pub(crate) async fn every_passed_was_decided(
    database: &DatabaseConnection,
    gitlab: &GitLabSim,
    rule_approves: bool,
) {
    let mut sql = "SELECT sha FROM decision WHERE accepted AND verdict = 'approve'".to_owned();
    if rule_approves {
        sql.push_str(
            " UNION SELECT s.sha FROM audit a JOIN status_check s ON a.request_id = s.id \
             WHERE a.personal LIKE '%Approved by the rule % itself: %'",
        );
    }
    let approved: Vec<String> =
        rows(database, &sql).await.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
    let ours = gitlab.answers().into_iter().filter(|answer| {
        answer.user.as_deref() == Some("countersign-bot")
            && answer.status.as_deref() == Some(Status::Passed.as_str())
    });
    for answer in ours {
        let sha = answer.sha.unwrap_or_default();
        assert!(approved.contains(&sha), "passed was posted for {sha}, which nobody approved");
    }
}

/// I5: every attempt that is on record has a receipt, and no attempt has two.
pub(crate) async fn every_attempt_has_one_receipt(database: &DatabaseConnection, bus: &Inspector) {
    let sql = "SELECT record FROM audit ORDER BY seq";
    let mut attempts: BTreeMap<String, u64> = BTreeMap::new();
    for row in rows(database, sql).await {
        let record: String = row.try_get_by_index(0).unwrap();
        let record: serde_json::Value = serde_json::from_str(&record).unwrap();
        if matches!(record["kind"].as_str(), Some("decided" | "refused")) {
            let id = record["data"]["decision_id"].as_str().unwrap().to_owned();
            *attempts.entry(id).or_default() += 1;
        }
    }
    assert_eq!(bus.receipts().await, attempts, "attempts and their receipts");
}

/// The texts that these columns, put together, have in every row.
pub(crate) async fn texts(
    database: &DatabaseConnection,
    table: &str,
    columns: &str,
) -> Vec<String> {
    let rows = rows(database, &format!("SELECT {columns} FROM {table}")).await;
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}
