//! What GitLab showed some time after an answer.

use approval::{Reading, Time};
use bus::{Delivery, Failure, Kind};
use proto::v1::StatusRead;
use sea_orm::DbErr;
use uuid::Uuid;

use super::{Rules, follow, read, uuid};
use crate::store::{Change, Ledger};

/// A reading with where it belongs. A repetition changes nothing: GitLab was seen to show this.
#[derive(Debug)]
pub(super) struct Read {
    request_id: Uuid,
    reading: Reading,
}

pub(super) fn parse(delivery: &Delivery) -> Result<Read, Failure> {
    let message: StatusRead = read(delivery, Kind::StatusRead)?;
    let shown = super::status(message.status())?;
    let command_id = uuid(&message.command_id, "command_id")?;
    let request_id = uuid(&message.request_id, "request_id")?;
    Ok(Read { request_id, reading: Reading { command_id, shown } })
}

pub(super) async fn apply(rules: &Rules, ledger: &mut Ledger, read: &Read) -> Result<(), DbErr> {
    let Some(key) = ledger.gate_of(read.request_id).await? else {
        tracing::warn!(
            approval.request_id = %read.request_id,
            "a reading is about a request that is not on record"
        );
        return Ok(());
    };
    ledger.load([key.clone()]).await?;
    let now = ledger.now();
    let gate = ledger.gate(&key);
    let policy = rules.policy(gate);
    let effects = gate.read(read.request_id, read.reading, Time(now), policy);
    let mut change = Change::default();
    follow::effects(&mut change, rules, &key, gate, effects, now);
    ledger.add(change);
    Ok(())
}
