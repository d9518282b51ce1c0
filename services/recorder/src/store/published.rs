//! Rows of the outbox that have served their purpose.

use std::sync::{Arc, Mutex, PoisonError};

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

use super::entity::outbox;

/// Most rows deleted by one statement.
const DELETED_AT_ONCE: usize = 1_000;

/// Places of outbox rows that were published and may be deleted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Published(Arc<Mutex<Vec<i64>>>);

impl Published {
    /// Deletes them, as a part of whatever `db` is. The messages of one commit stand in a row and
    /// are deleted together: a database finds a range faster than a list.
    pub(crate) async fn delete(&self, db: &impl ConnectionTrait) -> Result<Deleted, DbErr> {
        let taken = {
            let mut rows = self.lock();
            let keep = rows.len().saturating_sub(DELETED_AT_ONCE);
            rows.split_off(keep)
        };
        let mut deleted = Deleted { published: self.clone(), rows: taken };
        deleted.rows.sort_unstable();
        for run in deleted.rows.chunk_by(|one, next| one + 1 == *next) {
            let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
            let these = outbox::Column::Seq.between(*first, *last);
            outbox::Entity::delete_many().filter(these).exec(db).await?;
        }
        Ok(deleted)
    }

    pub(crate) fn add(&self, seq: i64) {
        self.lock().push(seq);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Rows that are gone as soon as the transaction is committed; without that they are still there.
#[must_use]
pub(crate) struct Deleted {
    published: Published,
    rows: Vec<i64>,
}

impl Deleted {
    /// They are gone.
    pub(crate) fn committed(mut self) {
        self.rows.clear();
    }
}

impl Drop for Deleted {
    fn drop(&mut self) {
        self.published.lock().append(&mut self.rows);
    }
}
