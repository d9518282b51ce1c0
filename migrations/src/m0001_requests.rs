//! Requests, what was decided about them, what GitLab said and was told, the audit record and the
//! outbox. Times are microseconds since 1970 UTC: text would sort wrong where fractions differ in
//! length.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in
            [status_check(), decision(), delivery(), response(), audit(), outbox(), ledger()]
        {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables =
            ["ledger", "outbox", "audit", "response", "delivery", "decision", "status_check"];
        for table in tables {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn status_check() -> TableCreateStatement {
    Table::create()
        .table("status_check")
        .col(uuid("id").primary_key())
        .col(uuid("gate_id"))
        .col(text("gitlab"))
        .col(big_integer("project_id"))
        .col(big_integer("iid"))
        .col(big_integer("check_id"))
        .col(text("sha"))
        .col(text_null("oldrev"))
        .col(text("project_path"))
        .col(text("check_name"))
        .col(text("title"))
        .col(text("url"))
        .col(text("source_branch"))
        .col(text("target_branch"))
        .col(big_integer_null("author_id"))
        .col(text_null("author_name"))
        .col(text("labels"))
        .col(boolean("draft"))
        .col(big_integer_null("facts_updated_at"))
        .col(big_integer("opened_at"))
        .col(big_integer("changed_at"))
        .col(big_integer("changed_seq"))
        .col(text("standing"))
        .col(text_null("superseded_by"))
        .col(integer("round"))
        .col(big_integer("round_began_at"))
        .col(text("verdict"))
        .col(text("explanation"))
        .col(text("state"))
        .col(text("shown"))
        .col(integer("commands"))
        .col(uuid_null("command_id"))
        .col(text_null("command_status"))
        .col(boolean("command_may_be_applied"))
        .col(text_null("problem"))
        .col(integer("version"))
        .to_owned()
}

fn decision() -> TableCreateStatement {
    Table::create()
        .table("decision")
        .col(uuid("id").primary_key())
        .col(text("source"))
        .col(text("decision_id"))
        .col(uuid_null("request_id"))
        .col(text("verdict"))
        .col(text("sha"))
        .col(text("actor_id"))
        .col(text("actor_name"))
        .col(text("actor_email"))
        .col(text("actor_groups"))
        .col(text("reason"))
        .col(text("evidence"))
        .col(boolean("accepted"))
        .col(text("code"))
        .col(text("message"))
        .col(integer("round"))
        .col(big_integer("at"))
        .col(text("digest"))
        .col(big_integer("stream_sequence"))
        .to_owned()
}

fn delivery() -> TableCreateStatement {
    Table::create()
        .table("delivery")
        .col(uuid("id").primary_key())
        .col(uuid_null("request_id"))
        .col(text("gitlab"))
        .col(text("hook"))
        .col(text("origin"))
        .col(big_integer("project_id"))
        .col(big_integer("iid"))
        .col(big_integer("check_id"))
        .col(text("sha"))
        .col(text("action"))
        .col(text("body_sha256"))
        .col(big_integer("received_at"))
        .col(big_integer("recorded_at"))
        .to_owned()
}

fn response() -> TableCreateStatement {
    Table::create()
        .table("response")
        .col(uuid("id").primary_key())
        .col(uuid("request_id"))
        .col(uuid("command_id"))
        .col(text("status"))
        .col(text("result"))
        .col(text("code"))
        .col(text("message"))
        .col(integer("http_status"))
        .col(integer("attempt"))
        .col(big_integer("at"))
        .to_owned()
}

fn audit() -> TableCreateStatement {
    Table::create()
        .table("audit")
        .col(big_integer("seq").primary_key())
        .col(uuid_null("request_id"))
        .col(text("record"))
        .col(text("hash"))
        .to_owned()
}

fn outbox() -> TableCreateStatement {
    Table::create()
        .table("outbox")
        .col(big_integer("seq").primary_key())
        .col(uuid("id"))
        .col(text("stream"))
        .col(text("subject"))
        .col(text("ce_type"))
        .col(text_null("about"))
        .col(text("data"))
        .col(big_integer("created_at"))
        .to_owned()
}

/// One row: the end of the audit record. Who holds it may append; so commits have an order.
fn ledger() -> TableCreateStatement {
    Table::create()
        .table("ledger")
        .col(integer("id").primary_key())
        .col(big_integer("seq"))
        .col(text("hash"))
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    let unique = |name: &str, table: &'static str, columns: &[&'static str]| {
        index(name, table, columns).unique().to_owned()
    };
    vec![
        unique(
            "status_check_key",
            "status_check",
            &["gitlab", "project_id", "iid", "check_id", "sha"],
        ),
        index("status_check_gate", "status_check", &["gate_id"]),
        index("status_check_state", "status_check", &["state", "opened_at", "id"]),
        index("status_check_opened", "status_check", &["opened_at", "id"]),
        index("status_check_changed", "status_check", &["changed_seq"]),
        unique("decision_key", "decision", &["source", "decision_id"]),
        index("decision_request", "decision", &["request_id", "at"]),
        index("delivery_request", "delivery", &["request_id"]),
        index("response_request", "response", &["request_id"]),
        index("audit_request", "audit", &["request_id", "seq"]),
        index("outbox_stream", "outbox", &["stream", "seq"]),
    ]
}

fn index(name: &str, table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(name).table(table);
    for column in columns {
        index.col(*column);
    }
    index
}
