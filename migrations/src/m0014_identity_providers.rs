//! People whom an identity provider lets in, and what lets it be asked about them again.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Null for people with a password of ours.
        add(manager, "person", text_null("issuer")).await?;
        // Sealed under the secret in the browser's cookie, so that nobody who reads this table can ask
        // the provider for anything.
        add(manager, "session", text_null("proof")).await?;
        add(manager, "session", big_integer_null("checked_at")).await?;
        add(manager, "session", big_integer_null("check_begun_at")).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in [
            ("session", "check_begun_at"),
            ("session", "checked_at"),
            ("session", "proof"),
            ("person", "issuer"),
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
