//! The right to post for a request, lent to one process of decision at a time.
//!
//! The bus delivers a command to another process when the first was out of its sight for a while.
//! GitLab keeps the last of two answers, so two posts at once must not be: the second process is told
//! to wait until the outcome of the first is recorded, or until its lease has run out.

use std::time::Duration;

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, Set,
    sea_query::{Alias, Condition, Expr, ExprTrait, OnConflict},
};
use uuid::Uuid;

use super::{
    Store,
    entity::post_lease::{self, Column},
};

/// How long a lease lasts: longer than the requests of one attempt, with what a process may stand
/// still between them.
pub(crate) const LEASE: Duration = Duration::from_secs(45);

impl Store {
    /// Lends the right to post for a request; `None` while another process has it. Whoever has it
    /// already, from before its restart, gets it anew.
    pub(crate) async fn lend(
        &self,
        request_id: Uuid,
        holder: &str,
        now: i64,
    ) -> Result<Option<Uuid>, DbErr> {
        let lease_id = kit::clock::new_id();
        let lasts = kit::clock::micros(LEASE);
        let lease = post_lease::ActiveModel {
            request_id: Set(request_id),
            lease_id: Set(lease_id),
            holder: Set(holder.to_owned()),
            until: Set(now.saturating_add(lasts)),
        };
        let stored = |column: Column| Expr::col((post_lease::Entity, column));
        let wanted = Expr::col((Alias::new("excluded"), Column::Holder));
        let free = Condition::any()
            .add(stored(Column::Until).lte(now))
            .add(stored(Column::Holder).eq(wanted));
        let unless_lent = OnConflict::column(Column::RequestId)
            .update_columns([Column::LeaseId, Column::Holder, Column::Until])
            .action_cond_where(free)
            .to_owned();
        let insert = post_lease::Entity::insert(lease).on_conflict(unless_lent);
        let rows = insert.exec_without_returning(self.write()).await?;
        Ok((rows > 0).then_some(lease_id))
    }

    /// Takes back a lease under which nothing was posted.
    pub(crate) async fn take_back(&self, lease_id: Uuid) -> Result<(), DbErr> {
        end(self.write(), &[lease_id]).await
    }

    /// Forgets leases that ran out, of processes that did not come back.
    pub(crate) async fn forget_leases(&self, now: i64) -> Result<(), DbErr> {
        let over = post_lease::Entity::delete_many().filter(Column::Until.lte(now));
        over.exec(self.write()).await.map(drop)
    }
}

/// Ends leases, in the transaction that records what came of them. One that ran out and was lent to
/// somebody else stays.
pub(super) async fn end(db: &impl ConnectionTrait, leases: &[Uuid]) -> Result<(), DbErr> {
    if leases.is_empty() {
        return Ok(());
    }
    let ended = super::statements::padded(leases.to_vec());
    let delete = post_lease::Entity::delete_many().filter(Column::LeaseId.is_in(ended));
    delete.exec(db).await.map(drop)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failing test should panic")]

    use super::*;
    use crate::store::{Database, Migrate};

    const SOON: i64 = 1_000_000;
    const LATE: i64 = 60_000_000;

    async fn store(folder: &tempfile::TempDir) -> Store {
        Store::open(&Database::Sqlite(folder.path().join("leases.db")), Migrate::Yes).await.unwrap()
    }

    #[tokio::test]
    async fn one_process_at_a_time_may_post_for_a_request() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder).await;
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let lease = store.lend(one, "a", 0).await.unwrap().unwrap();
        assert_eq!(store.lend(one, "b", SOON).await.unwrap(), None);
        assert!(store.lend(other, "b", SOON).await.unwrap().is_some());
        store.take_back(lease).await.unwrap();
        assert!(store.lend(one, "b", SOON).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn who_was_restarted_has_its_lease_back_and_its_old_one_ends_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder).await;
        let request = Uuid::from_u128(1);
        let old = store.lend(request, "a", 0).await.unwrap().unwrap();
        let new = store.lend(request, "a", SOON).await.unwrap().unwrap();
        store.take_back(old).await.unwrap();
        assert_eq!(store.lend(request, "b", SOON).await.unwrap(), None);
        store.take_back(new).await.unwrap();
        assert!(store.lend(request, "b", SOON).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn a_lease_runs_out() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder).await;
        let request = Uuid::from_u128(1);
        let gone = store.lend(request, "a", 0).await.unwrap().unwrap();
        let lease = store.lend(request, "b", LATE).await.unwrap();
        assert!(lease.is_some());
        store.take_back(gone).await.unwrap();
        store.forget_leases(LATE).await.unwrap();
        assert_eq!(store.lend(request, "c", LATE).await.unwrap(), None, "b has it");
        store.forget_leases(2 * LATE).await.unwrap();
        assert!(store.lend(request, "c", LATE).await.unwrap().is_some());
    }
}
