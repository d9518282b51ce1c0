//! The tables as sea-orm sees them; `migrations` has the reviewed definition.
#![expect(unreachable_pub, reason = "the derive needs pub items")]

/// A request: one commit of one merge request at one status check.
pub(crate) mod status_check {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "status_check")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub gate_id: Uuid,
        pub gitlab: String,
        pub project_id: i64,
        pub iid: i64,
        pub check_id: i64,
        pub sha: String,
        pub oldrev: Option<String>,
        pub project_path: String,
        pub check_name: String,
        pub title: String,
        pub url: String,
        pub source_branch: String,
        pub target_branch: String,
        pub author_id: Option<i64>,
        pub author_name: Option<String>,
        pub pushed_by: String,
        pub labels: String,
        pub draft: bool,
        pub facts_updated_at: Option<i64>,
        pub opened_at: i64,
        pub changed_at: i64,
        pub changed_seq: i64,
        pub standing: String,
        pub superseded_by: Option<String>,
        pub round: i32,
        pub round_began_at: i64,
        pub verdict: String,
        pub explanation: String,
        pub state: String,
        pub shown: String,
        pub commands: i32,
        pub command_id: Option<Uuid>,
        pub command_status: Option<String>,
        pub command_may_be_applied: bool,
        pub problem: Option<String>,
        pub deadline: Option<i64>,
        pub time_passed: Option<i64>,
        pub frozen_at: Option<i64>,
        pub automatic_since: Option<i64>,
        pub glass_decision: Option<Uuid>,
        pub glass_review_by: Option<i64>,
        pub glass_reviewed_at: Option<i64>,
        pub glass_overdue: bool,
        pub reminders: i32,
        pub beat_at: Option<i64>,
        pub heard_at: i64,
        pub due_at: Option<i64>,
        pub seen_at: i64,
        pub version: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A decision attempt, accepted or refused.
pub(crate) mod decision {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "decision")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub source: String,
        pub decision_id: String,
        pub request_id: Option<Uuid>,
        pub verdict: String,
        pub break_glass: bool,
        pub signed: bool,
        pub sha: String,
        pub actor_id: String,
        pub actor_name: String,
        pub actor_email: String,
        pub actor_groups: String,
        pub reason: String,
        pub evidence: String,
        pub accepted: bool,
        pub code: String,
        pub message: String,
        pub round: i32,
        pub at: i64,
        pub digest: String,
        pub stream_sequence: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::status_check::Entity",
            from = "Column::RequestId",
            to = "super::status_check::Column::Id"
        )]
        Request,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A decision that came once more under the id of an earlier one, and was answered.
pub(crate) mod repetition {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "repetition")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// One call of GitLab, or one look-up.
pub(crate) mod delivery {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "delivery")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub request_id: Option<Uuid>,
        pub gitlab: String,
        pub hook: String,
        pub origin: String,
        pub project_id: i64,
        pub iid: i64,
        pub check_id: i64,
        pub sha: String,
        pub action: String,
        pub body_sha256: String,
        pub received_at: i64,
        pub recorded_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// One attempt to answer GitLab.
pub(crate) mod response {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "response")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub request_id: Uuid,
        pub command_id: Uuid,
        pub status: String,
        pub result: String,
        pub code: String,
        pub message: String,
        pub http_status: i32,
        pub attempt: i32,
        pub at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::status_check::Entity",
            from = "Column::RequestId",
            to = "super::status_check::Column::Id"
        )]
        Request,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// One record of the audit chain.
pub(crate) mod audit {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub seq: i64,
        pub request_id: Option<Uuid>,
        pub record: String,
        pub personal: Option<String>,
        pub hash: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A message that must still be published.
pub(crate) mod outbox {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "outbox")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub seq: i64,
        pub id: Uuid,
        pub stream: String,
        pub subject: String,
        pub ce_type: String,
        pub about: Option<String>,
        pub data: String,
        pub created_at: i64,
        /// W3C Trace Context of what it follows from.
        pub traceparent: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A message that could not be applied.
pub(crate) mod dead_letter {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "dead_letter")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub stream: String,
        pub subject: String,
        pub sequence: i64,
        pub reason: String,
        pub cause: String,
        pub headers: String,
        pub data: Vec<u8>,
        pub data_size: i64,
        pub at: i64,
        pub buried_at: i64,
        pub state: String,
        pub replays_failed: i32,
        pub replay_said: Option<String>,
        pub settled_at: Option<i64>,
        pub settled_by: Option<String>,
        pub settled_why: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The end of the audit chain.
pub(crate) mod ledger {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "ledger")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i32,
        pub seq: i64,
        pub hash: String,
        /// Hash of the policy in force; absent before the first start that says so.
        pub policy: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A status check that called us, so that it is known to be ours.
pub(crate) mod known_check {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, Hash, DeriveEntityModel)]
    #[sea_orm(table_name = "known_check")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub gitlab: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub project_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub check_id: i64,
        pub name: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// How far a stream was seen.
pub(crate) mod stream_mark {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "stream_mark")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub stream: String,
        pub created_at: i64,
        pub last_sequence: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Whether only `failed` may be posted.
pub(crate) mod safe_mode {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "safe_mode")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i32,
        pub since: Option<i64>,
        pub reason: String,
        pub verified_from: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Who may post for a request.
pub(crate) mod post_lease {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "post_lease")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub request_id: Uuid,
        pub lease_id: Uuid,
        pub holder: String,
        /// In microseconds since 1970 UTC.
        pub until: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The policy that was in force last.
pub(crate) mod policy_seen {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "policy_seen")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i32,
        pub hash: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A signed checkpoint of the audit record.
pub(crate) mod checkpoint {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "checkpoint")]
    pub struct Model {
        /// Records in the tree.
        #[sea_orm(primary_key, auto_increment = false)]
        pub size: i64,
        pub note: String,
        pub at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The key of the links that authors read by.
pub(crate) mod link_key {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "link_key")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i32,
        pub key: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Filters that somebody keeps under a name.
pub(crate) mod saved_view {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "saved_view")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub owner: String,
        pub name: String,
        pub query: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
