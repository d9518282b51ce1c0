//! Reaching SQLite or PostgreSQL with settings under which a commit is a commit.

use std::{path::PathBuf, sync::Arc, time::Duration};

use migrations::{Migrator, MigratorTrait};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database as Orm, DatabaseConnection, DatabaseTransaction,
    DbErr, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
    sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous},
};
use tokio::sync::watch;

use super::{Published, known_checks::KnownChecks, statements::Shapes};

/// Where the memory is.
#[derive(Debug, Clone)]
pub enum Database {
    /// A file of our own.
    Sqlite(PathBuf),
    /// A `postgres://` address.
    Postgres(String),
}

/// When the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// When it cannot be reached or brought up to date.
    #[error("the database cannot be used: {0}")]
    Failed(#[from] DbErr),
    /// When a setting would lose commits.
    #[error("the database has {setting} = {value}, which can lose commits; set it to {wanted}")]
    Unsafe {
        /// Name of the setting.
        setting: &'static str,
        /// Its value.
        value: String,
        /// What it must be.
        wanted: &'static str,
    },
}

/// The open database.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    write: DatabaseConnection,
    read: DatabaseConnection,
    /// The last committed sequence of this process, for those who watch.
    committed: Arc<watch::Sender<i64>>,
    published: Published,
    shapes: Shapes,
    known_checks: KnownChecks,
}

impl Store {
    /// Connects, checks the durability settings and brings the schema up to date.
    pub(crate) async fn open(database: &Database) -> Result<Self, DatabaseError> {
        let (write, read) = match database {
            Database::Sqlite(path) => {
                let url = format!("sqlite://{}?mode=rwc", path.display());
                // One writer: SQLite has one at a time, and here it waits in our queue, not in a
                // lock that can time out.
                let write = Orm::connect(sqlite(&url, 1)).await?;
                (write, Orm::connect(sqlite(&url, 4)).await?)
            }
            Database::Postgres(url) => {
                let mut options = ConnectOptions::new(url);
                options.max_connections(10).acquire_timeout(Duration::from_secs(5));
                options.sqlx_logging(false);
                let pool = Orm::connect(options).await?;
                (pool.clone(), pool)
            }
        };
        let store = Self {
            write,
            read,
            committed: Arc::new(watch::Sender::new(0)),
            published: Published::default(),
            shapes: Shapes::default(),
            known_checks: KnownChecks::default(),
        };
        store.check(database).await?;
        Migrator::up(&store.write, None).await?;
        let seq = super::ledger::begin_chain(&store.write).await?;
        store.committed.send_replace(seq);
        store.known_checks.load(&store.write).await?;
        Ok(store)
    }

    /// A transaction that may write.
    pub(crate) async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let options = TransactionOptions {
            // Taking the lock at once: a read lock that must grow can fail half-way.
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        self.write.begin_with_options(options).await
    }

    /// For reading alone.
    pub(crate) fn read(&self) -> &DatabaseConnection {
        &self.read
    }

    /// For small writes outside of the ledger: the outbox.
    pub(crate) fn write(&self) -> &DatabaseConnection {
        &self.write
    }

    /// What may be deleted from the outbox.
    pub(crate) fn published(&self) -> &Published {
        &self.published
    }

    /// Statements that were built before.
    pub(super) fn shapes(&self) -> &Shapes {
        &self.shapes
    }

    /// Status checks that are known to be ours.
    pub(super) fn known(&self) -> &KnownChecks {
        &self.known_checks
    }

    /// Whether the database answers.
    pub(crate) async fn ping(&self) -> Result<(), DbErr> {
        self.write.ping().await
    }

    /// Tells those who watch.
    pub(crate) fn announce(&self, seq: i64) {
        self.committed.send_if_modified(|last| {
            let newer = seq > *last;
            *last = seq.max(*last);
            newer
        });
    }

    /// Follows the last committed sequence of this process.
    pub(crate) fn committed(&self) -> watch::Receiver<i64> {
        self.committed.subscribe()
    }

    async fn check(&self, database: &Database) -> Result<(), DatabaseError> {
        let settings: &[(&str, &str, &[&str])] = match database {
            Database::Sqlite(_) => {
                &[("journal_mode", "wal", &["wal"]), ("synchronous", "2 (FULL)", &["2", "3"])]
            }
            Database::Postgres(_) => &[
                ("fsync", "on", &["on"]),
                ("synchronous_commit", "on", &["on", "remote_apply", "remote_write"]),
                ("full_page_writes", "on", &["on"]),
            ],
        };
        for &(setting, wanted, good) in settings {
            let value = self.setting(database, setting).await?;
            if !good.contains(&value.as_str()) {
                return Err(DatabaseError::Unsafe { setting, value, wanted });
            }
        }
        Ok(())
    }

    async fn setting(&self, database: &Database, name: &str) -> Result<String, DbErr> {
        let sql = match database {
            Database::Sqlite(_) => format!("PRAGMA {name}"),
            Database::Postgres(_) => format!("SHOW {name}"),
        };
        let statement = Statement::from_string(self.write.get_database_backend(), sql);
        let Some(row) = self.write.query_one_raw(statement).await? else {
            return Ok(String::new());
        };
        match row.try_get_by_index::<String>(0) {
            Ok(text) => Ok(text.to_lowercase()),
            Err(_) => row.try_get_by_index::<i32>(0).map(|number| number.to_string()),
        }
    }
}

fn sqlite(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options.max_connections(connections).min_connections(1).sqlx_logging(false);
    options.acquire_timeout(Duration::from_secs(30));
    options.map_sqlx_sqlite_opts(|sqlite| {
        sqlite
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            // A batch touches many pages of the indexes: they are to stay in memory until its
            // commit (16 MiB), and the log may grow over several commits before it is folded in.
            .pragma("cache_size", "-16384")
            .pragma("wal_autocheckpoint", "4000")
            .busy_timeout(Duration::from_secs(10))
    });
    options
}
