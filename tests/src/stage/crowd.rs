//! A database with many requests, as after years.

use sea_orm::{ConnectionTrait, DbBackend, Statement};

use super::Stage;

/// One of so many waits; all others are merged.
const WAITS: u64 = 100;

impl Stage {
    /// Multiplies the one request that there is, beside what recorder knows: for reading alone.
    pub async fn is_crowded(&self, requests: u64) {
        let database = self.database.connection().await;
        let sqlite = database.get_database_backend() == DbBackend::Sqlite;
        let id = if sqlite { "randomblob(16)" } else { "gen_random_uuid()" };
        let numbers = match sqlite {
            true => format!(
                "(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {requests}) \
                 SELECT n FROM c) AS c"
            ),
            false => format!("generate_series(1::bigint, {requests}) AS c(n)"),
        };
        let sha = match sqlite {
            true => "printf('%040x', n)",
            false => "lpad(to_hex(n), 40, '0')",
        };
        let state = |waits: &str, ended: &str| {
            format!("CASE WHEN n % {WAITS} = 0 THEN '{waits}' ELSE '{ended}' END")
        };
        let (cancelled, merged) = (state("waiting", "cancelled"), state("current", "merged"));
        let changed = |column: &str| match column {
            "id" | "gate_id" => id.to_owned(),
            "iid" => "1000 + n".to_owned(),
            "sha" => sha.to_owned(),
            "title" => "'Change ' || n".to_owned(),
            "project_path" => "'shop/service-' || (n % 100)".to_owned(),
            "opened_at" => "opened_at - n * 60000000".to_owned(),
            "due_at" => "NULL".to_owned(),
            "state" => cancelled.clone(),
            "standing" => merged.clone(),
            column => column.to_owned(),
        };
        let names = match sqlite {
            true => "SELECT name FROM pragma_table_info('status_check')",
            false => {
                "SELECT column_name FROM information_schema.columns WHERE table_name = 'status_check'"
            }
        };
        let backend = database.get_database_backend();
        let rows = database.query_all_raw(Statement::from_string(backend, names)).await.unwrap();
        let columns: Vec<String> =
            rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
        let values: Vec<String> = columns.iter().map(|column| changed(column)).collect();
        let (columns, values) = (columns.join(", "), values.join(", "));
        let sql = format!(
            "INSERT INTO status_check ({columns}) SELECT {values} FROM \
             (SELECT * FROM status_check LIMIT 1) AS one CROSS JOIN {numbers}"
        );
        database.execute_unprepared(&sql).await.unwrap();
    }
}
