//! Bearer tokens of other systems.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    sea_query::Expr,
};

pub(crate) use entity as api_token;

use super::{Ledger, Store};

/// A token as sea-orm sees it; `migrations` has the reviewed definition.
#[expect(unreachable_pub, reason = "the derive needs pub items")]
pub(crate) mod entity {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "api_token")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub secret_hash: String,
        pub source: String,
        /// A JSON array of texts.
        pub scopes: String,
        /// A JSON array of patterns; none means all projects.
        pub projects: String,
        pub note: String,
        pub created_by: String,
        /// Times are in microseconds since 1970 UTC.
        pub created_at: i64,
        pub expires_at: i64,
        pub revoked_at: Option<i64>,
        pub used_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl Store {
    /// The token with the secret of this hash; it may be over.
    pub(crate) async fn token(&self, hash: &str) -> Result<Option<entity::Model>, DbErr> {
        let found = entity::Entity::find().filter(entity::Column::SecretHash.eq(hash));
        found.one(self.read()).await
    }

    /// The token of this id.
    pub(crate) async fn token_by_id(&self, id: &str) -> Result<Option<entity::Model>, DbErr> {
        entity::Entity::find_by_id(id).one(self.read()).await
    }

    /// Every token, newest first.
    pub(crate) async fn tokens(&self) -> Result<Vec<entity::Model>, DbErr> {
        let all = entity::Entity::find().order_by_desc(entity::Column::CreatedAt);
        all.order_by_asc(entity::Column::Id).all(self.read()).await
    }

    /// Takes note that a token is in use.
    pub(crate) async fn see_token(&self, id: &str, now: i64) -> Result<(), DbErr> {
        let update = entity::Entity::update_many()
            .col_expr(entity::Column::UsedAt, Expr::value(now))
            .filter(entity::Column::Id.eq(id));
        update.exec(self.write()).await.map(drop)
    }
}

impl Ledger {
    /// One token as it is in this transaction.
    pub(crate) async fn token(&self, id: &str) -> Result<Option<entity::Model>, DbErr> {
        entity::Entity::find_by_id(id).one(self.tx()).await
    }

    /// Puts a new token into this transaction.
    pub(crate) async fn add_token(&self, row: entity::Model) -> Result<(), DbErr> {
        let insert = entity::Entity::insert(row.into_active_model());
        insert.exec_without_returning(self.tx()).await.map(drop)
    }

    /// Changes a token in this transaction.
    pub(crate) async fn change_token(
        &self,
        row: entity::ActiveModel,
    ) -> Result<entity::Model, DbErr> {
        row.update(self.tx()).await
    }
}
