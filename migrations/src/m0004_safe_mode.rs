//! How far each stream was seen, and whether only `failed` may be posted.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(stream_mark()).await?;
        manager.create_table(safe_mode()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["safe_mode", "stream_mark"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn stream_mark() -> TableCreateStatement {
    Table::create()
        .table("stream_mark")
        .col(text("stream").primary_key())
        .col(big_integer("created_at"))
        .col(big_integer("last_sequence"))
        .to_owned()
}

/// One row. `verified_from` is the last record of the audit chain that an operator has accepted as
/// it is; it is verified from there.
fn safe_mode() -> TableCreateStatement {
    Table::create()
        .table("safe_mode")
        .col(integer("id").primary_key())
        .col(big_integer_null("since"))
        .col(text("reason"))
        .col(big_integer("verified_from"))
        .to_owned()
}
