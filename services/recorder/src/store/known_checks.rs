//! Status checks that are known to be ours, in memory: most calls come from one that is.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sea_orm::{DatabaseConnection, DbErr, EntityTrait, sea_query::OnConflict};

use super::entity::known_check::{self, Model};

/// Instance, project and check.
type Key = (String, i64, i64);

/// The names of what is committed.
#[derive(Debug, Clone, Default)]
pub(super) struct KnownChecks(Arc<Mutex<HashMap<Key, String>>>);

impl KnownChecks {
    pub(super) async fn load(&self, db: &DatabaseConnection) -> Result<(), DbErr> {
        self.remember(known_check::Entity::find().all(db).await?);
        Ok(())
    }

    pub(super) fn holds(&self, check: &Model) -> bool {
        self.lock().get(&key(check)) == Some(&check.name)
    }

    pub(super) fn remember(&self, checks: Vec<Model>) {
        if !checks.is_empty() {
            self.lock().extend(checks.into_iter().map(|check| (key(&check), check.name)));
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn same_check(one: &Model, other: &Model) -> bool {
    key(one) == key(other)
}

fn key(check: &Model) -> Key {
    (check.gitlab.clone(), check.project_id, check.check_id)
}

/// The newer name replaces the older one.
pub(super) fn newer_name() -> OnConflict {
    use known_check::Column;
    OnConflict::columns([Column::Gitlab, Column::ProjectId, Column::CheckId])
        .update_column(Column::Name)
        .to_owned()
}
