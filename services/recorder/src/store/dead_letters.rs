//! Messages that could not be applied: reading them.

use std::collections::HashSet;

use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait,
};
use uuid::Uuid;

use super::{
    Ledger, Page, Store,
    entity::dead_letter::{self, Column},
    statements,
};

/// A dead letter without its headers and its data, which can be large.
#[derive(Debug, FromQueryResult)]
pub(crate) struct Summary {
    pub(crate) id: Uuid,
    pub(crate) stream: String,
    pub(crate) subject: String,
    pub(crate) sequence: i64,
    pub(crate) reason: String,
    pub(crate) cause: String,
    pub(crate) data_size: i64,
    pub(crate) at: i64,
    pub(crate) buried_at: i64,
    pub(crate) state: String,
    pub(crate) replays_failed: i32,
    pub(crate) replay_said: Option<String>,
    pub(crate) settled_at: Option<i64>,
    pub(crate) settled_by: Option<String>,
    pub(crate) settled_why: Option<String>,
}

impl From<dead_letter::Model> for Summary {
    fn from(row: dead_letter::Model) -> Self {
        Self {
            id: row.id,
            stream: row.stream,
            subject: row.subject,
            sequence: row.sequence,
            reason: row.reason,
            cause: row.cause,
            data_size: row.data_size,
            at: row.at,
            buried_at: row.buried_at,
            state: row.state,
            replays_failed: row.replays_failed,
            replay_said: row.replay_said,
            settled_at: row.settled_at,
            settled_by: row.settled_by,
            settled_why: row.settled_why,
        }
    }
}

const SUMMARY: [Column; 15] = [
    Column::Id,
    Column::Stream,
    Column::Subject,
    Column::Sequence,
    Column::Reason,
    Column::Cause,
    Column::DataSize,
    Column::At,
    Column::BuriedAt,
    Column::State,
    Column::ReplaysFailed,
    Column::ReplaySaid,
    Column::SettledAt,
    Column::SettledBy,
    Column::SettledWhy,
];

impl Store {
    /// One page of dead letters, newest first.
    pub(crate) async fn dead_letters(
        &self,
        states: &[String],
        stream: &str,
        page: Page,
    ) -> Result<Vec<Summary>, DbErr> {
        let mut query = dead_letter::Entity::find()
            .select_only()
            .columns(SUMMARY)
            .apply_if(Some(states).filter(|it| !it.is_empty()), |query, states| {
                query.filter(Column::State.is_in(states.iter().cloned()))
            })
            .apply_if(Some(stream).filter(|it| !it.is_empty()), |query, stream| {
                query.filter(Column::Stream.eq(stream))
            });
        if let Some((buried_at, id)) = page.after {
            let same_time =
                Condition::all().add(Column::BuriedAt.eq(buried_at)).add(Column::Id.lt(id));
            let beyond = Condition::any().add(Column::BuriedAt.lt(buried_at)).add(same_time);
            query = query.filter(beyond);
        }
        let newest_first = query.order_by_desc(Column::BuriedAt).order_by_desc(Column::Id);
        newest_first.limit(page.size).into_model().all(self.read()).await
    }

    /// Up to two ids between these, both included.
    pub(crate) async fn dead_letter_ids(
        &self,
        (first, last): (Uuid, Uuid),
    ) -> Result<Vec<Uuid>, DbErr> {
        let query = dead_letter::Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::Id.between(first, last))
            .limit(2);
        query.into_tuple().all(self.read()).await
    }

    /// One dead letter.
    pub(crate) async fn dead_letter(&self, id: Uuid) -> Result<Option<dead_letter::Model>, DbErr> {
        dead_letter::Entity::find_by_id(id).one(self.read()).await
    }

    /// How many are open.
    pub(crate) async fn open_dead_letters(&self) -> Result<u64, DbErr> {
        dead_letter::Entity::find().filter(Column::State.eq("open")).count(self.read()).await
    }
}

impl Ledger {
    /// Which of these are on record already.
    pub(crate) async fn known_dead_letters(&self, ids: &[Uuid]) -> Result<HashSet<Uuid>, DbErr> {
        let query = dead_letter::Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::Id.is_in(statements::padded(ids.to_vec())));
        Ok(query.into_tuple().all(self.tx()).await?.into_iter().collect())
    }

    /// One dead letter as it is in this transaction: until its end nobody else changes it.
    pub(crate) async fn dead_letter(&self, id: Uuid) -> Result<Option<dead_letter::Model>, DbErr> {
        dead_letter::Entity::find_by_id(id).one(self.tx()).await
    }
}
