//! What safe mode remembers, and the proof that the audit record is as it was written.

use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set,
    sea_query::OnConflict,
};

use super::{
    Store,
    entity::{audit, ledger, safe_mode, stream_mark},
    writing::{HEAD, chained},
};

/// Records that are read at once.
const RECORDS: u64 = 2_000;
/// The only row of the table `safe_mode`.
const ONLY: i32 = 1;

/// Where the audit record stops being what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broken {
    /// The last record that verifies; 0 when none does.
    pub(crate) after: i64,
}

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

    async fn verified_from(&self) -> Result<i64, DbErr> {
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

    /// Verifies the audit record from where an operator last accepted it, up to its end now.
    pub(crate) async fn verify_chain(&self) -> Result<Result<i64, Broken>, DbErr> {
        let head = ledger::Entity::find_by_id(HEAD).one(self.read()).await?;
        let (end, last_hash) = head.map_or((0, String::new()), |head| (head.seq, head.hash));
        let mut after = self.verified_from().await?.min(end);
        let mut hash = match after {
            0 => String::new(),
            seq => {
                let row = audit::Entity::find_by_id(seq).one(self.read()).await?;
                row.map(|row| row.hash).unwrap_or_default()
            }
        };
        while after < end {
            let rows = audit::Entity::find()
                .filter(audit::Column::Seq.gt(after))
                .filter(audit::Column::Seq.lte(end))
                .order_by_asc(audit::Column::Seq)
                .limit(RECORDS)
                .all(self.read())
                .await?;
            if rows.is_empty() {
                return Ok(Err(Broken { after }));
            }
            for row in rows {
                hash = chained(&hash, &row.record);
                if row.seq != after + 1 || row.hash != hash {
                    return Ok(Err(Broken { after }));
                }
                after = row.seq;
            }
        }
        Ok(if hash == last_hash { Ok(end) } else { Err(Broken { after }) })
    }
}
