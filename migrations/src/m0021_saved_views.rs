//! Filters that people keep under a name.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(saved_view()).await?;
        let mut index = Index::create();
        index.name("saved_view_owner").table("saved_view").unique();
        index.col("owner").col("name");
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("saved_view").to_owned()).await
    }
}

/// `owner` is the id of a person as they sign in.
fn saved_view() -> TableCreateStatement {
    Table::create()
        .table("saved_view")
        .col(uuid("id").primary_key())
        .col(text("owner"))
        .col(text("name"))
        .col(text("query"))
        .to_owned()
}
