//! People and sessions as sea-orm sees them; `migrations` has the reviewed definition.
#![expect(unreachable_pub, reason = "the derive needs pub items")]

/// Somebody who can sign in.
pub(crate) mod person {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "person")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub name: String,
        pub email: Option<String>,
        /// A JSON array of texts.
        pub groups: String,
        pub password_hash: String,
        /// Times are in microseconds since 1970 UTC.
        pub disabled_at: Option<i64>,
        pub created_at: i64,
        pub password_changed_at: i64,
        /// The identity provider that lets them in; `None` for a password of ours.
        pub issuer: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A session of a browser.
pub(crate) mod session {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "session")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub person_id: String,
        /// Times are in microseconds since 1970 UTC.
        pub created_at: i64,
        pub seen_at: i64,
        pub expires_at: i64,
        pub form_key: String,
        /// What lets the provider be asked again, sealed; `None` for a password of ours.
        pub proof: Option<String>,
        pub checked_at: Option<i64>,
        pub check_begun_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
