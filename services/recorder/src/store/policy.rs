//! The policy in force: on record before anything is judged under it, and when it is another one, what is open
//! is looked at again.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, Set,
    sea_query::{Expr, OnConflict},
};
use serde_json::json;

use super::{
    Draft, Ledger, Store,
    entity::{ledger, policy_seen},
    writing::HEAD,
};

/// The row with the policy under which what is open was judged last.
const JUDGED: i32 = 1;
/// The row with the policy that was put on record last.
const ON_RECORD: i32 = 2;

/// Why a process with another policy than the one in force does nothing any more.
pub(crate) const OVERTAKEN: &str = "another recorder has put another policy in force";

/// Whether a transaction was refused because another policy is in force.
pub(crate) fn is_overtaken(error: &DbErr) -> bool {
    matches!(error, DbErr::Custom(sentence) if sentence == OVERTAKEN)
}

impl Store {
    /// Puts a policy in force: whoever has another one refuses to judge from now on.
    pub(crate) async fn put_in_force(&self, hash: &str) -> Result<(), DbErr> {
        let update = ledger::Entity::update_many()
            .col_expr(ledger::Column::Policy, Expr::value(hash))
            .filter(ledger::Column::Id.eq(HEAD));
        update.exec(self.write()).await?;
        // A second start in one process is a test's.
        let _set_before = self.own_policy().set(hash.to_owned());
        Ok(())
    }

    /// Whether another policy is in force than the one that this process has put in force.
    pub(super) fn is_overtaken(&self, in_force: Option<&str>) -> bool {
        self.own_policy().get().is_some_and(|own| in_force.is_some_and(|it| it != own))
    }

    /// The same, asked of the database.
    pub(crate) async fn was_overtaken(&self) -> Result<bool, DbErr> {
        let head = ledger::Entity::find_by_id(HEAD).one(self.read()).await?;
        Ok(self.is_overtaken(head.and_then(|head| head.policy).as_deref()))
    }

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
