//! Who pushed to a merge request: they may not approve it.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // A JSON list of GitLab user ids.
        let column = text("pushed_by").default("[]").to_owned();
        manager
            .alter_table(Table::alter().table("status_check").add_column(column).to_owned())
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::alter().table("status_check").drop_column("pushed_by").to_owned();
        manager.alter_table(table).await
    }
}
