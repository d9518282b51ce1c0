//! The projects that a bearer token is for.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // A JSON array of patterns; none means all projects, as before this step.
        let column = text("projects").default("[]").to_owned();
        let table = Table::alter().table("api_token").add_column(column).to_owned();
        manager.alter_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::alter().table("api_token").drop_column("projects").to_owned();
        manager.alter_table(table).await
    }
}
