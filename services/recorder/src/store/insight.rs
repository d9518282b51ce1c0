//! Rows to count: when things were opened, decided and answered.

use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, RelationTrait, Select,
    sea_query::JoinType,
};
use uuid::Uuid;

use super::{
    Store,
    entity::{decision, response, status_check},
};

/// Most rows of a kind that are counted, newest first.
pub(crate) const COUNTED_MAX: u64 = 100_000;

/// Where something happened: instance and path of the project.
pub(crate) type Place = (String, String);

/// An attempt to decide.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) request: Uuid,
    pub(crate) place: Place,
    pub(crate) check: String,
    pub(crate) opened_at: i64,
    /// Whether the request is decided by now.
    pub(crate) decided: bool,
    pub(crate) source: String,
    pub(crate) verdict: String,
    pub(crate) accepted: bool,
    pub(crate) code: String,
    pub(crate) at: i64,
}

impl Store {
    /// When requests were opened, and where, newest first.
    pub(crate) async fn opened_since(&self, since: i64) -> Result<Vec<(i64, Place)>, DbErr> {
        let query = status_check::Entity::find().filter(status_check::Column::OpenedAt.gte(since));
        self.openings(query.order_by_desc(status_check::Column::OpenedAt)).await
    }

    /// Since when requests wait that wait now, and where, oldest first.
    pub(crate) async fn waiting(&self) -> Result<Vec<(i64, Place)>, DbErr> {
        let query = status_check::Entity::find().filter(status_check::Column::State.eq("waiting"));
        self.openings(query.order_by_asc(status_check::Column::OpenedAt)).await
    }

    async fn openings(
        &self,
        query: Select<status_check::Entity>,
    ) -> Result<Vec<(i64, Place)>, DbErr> {
        use status_check::Column;
        let rows: Vec<(i64, String, String)> = query
            .select_only()
            .columns([Column::OpenedAt, Column::Gitlab, Column::ProjectPath])
            .limit(COUNTED_MAX)
            .into_tuple()
            .all(self.read())
            .await?;
        Ok(rows.into_iter().map(|(at, gitlab, path)| (at, (gitlab, path))).collect())
    }

    /// Attempts to decide, newest first.
    pub(crate) async fn said_since(&self, since: i64) -> Result<Vec<Said>, DbErr> {
        use decision::Column;
        type Row = (Uuid, String, String, String, i64, String, String, String, bool, String, i64);
        let rows: Vec<Row> = decision::Entity::find()
            .select_only()
            .join(JoinType::InnerJoin, decision::Relation::Request.def())
            .column(status_check::Column::Id)
            .column(status_check::Column::Gitlab)
            .column(status_check::Column::ProjectPath)
            .column(status_check::Column::CheckName)
            .column(status_check::Column::OpenedAt)
            .column_as(status_check::Column::Verdict, "outcome")
            .columns([Column::Source, Column::Verdict, Column::Accepted, Column::Code, Column::At])
            .filter(Column::At.gte(since))
            .order_by_desc(Column::At)
            .limit(COUNTED_MAX)
            .into_tuple()
            .all(self.read())
            .await?;
        let said = |row: Row| {
            let (request, gitlab, path, check, opened_at, outcome, ..) = row.clone();
            let (.., source, verdict, accepted, code, at) = row;
            let decided = matches!(outcome.as_str(), "approved" | "rejected" | "expired");
            let place = (gitlab, path);
            Said { request, place, check, opened_at, decided, source, verdict, accepted, code, at }
        };
        Ok(rows.into_iter().map(said).collect())
    }

    /// What came of answers to GitLab: result and code, and where.
    pub(crate) async fn answered_since(
        &self,
        since: i64,
    ) -> Result<Vec<(String, String, Place)>, DbErr> {
        use response::Column;
        let rows: Vec<(String, String, String, String)> = response::Entity::find()
            .select_only()
            .join(JoinType::InnerJoin, response::Relation::Request.def())
            .columns([Column::Result, Column::Code])
            .column(status_check::Column::Gitlab)
            .column(status_check::Column::ProjectPath)
            .filter(Column::At.gte(since))
            .order_by_desc(Column::At)
            .limit(COUNTED_MAX)
            .into_tuple()
            .all(self.read())
            .await?;
        let answered = |(result, code, gitlab, path)| (result, code, (gitlab, path));
        Ok(rows.into_iter().map(answered).collect())
    }
}
