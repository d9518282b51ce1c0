//! The audit record as a tree: each record has its own hash, the head has the right edge of the tree, and
//! what names people stands beside the record, where it can be erased.

use evidence::{Frontier, leaf_hash};
use sea_orm_migration::{
    prelude::*,
    schema::*,
    sea_orm::{ConnectionTrait, Statement},
};

/// Records that are read at once.
const RECORDS: i64 = 1_000;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = text_null("personal");
        let table = Table::alter().table("audit").add_column(column).to_owned();
        manager.alter_table(table).await?;
        manager.create_table(checkpoint()).await?;
        plant(manager.get_connection()).await
    }

    /// The chain of hashes that there was before is not made anew: nothing older can run on it.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("checkpoint").to_owned()).await?;
        let table = Table::alter().table("audit").drop_column("personal").to_owned();
        manager.alter_table(table).await
    }
}

/// `note` is a signed checkpoint (C2SP tlog-checkpoint) of the first `size` records.
fn checkpoint() -> TableCreateStatement {
    Table::create()
        .table("checkpoint")
        .col(big_integer("size").primary_key())
        .col(text("note"))
        .col(big_integer("at"))
        .to_owned()
}

/// Makes a tree of the records there are. Their sentences stay within the records.
async fn plant(db: &SchemaManagerConnection<'_>) -> Result<(), DbErr> {
    let backend = db.get_database_backend();
    let (mut tree, mut after) = (Frontier::default(), 0_i64);
    loop {
        let sql = format!(
            "SELECT seq, record FROM audit WHERE seq > {after} ORDER BY seq LIMIT {RECORDS}"
        );
        let rows = db.query_all_raw(Statement::from_string(backend, sql)).await?;
        for row in &rows {
            after = row.try_get_by_index(0)?;
            let record: String = row.try_get_by_index(1)?;
            let hash = leaf_hash(record.as_bytes());
            tree.push(hash);
            let sql =
                format!("UPDATE audit SET hash = '{}' WHERE seq = {after}", hex::encode(hash));
            db.execute_unprepared(&sql).await?;
        }
        if rows.is_empty() {
            break;
        }
    }
    let sql = format!("UPDATE ledger SET hash = '{}'", tree.to_text());
    db.execute_unprepared(&sql).await.map(drop)
}
