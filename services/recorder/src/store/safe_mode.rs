//! What safe mode remembers.

use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, QueryFilter, Set,
    sea_query::{Expr, OnConflict},
};

use super::{
    Store,
    entity::{safe_mode, stream_mark},
};

/// The only row of the table `safe_mode`.
const ONLY: i32 = 1;

impl Store {
    /// Since when, in microseconds since 1970 UTC, and why only `failed` may be posted.
    pub(crate) async fn safe_mode(&self) -> Result<Option<(i64, String)>, DbErr> {
        let row = safe_mode::Entity::find_by_id(ONLY).one(self.read()).await?;
        Ok(row.and_then(|row| Some((row.since?, row.reason))))
    }

    /// Lets only `failed` be posted. What was the reason first stays the reason.
    pub(crate) async fn enter_safe_mode(&self, now: i64, reason: &str) -> Result<(), DbErr> {
        if self.safe_mode().await?.is_some() {
            return Ok(());
        }
        let verified_from = self.verified_from().await?;
        self.put(Some(now), reason, verified_from).await
    }

    /// Lets everything be posted again, and takes the audit record as it is now.
    pub(crate) async fn leave_safe_mode(&self) -> Result<(), DbErr> {
        let seq = self.sequence().await?;
        self.put(None, "", seq).await
    }

    async fn put(&self, since: Option<i64>, reason: &str, from: i64) -> Result<(), DbErr> {
        let row = safe_mode::ActiveModel {
            id: Set(ONLY),
            since: Set(since),
            reason: Set(reason.to_owned()),
            verified_from: Set(from),
        };
        use safe_mode::Column;
        let conflict = OnConflict::column(Column::Id)
            .update_columns([Column::Since, Column::Reason, Column::VerifiedFrom])
            .to_owned();
        let insert = safe_mode::Entity::insert(row).on_conflict(conflict);
        insert.exec_without_returning(self.write()).await.map(drop)
    }

    pub(super) async fn verified_from(&self) -> Result<i64, DbErr> {
        let row = safe_mode::Entity::find_by_id(ONLY).one(self.read()).await?;
        Ok(row.map_or(0, |row| row.verified_from))
    }

    /// How far a stream was seen: when it was created, and its last sequence.
    pub(crate) async fn stream_mark(&self, stream: &str) -> Result<Option<(i64, i64)>, DbErr> {
        let row = stream_mark::Entity::find_by_id(stream).one(self.read()).await?;
        Ok(row.map(|row| (row.created_at, row.last_sequence)))
    }

    /// Remembers how far a stream was seen.
    pub(crate) async fn mark_stream(
        &self,
        stream: &str,
        (created_at, last_sequence): (i64, i64),
    ) -> Result<(), DbErr> {
        let row = stream_mark::ActiveModel {
            stream: Set(stream.to_owned()),
            created_at: Set(created_at),
            last_sequence: Set(last_sequence),
        };
        use stream_mark::Column;
        let conflict = OnConflict::column(Column::Stream)
            .update_columns([Column::CreatedAt, Column::LastSequence])
            .to_owned();
        let insert = stream_mark::Entity::insert(row).on_conflict(conflict);
        insert.exec_without_returning(self.write()).await.map(drop)
    }

    /// The same stream was seen further on; what another recorder has seen beyond that stays.
    pub(crate) async fn mark_stream_on(
        &self,
        stream: &str,
        (created_at, last_sequence): (i64, i64),
    ) -> Result<(), DbErr> {
        use stream_mark::Column;
        let further = stream_mark::Entity::update_many()
            .col_expr(Column::LastSequence, Expr::value(last_sequence))
            .filter(Column::Stream.eq(stream))
            .filter(Column::CreatedAt.eq(created_at))
            .filter(Column::LastSequence.lt(last_sequence));
        further.exec(self.write()).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failing test should panic")]

    use super::*;
    use crate::store::{Database, Migrate};

    #[tokio::test]
    async fn who_saw_less_of_a_stream_takes_nothing_back() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::Sqlite(folder.path().join("marks.db"));
        let store = Store::open(&database, Migrate::Yes).await.unwrap();
        store.mark_stream("CS_INTAKE", (1, 100)).await.unwrap();
        store.mark_stream_on("CS_INTAKE", (1, 105)).await.unwrap();
        store.mark_stream_on("CS_INTAKE", (1, 103)).await.unwrap();
        assert_eq!(store.stream_mark("CS_INTAKE").await.unwrap(), Some((1, 105)));
        store.mark_stream_on("CS_INTAKE", (2, 200)).await.unwrap();
        assert_eq!(store.stream_mark("CS_INTAKE").await.unwrap(), Some((1, 105)), "another one");
        store.mark_stream("CS_INTAKE", (2, 3)).await.unwrap();
        assert_eq!(store.stream_mark("CS_INTAKE").await.unwrap(), Some((2, 3)), "as accepted");
    }
}
