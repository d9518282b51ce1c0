//! The rows that recorder wrote, taken out and put into another database with nothing around it.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, QueryResult, Statement,
    TransactionTrait, Value,
    sea_query::{Alias, Expr, Query},
    sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous},
};
use serde_json::Value as Json;
use uuid::Uuid;

/// Events in one transaction, as in recorder.
const BATCH: usize = 200;
/// The tables that stay, in the order in which recorder writes them.
const TABLES: [&str; 3] = ["audit", "status_check", "delivery"];

/// The rows of one table.
#[derive(Debug, Clone)]
struct Table {
    name: &'static str,
    columns: Vec<String>,
    rows: Vec<Vec<Value>>,
}

/// All rows of a run.
#[derive(Debug, Clone)]
pub(crate) struct Rows {
    tables: Vec<Table>,
    events: usize,
}

/// Connects with the settings of recorder.
pub(crate) async fn connect(url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    options.map_sqlx_sqlite_opts(|sqlite| {
        sqlite
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("cache_size", "-16384")
            .pragma("wal_autocheckpoint", "4000")
    });
    Database::connect(options).await.unwrap()
}

/// Takes out what recorder writes at its start.
pub(crate) async fn empty(database: &DatabaseConnection) {
    for table in TABLES.into_iter().chain(["outbox"]) {
        database.execute_unprepared(&format!("DELETE FROM {table}")).await.unwrap();
    }
}

/// The number of rows in a table.
pub(crate) async fn count(database: &DatabaseConnection, table: &str) -> usize {
    let rows = query(database, &format!("SELECT COUNT(*) FROM {table}")).await;
    usize::try_from(rows[0].try_get_by_index::<i64>(0).unwrap()).unwrap()
}

/// The number of the last audit record.
pub(crate) async fn last_record(database: &DatabaseConnection) -> usize {
    let rows = query(database, "SELECT seq FROM ledger").await;
    usize::try_from(rows[0].try_get_by_index::<i64>(0).unwrap()).unwrap()
}

async fn query(database: &DatabaseConnection, sql: &str) -> Vec<QueryResult> {
    let statement = Statement::from_string(database.get_database_backend(), sql);
    database.query_all_raw(statement).await.unwrap()
}

impl Rows {
    /// Reads the rows of an SQLite database; those of the outbox are gone by then and come from
    /// the events that were published.
    pub(crate) async fn read(database: &DatabaseConnection, published: &[(String, Json)]) -> Self {
        let mut tables = Vec::new();
        for name in TABLES {
            tables.push(read(database, name).await);
        }
        let outbox =
            published.iter().zip(1_i64..).map(|((subject, event), at)| outbox(subject, event, at));
        let columns = read(database, "outbox").await.columns;
        tables.push(Table { name: "outbox", columns, rows: outbox.collect() });
        Self { tables, events: count(database, "delivery").await }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.tables.iter().map(|table| table.rows.len()).sum()
    }

    /// How many there are of each kind, for people.
    pub(crate) fn described(&self) -> String {
        let tables = self.tables.iter().map(|it| format!("{} {}", it.rows.len(), it.name));
        tables.collect::<Vec<_>>().join(", ")
    }

    /// Inserts them in batches into an empty database; how long that takes. The statements are
    /// ready before the time starts.
    pub(crate) async fn insert(&self, database: &DatabaseConnection) -> Duration {
        let batches = self.events.div_ceil(BATCH);
        let statements: Vec<Vec<Statement>> =
            (0..batches).map(|at| self.statements(database, at, batches)).collect();
        let begun = Instant::now();
        for batch in statements {
            let transaction = database.begin().await.unwrap();
            for statement in batch {
                transaction.execute_raw(statement).await.unwrap();
            }
            transaction.commit().await.unwrap();
        }
        begun.elapsed()
    }

    fn statements(&self, database: &DatabaseConnection, at: usize, of: usize) -> Vec<Statement> {
        let part = |table: &Table| {
            let size = table.rows.len().div_ceil(of);
            let rows = table.rows.chunks(size.max(1)).nth(at)?;
            let mut insert = Query::insert();
            insert.into_table(Alias::new(table.name));
            insert.columns(table.columns.iter().map(Alias::new));
            for row in rows {
                insert.values_panic(row.iter().cloned().map(Expr::value));
            }
            Some(database.get_database_backend().build(&insert))
        };
        self.tables.iter().filter_map(part).collect()
    }
}

async fn read(database: &DatabaseConnection, name: &'static str) -> Table {
    let columns = query(database, &format!("PRAGMA table_info({name})")).await;
    let text = |row: &QueryResult, column: &str| row.try_get::<String>("", column).unwrap();
    let columns: Vec<(String, String)> =
        columns.iter().map(|row| (text(row, "name"), text(row, "type"))).collect();
    let rows = query(database, &format!("SELECT * FROM {name} ORDER BY rowid")).await;
    let rows = rows.iter().map(|row| columns.iter().map(|column| value(row, column)).collect());
    let rows = rows.collect();
    Table { name, columns: columns.into_iter().map(|(name, _)| name).collect(), rows }
}

/// A value by the type with which our migrations declare its column.
fn value(row: &QueryResult, (name, declared): &(String, String)) -> Value {
    match declared.to_lowercase().as_str() {
        "uuid_text" => row.try_get::<Option<Uuid>>("", name).unwrap().into(),
        "boolean" => row.try_get::<Option<bool>>("", name).unwrap().into(),
        "text" => row.try_get::<Option<String>>("", name).unwrap().into(),
        "integer" | "bigint" => row.try_get::<Option<i64>>("", name).unwrap().into(),
        other => panic!("{name} has the type {other}, which the benchmark does not know"),
    }
}

/// The row that held an event until it was published; its columns in the order of the schema.
fn outbox(subject: &str, event: &Json, at: i64) -> Vec<Value> {
    let of = |field: &str| event[field].as_str().unwrap_or_default();
    vec![
        at.into(),
        Uuid::parse_str(of("event_id")).unwrap().into(),
        "CS_EVENT".into(),
        subject.into(),
        format!("dev.countersign.{}.v1", of("type")).into(),
        of("request_id").into(),
        event.to_string().into(),
        kit::clock::now_micros().into(),
        // Nobody traces here.
        Value::String(None),
    ]
}

/// Copies a folder with everything in it.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
