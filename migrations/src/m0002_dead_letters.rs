//! Messages that could not be applied, and what became of them.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(dead_letter()).await?;
        for (name, columns) in [
            ("dead_letter_state", &["state", "buried_at", "id"][..]),
            ("dead_letter_buried", &["buried_at", "id"][..]),
        ] {
            let mut index = Index::create();
            index.name(name).table("dead_letter");
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("dead_letter").to_owned()).await
    }
}

fn dead_letter() -> TableCreateStatement {
    Table::create()
        .table("dead_letter")
        .col(uuid("id").primary_key())
        .col(text("stream"))
        .col(text("subject"))
        .col(big_integer("sequence"))
        .col(text("reason"))
        .col(text("cause"))
        .col(text("headers"))
        .col(blob("data"))
        .col(big_integer("data_size"))
        .col(big_integer("at"))
        .col(big_integer("buried_at"))
        .col(text("state"))
        .col(integer("replays_failed"))
        .col(text_null("replay_said"))
        .col(big_integer_null("settled_at"))
        .col(text_null("settled_by"))
        .col(text_null("settled_why"))
        .to_owned()
}
