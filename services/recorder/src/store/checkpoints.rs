//! Signed checkpoints of the audit record.

use evidence::Frontier;
use sea_orm::{DbErr, EntityTrait, QueryOrder, Set, sea_query::OnConflict};

use super::{
    Store,
    entity::{checkpoint, ledger},
    ledger::tree_of,
    writing::HEAD,
};

impl Store {
    /// The tree over all audit records.
    pub(crate) async fn tree(&self) -> Result<Frontier, DbErr> {
        let head = ledger::Entity::find_by_id(HEAD).one(self.read()).await?;
        let head = head.ok_or_else(|| DbErr::Custom("the audit record has no head".to_owned()))?;
        tree_of(&head)
    }

    /// The newest checkpoint.
    pub(crate) async fn last_checkpoint(&self) -> Result<Option<checkpoint::Model>, DbErr> {
        checkpoint::Entity::find().order_by_desc(checkpoint::Column::Size).one(self.read()).await
    }

    /// Every checkpoint, smallest first.
    pub(crate) async fn checkpoints(&self) -> Result<Vec<checkpoint::Model>, DbErr> {
        checkpoint::Entity::find().order_by_asc(checkpoint::Column::Size).all(self.read()).await
    }

    /// Keeps a checkpoint; of two over the same records the first.
    pub(crate) async fn keep_checkpoint(&self, size: u64, note: String) -> Result<(), DbErr> {
        let row = checkpoint::ActiveModel {
            size: Set(i64::try_from(size).unwrap_or(i64::MAX)),
            note: Set(note),
            at: Set(kit::clock::now_micros()),
        };
        let nothing = OnConflict::column(checkpoint::Column::Size).do_nothing().to_owned();
        let insert = checkpoint::Entity::insert(row).on_conflict(nothing);
        insert.exec_without_returning(self.write()).await.map(drop)
    }
}
