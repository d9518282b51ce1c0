//! Filters that people keep under a name.

use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Set,
    sea_query::OnConflict,
};
use uuid::Uuid;

use super::{
    Store,
    entity::saved_view::{ActiveModel, Column, Entity, Model},
};

impl Store {
    /// All of somebody, by name.
    pub(crate) async fn views(&self, owner: &str) -> Result<Vec<Model>, DbErr> {
        let theirs = Entity::find().filter(Column::Owner.eq(owner));
        theirs.order_by_asc(Column::Name).all(self.read()).await
    }

    /// Keeps filters, unless there are so many already; one of the same name gets them instead. Whether
    /// they are kept.
    pub(crate) async fn save_view(
        &self,
        owner: &str,
        name: &str,
        query: &str,
        most: u64,
    ) -> Result<bool, DbErr> {
        let theirs = Entity::find().filter(Column::Owner.eq(owner)).filter(Column::Name.ne(name));
        if theirs.count(self.read()).await? >= most {
            return Ok(false);
        }
        let row = ActiveModel {
            id: Set(kit::clock::new_id()),
            owner: Set(owner.to_owned()),
            name: Set(name.to_owned()),
            query: Set(query.to_owned()),
        };
        let same = OnConflict::columns([Column::Owner, Column::Name])
            .update_column(Column::Query)
            .to_owned();
        Entity::insert(row).on_conflict(same).exec_without_returning(self.write()).await?;
        Ok(true)
    }

    /// Forgets one of somebody's.
    pub(crate) async fn delete_view(&self, owner: &str, id: Uuid) -> Result<(), DbErr> {
        let one = Entity::delete_many().filter(Column::Id.eq(id)).filter(Column::Owner.eq(owner));
        one.exec(self.write()).await.map(drop)
    }
}
