//! People who sign in with a password of ours, and their sessions.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(person()).await?;
        manager.create_table(session()).await?;
        for (name, column) in [("session_person", "person_id"), ("session_expires", "expires_at")] {
            let index = Index::create().name(name).table("session").col(column).to_owned();
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["session", "person"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

/// `groups` is a JSON array of texts; `password_hash` is a PHC string of argon2id.
fn person() -> TableCreateStatement {
    Table::create()
        .table("person")
        .col(text("id").primary_key())
        .col(text("name"))
        .col(text_null("email"))
        .col(text("groups"))
        .col(text("password_hash"))
        .col(big_integer_null("disabled_at"))
        .col(big_integer("created_at"))
        .col(big_integer("password_changed_at"))
        .to_owned()
}

/// `id` is the SHA-256 of the secret in the browser's cookie, so that nobody who reads this table
/// can be anybody.
fn session() -> TableCreateStatement {
    Table::create()
        .table("session")
        .col(text("id").primary_key())
        .col(text("person_id"))
        .col(big_integer("created_at"))
        .col(big_integer("seen_at"))
        .col(big_integer("expires_at"))
        .col(text("form_key"))
        .to_owned()
}
