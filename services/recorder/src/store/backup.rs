//! A copy of the SQLite file as it is at one moment, also while recorder writes.

use std::path::Path;

use sea_orm::{ConnectionTrait, DbErr, EntityTrait, Statement};

use super::{Database, DatabaseError, Store, entity::ledger, schema, writing::HEAD};

/// What a copy of a database holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyFacts {
    /// Records of the audit record.
    pub records: i64,
    /// Steps of the schema that this program has and the copy lacks.
    pub missing: Vec<String>,
}

impl Store {
    /// Copies the file; the copy must not be there yet.
    pub(crate) async fn copy_to(&self, copy: &Path) -> Result<(), DatabaseError> {
        let path = copy.display().to_string().replace('\'', "''");
        let vacuum = format!("VACUUM INTO '{path}'");
        self.write().execute_unprepared(&vacuum).await?;
        // SQLite leaves when the copy reaches the disk to the system.
        let whole = std::fs::File::open(copy).and_then(|file| file.sync_all());
        whole.map_err(|error| DbErr::Custom(error.to_string()))?;
        Ok(())
    }

    /// Looks whether a file is whole, and what it holds.
    pub(crate) async fn look_at_copy(file: &Path) -> Result<CopyFacts, DatabaseError> {
        let store = Self::connect(&Database::Sqlite(file.to_owned())).await?;
        let backend = store.read().get_database_backend();
        let check = Statement::from_string(backend, "PRAGMA integrity_check");
        let said = store.read().query_one_raw(check).await?;
        let said: String = said.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default();
        if said != "ok" {
            return Err(DbErr::Custom(format!("the file is not whole: {said}")).into());
        }
        let missing = schema::missing(store.read()).await?;
        let head = ledger::Entity::find_by_id(HEAD).one(store.read()).await?;
        let records = head.map_or(0, |head| head.seq);
        store.close().await?;
        Ok(CopyFacts { records, missing })
    }
}
