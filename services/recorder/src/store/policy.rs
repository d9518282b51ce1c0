//! The policy in force: on record before anything is judged under it, and when it is another one, what is open
//! is looked at again.

use sea_orm::{ConnectionTrait, DbErr, EntityTrait, Set, sea_query::OnConflict};
use serde_json::json;

use super::{Draft, Ledger, Store, entity::policy_seen};

/// The row with the policy under which what is open was judged last.
const JUDGED: i32 = 1;
/// The row with the policy that was put on record last.
const ON_RECORD: i32 = 2;

impl Store {
    /// Hash of the policy under which what is open was judged last.
    pub(crate) async fn policy_judged(&self) -> Result<Option<String>, DbErr> {
        self.policy(JUDGED).await
    }

    async fn policy(&self, row: i32) -> Result<Option<String>, DbErr> {
        let row = policy_seen::Entity::find_by_id(row).one(self.read()).await?;
        Ok(row.map(|row| row.hash))
    }

    /// Remembers that what is open was judged under a policy.
    pub(crate) async fn judged_under(&self, hash: &str) -> Result<(), DbErr> {
        put(self.write(), JUDGED, hash).await
    }

    /// Puts a policy on record with its whole text, unless it is the last one there.
    pub(crate) async fn policy_on_record(
        &self,
        (hash, text): (&str, &str),
        now: i64,
    ) -> Result<(), DbErr> {
        let before = self.policy(ON_RECORD).await?;
        if before.as_deref() == Some(hash) {
            return Ok(());
        }
        let ledger = Ledger::begin(self, now).await?;
        put(ledger.tx(), ON_RECORD, hash).await?;
        let message = match &before {
            Some(_) => "Another policy is in force; what is open is judged anew.",
            None => "The first policy is in force.",
        };
        let data = json!({ "policy": hash, "text": text, "before": before });
        let draft = Draft { kind: "policy", message: message.to_owned(), data, ..Draft::default() };
        self.commit_with(ledger, draft).await
    }
}

async fn put(db: &impl ConnectionTrait, row: i32, hash: &str) -> Result<(), DbErr> {
    let row = policy_seen::ActiveModel { id: Set(row), hash: Set(hash.to_owned()) };
    let replace = OnConflict::column(policy_seen::Column::Id)
        .update_column(policy_seen::Column::Hash)
        .to_owned();
    let insert = policy_seen::Entity::insert(row).on_conflict(replace);
    insert.exec_without_returning(db).await.map(drop)
}
