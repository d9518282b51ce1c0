//! People who sign in with a password of ours, and their sessions.

mod entity;

use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Expr, ExprTrait},
};

pub(crate) use entity::{person, session};

use super::{Ledger, Store};

impl Store {
    /// One person.
    pub(crate) async fn person(&self, id: &str) -> Result<Option<person::Model>, DbErr> {
        person::Entity::find_by_id(id).one(self.read()).await
    }

    /// Everybody by id, or the first few.
    pub(crate) async fn people(&self, limit: Option<u64>) -> Result<Vec<person::Model>, DbErr> {
        let all = person::Entity::find().order_by_asc(person::Column::Id);
        all.limit(limit).all(self.read()).await
    }

    /// One session, which may be over.
    pub(crate) async fn session(&self, id: &str) -> Result<Option<session::Model>, DbErr> {
        session::Entity::find_by_id(id).one(self.read()).await
    }

    /// Whether a check of a session that was not checked since begins now: the last one that began is
    /// over.
    pub(crate) async fn begin_check(
        &self,
        id: &str,
        since: i64,
        now: i64,
        over: i64,
    ) -> Result<bool, DbErr> {
        use session::Column;
        let free = Column::CheckBegunAt.is_null().or(Column::CheckBegunAt.lt(over));
        let update = session::Entity::update_many()
            .col_expr(Column::CheckBegunAt, Expr::value(now))
            .filter(Column::Id.eq(id).and(Column::CheckedAt.lte(since)).and(free));
        Ok(update.exec(self.write()).await?.rows_affected == 1)
    }

    /// The check of a session came to nothing.
    pub(crate) async fn not_checked(&self, id: &str) -> Result<(), DbErr> {
        let update = session::Entity::update_many()
            .col_expr(session::Column::CheckBegunAt, Expr::value(Option::<i64>::None))
            .filter(session::Column::Id.eq(id));
        update.exec(self.write()).await.map(drop)
    }

    /// A session was checked.
    pub(crate) async fn checked(&self, id: &str, proof: String, now: i64) -> Result<(), DbErr> {
        use session::Column;
        let update = session::Entity::update_many()
            .col_expr(Column::Proof, Expr::value(proof))
            .col_expr(Column::CheckedAt, Expr::value(now))
            .col_expr(Column::CheckBegunAt, Expr::value(Option::<i64>::None))
            .filter(Column::Id.eq(id));
        update.exec(self.write()).await.map(drop)
    }

    /// Takes note that a session is in use.
    pub(crate) async fn see_session(&self, id: &str, now: i64) -> Result<(), DbErr> {
        let update = session::Entity::update_many()
            .col_expr(session::Column::SeenAt, Expr::value(now))
            .filter(session::Column::Id.eq(id));
        update.exec(self.write()).await.map(drop)
    }

    /// Ends a session.
    pub(crate) async fn end_session(&self, id: &str) -> Result<(), DbErr> {
        session::Entity::delete_by_id(id).exec(self.write()).await.map(drop)
    }
}

impl Ledger {
    /// One person as they are in this transaction: until its end nobody else changes them.
    pub(crate) async fn person(&self, id: &str) -> Result<Option<person::Model>, DbErr> {
        person::Entity::find_by_id(id).one(self.tx()).await
    }

    /// Puts a new person into this transaction.
    pub(crate) async fn add_person(&self, row: person::Model) -> Result<(), DbErr> {
        let insert = person::Entity::insert(row.into_active_model());
        insert.exec_without_returning(self.tx()).await.map(drop)
    }

    /// Changes a person in this transaction.
    pub(crate) async fn change_person(
        &self,
        row: person::ActiveModel,
    ) -> Result<person::Model, DbErr> {
        row.update(self.tx()).await
    }

    /// Begins a session in this transaction, and forgets those that are over by time.
    pub(crate) async fn begin_session(&self, row: session::Model) -> Result<(), DbErr> {
        let over = session::Column::ExpiresAt.lte(row.created_at);
        session::Entity::delete_many().filter(over).exec(self.tx()).await?;
        let insert = session::Entity::insert(row.into_active_model());
        insert.exec_without_returning(self.tx()).await.map(drop)
    }

    /// Ends all sessions of a person in this transaction.
    pub(crate) async fn end_sessions_of(&self, person_id: &str) -> Result<(), DbErr> {
        let theirs = session::Column::PersonId.eq(person_id);
        session::Entity::delete_many().filter(theirs).exec(self.tx()).await.map(drop)
    }
}
