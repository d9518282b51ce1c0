//! Bearer tokens of other systems that decide over HTTP.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(api_token()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("api_token").to_owned()).await
    }
}

/// `secret_hash` is the SHA-256 of the secret, which is random, so that nobody who reads this table
/// can speak for a source; `scopes` is a JSON array of texts.
fn api_token() -> TableCreateStatement {
    Table::create()
        .table("api_token")
        .col(text("id").primary_key())
        .col(text("secret_hash").unique_key())
        .col(text("source"))
        .col(text("scopes"))
        .col(text("note"))
        .col(text("created_by"))
        .col(big_integer("created_at"))
        .col(big_integer("expires_at"))
        .col(big_integer_null("revoked_at"))
        .col(big_integer_null("used_at"))
        .to_owned()
}
