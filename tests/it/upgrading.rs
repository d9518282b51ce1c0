//! A database that an older version has filled is taken over with what is in it.
//!
//! `upgrading/` holds what the version 0.1.0 left at the step m0021: seventeen requests, three decisions.

use reqwest::StatusCode;
use tests::{Kind, Stage, Terms};

/// A request that was approved then.
async fn approved(stage: &Stage) -> String {
    let records = stage.texts("audit", &["record"]).await;
    let record = records.iter().find(|it| it.contains("\"state\":\"approved\"")).unwrap();
    let record: serde_json::Value = serde_json::from_str(record).unwrap();
    record["request_id"].as_str().unwrap().to_owned()
}

fn tells(kind: Kind, left: &'static str) {
    tests::tell(kind, Terms::default(), async |stage| {
        stage.is_stopped();
        stage.forgets_everything().await;
        if kind == Kind::Sqlite {
            std::fs::File::create(stage.data_folder().with_file_name("story.db")).unwrap();
        }
        stage.somebody_says(left).await;
        stage.set_setting("COUNTERSIGN_DATABASE__MIGRATE", "false");
        let refused = stage.starts_another().unwrap_err();
        assert!(refused.contains("lacks the step m0022_outbox_trace"), "{refused}");
        let said = stage.operator().says(&["migrate"]).text;
        assert!(said.starts_with("Carried out:\n  m0022_outbox_trace\n"), "{said}");
        stage.starts();
        assert_eq!(stage.rows("decision").await, 3);
        assert!(stage.rows("status_check").await >= 15);
        let page = stage.approver("Ada").opens(&approved(stage).await).await;
        assert_eq!((page.status, page.state().as_str()), (StatusCode::OK, "Approved"));
        // The record verifies; only the streams are others than before.
        let safe_mode = stage.operator().says(&["safe-mode"]).text;
        assert!(safe_mode.contains("is another one than before"), "{safe_mode}");
        let words = ["safe-mode", "end", "--reason", "Upgraded", "--by", "Olga"];
        assert_eq!(stage.operator().says(&words).code, Some(0));
        let next = stage.opens_merge_request("Pay with one click").await;
        stage.approver("Ada").approves(&next).await;
        next.status_becomes(&stage.check, "passed").await;
    });
}

#[test]
fn what_an_older_version_left_on_sqlite() {
    tells(Kind::Sqlite, include_str!("upgrading/0.1.0-m0021.sqlite.sql"));
}

#[test]
fn what_an_older_version_left_on_postgres() {
    tells(Kind::Postgres, include_str!("upgrading/0.1.0-m0021.postgres.sql"));
}
