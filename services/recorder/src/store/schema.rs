//! Which steps of the schema a database has, and which it lacks.

use std::collections::HashSet;

use migrations::{Migrator, MigratorTrait, SchemaManager};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement, TransactionTrait};

use super::DatabaseError;

/// Number of the lock in PostgreSQL under which one process at a time changes the schema.
const LOCK: i64 = 0x0063_6f75_6e74_6572;

/// Where the steps that were carried out are named.
const TABLE: &str = "seaql_migrations";

/// Carries out the steps that are missing, and returns their names in order.
///
/// Steps that this program does not know come from a newer one, whose steps only add: an older program goes
/// on beside it while one replaces the other.
pub(super) async fn bring_up_to_date(
    db: &DatabaseConnection,
) -> Result<Vec<String>, DatabaseError> {
    // SQLite has one writer, who waits for its own file.
    let lock = match db.get_database_backend() {
        DbBackend::Postgres => {
            let tx = db.begin().await?;
            tx.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({LOCK})")).await?;
            Some(tx)
        }
        _ => None,
    };
    let missing = missing(db).await?;
    if !missing.is_empty() {
        Migrator::up(db, None).await?;
    }
    if let Some(lock) = lock {
        lock.commit().await?;
    }
    Ok(missing)
}

/// Refuses a database that lacks a step.
pub(super) async fn require(db: &DatabaseConnection) -> Result<(), DatabaseError> {
    match missing(db).await?.first() {
        None => Ok(()),
        Some(first) => Err(DatabaseError::Behind { first: first.clone() }),
    }
}

/// The steps that this program has and the database lacks.
pub(super) async fn missing(db: &DatabaseConnection) -> Result<Vec<String>, DatabaseError> {
    let applied = applied(db).await?;
    let known: Vec<String> =
        Migrator::get_migration_files().iter().map(|it| it.name().to_owned()).collect();
    let foreign = applied.iter().find(|name| !known.contains(name));
    let missing: Vec<String> = known.iter().filter(|it| !applied.contains(*it)).cloned().collect();
    match (foreign, missing.first()) {
        // Neither older nor newer: nobody knows what the two would do together.
        (Some(foreign), Some(_)) => Err(DatabaseError::Other { foreign: foreign.clone() }),
        _ => Ok(missing),
    }
}

/// Reads alone: recorder may have no right to create tables.
async fn applied(db: &DatabaseConnection) -> Result<HashSet<String>, DbErr> {
    if !SchemaManager::new(db).has_table(TABLE).await? {
        return Ok(HashSet::new());
    }
    let sql = format!("SELECT version FROM {TABLE}");
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failing test should panic")]

    use super::*;
    use crate::store::{Database, Migrate, Store};

    async fn says(store: &Store, sql: &str) {
        store.write().execute_unprepared(sql).await.unwrap();
    }

    #[tokio::test]
    async fn an_older_program_goes_on_beside_a_newer_one() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::Sqlite(folder.path().join("newer.db"));
        let store = Store::open(&database, Migrate::Yes).await.unwrap();
        says(&store, "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9', 0)").await;
        for migrate in [Migrate::Yes, Migrate::No] {
            assert!(Store::open(&database, migrate).await.is_ok());
        }
        says(&store, "DELETE FROM seaql_migrations WHERE version LIKE 'm0002%'").await;
        let error = Store::open(&database, Migrate::Yes).await.unwrap_err().to_string();
        assert!(error.contains("has the step m9 and lacks others"), "{error}");
    }

    #[tokio::test]
    async fn a_database_that_lacks_a_step_is_refused_where_nobody_may_change_it() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::Sqlite(folder.path().join("empty.db"));
        let error = Store::open(&database, Migrate::No).await.unwrap_err().to_string();
        assert!(error.contains("lacks the step m0001"), "{error}");
        let done = Store::migrate(&database).await.unwrap();
        assert_eq!(done.len(), Migrator::migrations().len());
        assert!(Store::open(&database, Migrate::No).await.is_ok());
        assert_eq!(Store::migrate(&database).await.unwrap(), Vec::<String>::new());
    }
}
