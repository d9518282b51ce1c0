//! The key of the links that authors read by.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(link_key()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("link_key").to_owned()).await
    }
}

/// One row; `key` is 32 random bytes in hexadecimal digits.
fn link_key() -> TableCreateStatement {
    Table::create().table("link_key").col(integer("id").primary_key()).col(text("key")).to_owned()
}
