//! What the clock does to a request, when it was last seen, and which status checks are ours.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column a statement.
        for column in columns() {
            let table = Table::alter().table("status_check").add_column(column).to_owned();
            manager.alter_table(table).await?;
        }
        let connection = manager.get_connection();
        let due = "CREATE INDEX status_check_due ON status_check (due_at) WHERE due_at IS NOT NULL";
        connection.execute_unprepared(due).await?;
        manager.create_table(known_check()).await?;
        // What called before this step counts as having called.
        let called = "INSERT INTO known_check (gitlab, project_id, check_id, name) \
                      SELECT gitlab, project_id, check_id, MAX(check_name) FROM status_check \
                      GROUP BY gitlab, project_id, check_id";
        connection.execute_unprepared(called).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("known_check").to_owned()).await?;
        manager.drop_index(Index::drop().name("status_check_due").to_owned()).await?;
        for column in
            ["deadline", "time_passed", "reminders", "beat_at", "heard_at", "due_at", "seen_at"]
        {
            let table = Table::alter().table("status_check").drop_column(column).to_owned();
            manager.alter_table(table).await?;
        }
        Ok(())
    }
}

fn columns() -> Vec<ColumnDef> {
    vec![
        big_integer_null("deadline"),
        big_integer_null("time_passed"),
        integer("reminders").default(0).take(),
        big_integer_null("beat_at"),
        big_integer("heard_at").default(0).take(),
        big_integer_null("due_at"),
        big_integer("seen_at").default(0).take(),
    ]
}

/// Status checks that called us with a valid signature.
fn known_check() -> TableCreateStatement {
    Table::create()
        .table("known_check")
        .col(text("gitlab"))
        .col(big_integer("project_id"))
        .col(big_integer("check_id"))
        .col(text("name"))
        .primary_key(Index::create().col("gitlab").col("project_id").col("check_id"))
        .to_owned()
}
