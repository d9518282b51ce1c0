//! Secrets that must be nowhere: not in a log, a page, a metric, a row or a message.

use std::path::Path;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

use crate::stage::{HOOK_SECRET, LOG_KEY, SOURCE_PASSWORD};

/// The secrets of every story.
const EVERYWHERE: [&str; 4] = [HOOK_SECRET, SOURCE_PASSWORD, LOG_KEY, "the-secret-of-recorder"];

/// Fails when a text holds one of them, or another secret of this story.
pub(crate) fn are_not_in(what: &str, text: &str, own: &[&str]) {
    for (place, secret) in EVERYWHERE.iter().chain(own).enumerate() {
        assert!(!text.contains(secret), "the secret {place} is in {what}");
    }
}

/// Looks at every row of every table.
pub(crate) async fn are_in_no_row(database: &DatabaseConnection, own: &[&str]) {
    let backend = database.get_database_backend();
    let (tables, text) = match backend {
        DbBackend::Sqlite => ("SELECT name FROM sqlite_master WHERE type = 'table'", ""),
        _ => ("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", "::text"),
    };
    let ask = async |sql: &str| {
        database.query_all_raw(Statement::from_string(backend, sql)).await.unwrap()
    };
    for table in ask(tables).await {
        let table: String = table.try_get_by_index(0).unwrap();
        let columns = match backend {
            DbBackend::Sqlite => {
                let info = ask(&format!("SELECT name FROM pragma_table_info('{table}')")).await;
                let column = |row: &sea_orm::QueryResult| {
                    let name: String = row.try_get_by_index(0).unwrap();
                    format!("COALESCE(CAST(\"{name}\" AS TEXT), '')")
                };
                info.iter().map(column).collect::<Vec<_>>().join(" || ' ' || ")
            }
            _ => format!("\"{table}\"{text}"),
        };
        for row in ask(&format!("SELECT {columns} FROM \"{table}\"")).await {
            let row: Option<String> = row.try_get_by_index(0).unwrap_or_default();
            are_not_in(&table, &row.unwrap_or_default(), own);
        }
    }
}

/// Looks at what the bus has stored: everything below a folder but its configuration.
pub(crate) fn are_in_no_message(folder: &Path, own: &[&str]) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            are_in_no_message(&path, own);
        } else if path.extension().is_some_and(|it| it == "blk") {
            let bytes = std::fs::read(&path).unwrap_or_default();
            are_not_in("a message", &String::from_utf8_lossy(&bytes), own);
        }
    }
}
