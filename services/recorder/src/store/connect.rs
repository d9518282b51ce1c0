//! Reaching SQLite or PostgreSQL with settings under which a commit is a commit.

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database as Orm, DatabaseConnection, DatabaseTransaction,
    DbErr, RuntimeErr, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
    sqlx::{
        Connection, Error as SqlxError,
        sqlite::{SqliteConnection, SqliteJournalMode, SqliteSynchronous},
    },
};
use tokio::sync::watch;

use super::{
    Change, Draft, Ledger, Published, known_checks::KnownChecks, schema, statements::Shapes,
};

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
    /// When it lacks a step, and nobody may carry it out here.
    #[error("the database lacks the step {first} of its schema: run `countersign migrate`")]
    Behind {
        /// The first step that is missing.
        first: String,
    },
    /// When it has a step that this program does not know, and lacks one that it needs.
    #[error(
        "the database has the step {foreign} and lacks others of this program: it belongs to a version \
         that is neither older nor newer"
    )]
    Other {
        /// The step that is not known.
        foreign: String,
    },
}

/// Whether the schema is brought up to date when the database is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Migrate {
    /// Steps that are missing are carried out.
    Yes,
    /// A database that lacks a step is refused.
    No,
}

/// What a database is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseFacts {
    /// Its kind and version.
    pub version: String,
    /// The steps of the schema that it lacks, in order.
    pub missing: Vec<String>,
    /// Its clock, in microseconds since 1970 UTC.
    pub time_micros: i64,
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
    /// The policy of this process, once it has put it in force.
    own_policy: Arc<OnceLock<String>>,
}

impl Store {
    /// Brings the schema up to date and says which steps that took.
    pub(crate) async fn migrate(database: &Database) -> Result<Vec<String>, DatabaseError> {
        let store = Self::connect(database).await?;
        schema::bring_up_to_date(&store.write).await
    }

    /// Connects, checks the durability settings, and looks at the rest without changing anything.
    pub(crate) async fn inspect(database: &Database) -> Result<DatabaseFacts, DatabaseError> {
        let store = Self::connect(database).await?;
        let (version, clock) = match database {
            Database::Sqlite(_) => ("SELECT 'SQLite ' || sqlite_version()", None),
            Database::Postgres(_) => (
                "SELECT 'PostgreSQL ' || current_setting('server_version')",
                Some("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)"),
            ),
        };
        let one = async |sql: &str| {
            let statement = Statement::from_string(store.write.get_database_backend(), sql);
            store.write.query_one_raw(statement).await
        };
        let version = one(version).await?.map(|row| row.try_get_by_index(0)).transpose()?;
        // SQLite has no clock of its own.
        let mut time_micros = kit::clock::now_micros();
        if let Some(clock) = clock
            && let Some(row) = one(clock).await?
        {
            time_micros = row.try_get_by_index(0)?;
        }
        let missing = schema::missing(&store.write).await?;
        Ok(DatabaseFacts { version: version.unwrap_or_default(), missing, time_micros })
    }

    /// Connects, checks the durability settings, and brings the schema up to date or looks whether it is.
    pub(crate) async fn open(database: &Database, migrate: Migrate) -> Result<Self, DatabaseError> {
        let store = Self::connect(database).await?;
        match migrate {
            Migrate::Yes => {
                let done = schema::bring_up_to_date(&store.write).await?;
                if let Some(last) = done.last() {
                    tracing::info!(steps = done.len(), %last, "the schema was brought up to date");
                }
            }
            Migrate::No => schema::require(&store.write).await?,
        }
        let seq = super::ledger::begin_record(&store.write).await?;
        store.committed.send_replace(seq);
        store.known_checks.load(&store.write).await?;
        Ok(store)
    }

    pub(crate) async fn connect(database: &Database) -> Result<Self, DatabaseError> {
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
            own_policy: Arc::default(),
        };
        store.check(database).await?;
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

    /// The policy of this process.
    pub(super) fn own_policy(&self) -> &OnceLock<String> {
        &self.own_policy
    }

    /// Statements that were built before.
    pub(super) fn shapes(&self) -> &Shapes {
        &self.shapes
    }

    /// Status checks that are known to be ours.
    pub(super) fn known(&self) -> &KnownChecks {
        &self.known_checks
    }

    /// Gives all connections back.
    pub(crate) async fn close(&self) -> Result<(), DbErr> {
        self.read.close_by_ref().await?;
        self.write.close_by_ref().await
    }

    /// Whether the database answers.
    pub(crate) async fn ping(&self) -> Result<(), DbErr> {
        self.write.ping().await
    }

    /// Commits with one more audit record, and tells those who watch.
    pub(crate) async fn commit_with(&self, mut ledger: Ledger, draft: Draft) -> Result<(), DbErr> {
        ledger.add(Change::with(draft));
        let committed = ledger.commit().await?;
        self.announce(committed.seq);
        Ok(())
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

    pub(super) async fn setting(&self, database: &Database, name: &str) -> Result<String, DbErr> {
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
    options.map_sqlx_sqlite_pool_opts(|pool| {
        pool.after_release(|connection, _| Box::pin(is_outside_of_transactions(connection)))
    });
    options
}

/// When the disk is full, SQLite ends a transaction by itself, and sqlx goes on counting it: what
/// looks like a commit from then on can be the end of a savepoint, in a transaction that stays open
/// and is lost with the process. A connection with such a count is not used again.
async fn is_outside_of_transactions(connection: &mut SqliteConnection) -> Result<bool, SqlxError> {
    // A rollback may be queued: it is carried out before this is answered.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

/// Whether the database had no room for a change.
pub(crate) fn has_no_room(error: &DbErr) -> bool {
    let (DbErr::Conn(cause) | DbErr::Exec(cause) | DbErr::Query(cause)) = error else {
        return false;
    };
    let RuntimeErr::SqlxError(cause) = cause else { return false };
    let code = cause.as_database_error().and_then(|error| error.code());
    // SQLITE_FULL, and PostgreSQL's disk_full.
    matches!(code.as_deref(), Some("13" | "53100"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failing test should panic")]

    use sea_orm::{EntityTrait, PaginatorTrait, Set};
    use uuid::Uuid;

    use super::*;
    use crate::store::entity::delivery;

    fn row(gitlab: &str) -> delivery::ActiveModel {
        delivery::ActiveModel {
            id: Set(Uuid::new_v4()),
            request_id: Set(None),
            gitlab: Set(gitlab.to_owned()),
            hook: Set(String::new()),
            origin: Set("call".to_owned()),
            project_id: Set(1),
            iid: Set(1),
            check_id: Set(1),
            sha: Set(String::new()),
            action: Set(String::new()),
            body_sha256: Set(String::new()),
            received_at: Set(0),
            recorded_at: Set(0),
        }
    }

    /// SQLite ends the transaction by itself, as it does when the disk turns out to be full at the
    /// commit.
    async fn ends_by_itself(store: &Store) {
        let tx = store.begin().await.unwrap();
        tx.execute_unprepared("ROLLBACK").await.unwrap();
        assert!(tx.rollback().await.is_err(), "there is nothing to roll back any more");
    }

    #[tokio::test]
    async fn what_is_committed_after_a_full_disk_is_committed() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::Sqlite(folder.path().join("full.db"));
        let store = Store::open(&database, Migrate::Yes).await.unwrap();
        ends_by_itself(&store).await;
        store.begin().await.unwrap().rollback().await.unwrap();
        let tx = store.begin().await.unwrap();
        delivery::Entity::insert(row("main")).exec_without_returning(&tx).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(delivery::Entity::find().count(store.read()).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn a_full_disk_is_told_from_other_failures() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::Sqlite(folder.path().join("full.db"));
        let store = Store::open(&database, Migrate::Yes).await.unwrap();
        let failure = async |sql: &str| store.write().execute_unprepared(sql).await.unwrap_err();
        assert!(!has_no_room(&failure("INSERT INTO nothing VALUES (1)").await));
        store.write().execute_unprepared("PRAGMA max_page_count = 1").await.unwrap();
        let wide = "INSERT INTO ledger (id, seq, hash) VALUES (7, 0, hex(zeroblob(1000000)))";
        assert!(has_no_room(&failure(wide).await));
    }
}
