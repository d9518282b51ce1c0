//! Who pushed to a merge request, for they may not approve it; the freeze
//! that took approvals away, and the policy that was in force last.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // A JSON list of GitLab user ids.
        let column = text("pushed_by").default("[]").to_owned();
        let table = Table::alter().table("status_check").add_column(column).to_owned();
        manager.alter_table(table).await?;
        let column = big_integer_null("frozen_at");
        let table = Table::alter().table("status_check").add_column(column).to_owned();
        manager.alter_table(table).await?;
        // One row.
        let table = Table::create()
            .table("policy_seen")
            .col(integer("id").primary_key())
            .col(text("hash"))
            .to_owned();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("policy_seen").to_owned()).await?;
        for column in ["frozen_at", "pushed_by"] {
            let table = Table::alter().table("status_check").drop_column(column).to_owned();
            manager.alter_table(table).await?;
        }
        Ok(())
    }
}
