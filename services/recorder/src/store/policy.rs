//! The policy in force: when it is another one, what is open is looked at again.

use sea_orm::{DbErr, EntityTrait, Set, sea_query::OnConflict};
use serde_json::json;

use super::{Draft, Ledger, Store, entity::policy_seen};

/// The only row of the table `policy_seen`.
const ONLY: i32 = 1;

impl Store {
    /// Hash of the policy under which what is open was judged last.
    pub(crate) async fn policy_seen(&self) -> Result<Option<String>, DbErr> {
        let row = policy_seen::Entity::find_by_id(ONLY).one(self.read()).await?;
        Ok(row.map(|row| row.hash))
    }

    /// Puts on record which policy what is open was judged under.
    pub(crate) async fn judged_under(
        &self,
        (hash, text): (&str, &str),
        now: i64,
    ) -> Result<(), DbErr> {
        let before = self.policy_seen().await?;
        let ledger = Ledger::begin(self, now).await?;
        let row = policy_seen::ActiveModel { id: Set(ONLY), hash: Set(hash.to_owned()) };
        let replace = OnConflict::column(policy_seen::Column::Id)
            .update_column(policy_seen::Column::Hash)
            .to_owned();
        let insert = policy_seen::Entity::insert(row).on_conflict(replace);
        insert.exec_without_returning(ledger.tx()).await?;
        let message = match &before {
            Some(_) => "The policy has changed; what is open was judged anew.",
            None => "The first policy is in force.",
        };
        let (message, data) =
            (message.to_owned(), json!({ "policy": hash, "text": text, "before": before }));
        let draft = Draft { kind: "policy", message, data, ..Draft::default() };
        self.commit_with(ledger, draft).await
    }
}
