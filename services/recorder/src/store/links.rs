//! The key of the links that authors read by.

use sea_orm::{DbErr, EntityTrait, Set, sea_query::OnConflict};

use super::{Store, entity::link_key};

/// The only row of the table `link_key`.
const ONLY: i32 = 1;

impl Store {
    /// The key, once there is one. All processes have the same.
    pub(crate) async fn link_key(&self) -> Result<Option<String>, DbErr> {
        let row = link_key::Entity::find_by_id(ONLY).one(self.read()).await?;
        Ok(row.map(|row| row.key))
    }

    /// Takes this key, unless another process was first; the one that holds.
    pub(crate) async fn make_link_key(&self, fresh: String) -> Result<String, DbErr> {
        let row = link_key::ActiveModel { id: Set(ONLY), key: Set(fresh) };
        let first = OnConflict::column(link_key::Column::Id).do_nothing().to_owned();
        link_key::Entity::insert(row)
            .on_conflict(first)
            .exec_without_returning(self.write())
            .await?;
        let row = link_key::Entity::find_by_id(ONLY).one(self.write()).await?;
        row.map(|row| row.key).ok_or_else(|| DbErr::Custom("there is no link key".to_owned()))
    }
}
