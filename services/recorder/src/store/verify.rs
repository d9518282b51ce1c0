//! The proof that the audit record is as it was written.

use std::collections::BTreeMap;

use evidence::{Frontier, Hash, VerifierKey, commitment, leaf_hash};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Deserialize;

use super::{
    Store,
    entity::{audit, checkpoint, ledger},
    ledger::tree_of,
    writing::HEAD,
};

/// Records that are read at once.
const RECORDS: u64 = 2_000;

/// Where the audit record stops being what was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    /// When a record is not what its hash says, or not there.
    #[error("The audit record does not verify after its record {0}.")]
    After(i64),
    /// When the tree is not the one that was signed.
    #[error("The audit record is not the one of its checkpoint over {0} records.")]
    Checkpoint(u64),
    /// When its end is not the end of the tree.
    #[error("The audit record does not end where it did.")]
    End,
}

/// As far as a record is looked at here.
#[derive(Debug, Deserialize)]
struct Committed {
    /// Absent in those from before there was one.
    #[serde(default)]
    personal: String,
}

/// What was signed, at one moment.
#[derive(Debug)]
pub(crate) struct Signed {
    /// The record up to which an operator has accepted everything.
    from: i64,
    /// The roots of larger trees, by their size.
    roots: BTreeMap<u64, Hash>,
}

impl Store {
    /// Verifies the audit record from where an operator last accepted it, up to its end now, and against
    /// the checkpoints from there on that this key has signed.
    pub(crate) async fn verify_record(
        &self,
        key: &VerifierKey,
    ) -> Result<Result<(), Broken>, DbErr> {
        // Before the record: another recorder goes on writing and signing, and what was signed by now is there then.
        let signed = self.signed(key).await?;
        self.is_as_signed(&signed).await
    }

    async fn signed(&self, key: &VerifierKey) -> Result<Signed, DbErr> {
        let from = self.verified_from().await?;
        let larger = checkpoint::Column::Size.gt(from);
        let notes = checkpoint::Entity::find().filter(larger).all(self.read()).await?;
        let open = |row: checkpoint::Model| key.open(&row.note).ok().map(|it| (it.size, it.root));
        Ok(Signed { from, roots: notes.into_iter().filter_map(open).collect() })
    }

    async fn is_as_signed(&self, signed: &Signed) -> Result<Result<(), Broken>, DbErr> {
        let Signed { from, roots } = signed;
        let head = ledger::Entity::find_by_id(HEAD).one(self.read()).await?;
        let head = head.ok_or_else(|| DbErr::Custom("the audit record has no head".to_owned()))?;
        let end = head.seq;
        let whole = match tree_of(&head) {
            Ok(whole) if *from <= end => whole,
            _ => return Ok(Err(Broken::End)),
        };
        let (mut tree, mut after) = (Frontier::default(), 0);
        while after < end {
            let rows = self.records_after(after, end).await?;
            if rows.is_empty() {
                return Ok(Err(Broken::After(after)));
            }
            for row in rows {
                // What an operator has accepted is taken as the tree has it.
                let Some(hash) = hash_of(&row, row.seq > *from).filter(|_| row.seq == after + 1)
                else {
                    return Ok(Err(Broken::After(after)));
                };
                tree.push(hash);
                after = row.seq;
                if roots.get(&tree.size()).is_some_and(|root| *root != tree.root()) {
                    return Ok(Err(Broken::Checkpoint(tree.size())));
                }
            }
        }
        // A checkpoint over more than there is: something was cut off.
        if let Some((&size, _)) = roots.range(tree.size() + 1..).next() {
            return Ok(Err(Broken::Checkpoint(size)));
        }
        Ok(if tree == whole { Ok(()) } else { Err(Broken::End) })
    }

    /// Audit records after one, up to another, in order.
    pub(crate) async fn records_after(
        &self,
        after: i64,
        end: i64,
    ) -> Result<Vec<audit::Model>, DbErr> {
        audit::Entity::find()
            .filter(audit::Column::Seq.gt(after))
            .filter(audit::Column::Seq.lte(end))
            .order_by_asc(audit::Column::Seq)
            .limit(RECORDS)
            .all(self.read())
            .await
    }
}

/// The hash of a record in the tree, once the record was compared with it.
fn hash_of(row: &audit::Model, looked_at: bool) -> Option<Hash> {
    let stored = hex::decode(&row.hash).ok().and_then(|it| Hash::try_from(it).ok())?;
    if !looked_at {
        return Some(stored);
    }
    let committed: Committed = serde_json::from_str(&row.record).ok()?;
    let same = |personal: &String| commitment(personal) == committed.personal;
    let whole =
        leaf_hash(row.record.as_bytes()) == stored && row.personal.as_ref().is_none_or(same);
    whole.then_some(stored)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failing test should panic")]

    use std::sync::Arc;

    use evidence::LogKey;

    use super::*;
    use crate::{
        log::Log,
        store::{Database, Draft, Ledger, Migrate},
    };

    /// Somebody writes something, and signs it.
    async fn writes_and_signs(log: &Log) {
        let ledger = Ledger::begin(&log.store, 0).await.unwrap();
        log.store.commit_with(ledger, Draft::default()).await.unwrap();
        log.sign().await.unwrap();
    }

    #[tokio::test]
    async fn another_recorder_may_write_and_sign_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::Sqlite(folder.path().join("verify.db"));
        let store = Store::open(&database, Migrate::Yes).await.unwrap();
        let key = LogKey::read(&LogKey::generate("log").unwrap()).unwrap();
        let log = Log { store: store.clone(), key: Arc::new(key) };
        writes_and_signs(&log).await;
        let signed = store.signed(&log.key.verifier()).await.unwrap();
        writes_and_signs(&log).await;
        assert_eq!(store.is_as_signed(&signed).await.unwrap(), Ok(()));
        // What was signed and is not there any more was cut off.
        let all = store.signed(&log.key.verifier()).await.unwrap();
        let end = store.sequence().await.unwrap();
        let cut = Signed { from: end + 1, ..all };
        assert_eq!(store.is_as_signed(&cut).await.unwrap(), Err(Broken::End));
    }
}
