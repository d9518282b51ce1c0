//! Approvals of one person in an emergency, and the review that each needs.

use sea_orm_migration::{prelude::*, schema::*};

const INDEX: &str = "status_check_glass_review_by";

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add(manager, "decision", boolean("break_glass").default(false).to_owned()).await?;
        for column in [
            uuid_null("glass_decision"),
            big_integer_null("glass_review_by"),
            big_integer_null("glass_reviewed_at"),
            boolean("glass_overdue").default(false).to_owned(),
        ] {
            add(manager, "status_check", column).await?;
        }
        let index =
            Index::create().name(INDEX).table("status_check").col("glass_review_by").to_owned();
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name(INDEX).table("status_check").to_owned()).await?;
        for (table, column) in [
            ("status_check", "glass_overdue"),
            ("status_check", "glass_reviewed_at"),
            ("status_check", "glass_review_by"),
            ("status_check", "glass_decision"),
            ("decision", "break_glass"),
        ] {
            let table = Table::alter().table(table).drop_column(column).to_owned();
            manager.alter_table(table).await?;
        }
        Ok(())
    }
}

async fn add(
    manager: &SchemaManager<'_>,
    table: &'static str,
    column: ColumnDef,
) -> Result<(), DbErr> {
    manager.alter_table(Table::alter().table(table).add_column(column).to_owned()).await
}
