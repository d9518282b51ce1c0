//! A copy of the SQLite file as it is at one moment, also while recorder writes.

use std::path::Path;

use sea_orm::{ConnectionTrait, DbErr, EntityTrait};

use super::{Database, DatabaseError, Store, entity::ledger, writing::HEAD};

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

    /// Looks whether a file is whole, and says how many audit records it has.
    pub(crate) async fn look_at_copy(file: &Path) -> Result<i64, DatabaseError> {
        let database = Database::Sqlite(file.to_owned());
        let store = Self::connect(&database).await?;
        let said = store.setting(&database, "integrity_check").await?;
        if said != "ok" {
            return Err(DbErr::Custom(format!("the file is not whole: {said}")).into());
        }
        let head = ledger::Entity::find_by_id(HEAD).one(store.read()).await?;
        store.close().await?;
        Ok(head.map_or(0, |head| head.seq))
    }
}
