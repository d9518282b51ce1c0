//! A copy of the embedded database, and the way back from it.

use reqwest::StatusCode;
use tests::{Kind, Stage, Terms, story};

fn folder(stage: &Stage, name: &str) -> String {
    stage.data_folder().with_file_name(name).display().to_string()
}

/// Only a file is copied by us.
fn tells(story: impl AsyncFnOnce(&mut Stage)) {
    tests::tell(Kind::Sqlite, Terms::default(), story);
}

#[test]
fn what_was_decided_is_there_again_after_a_restore() {
    tells(async |stage| {
        let merge_request = stage.opens_merge_request("Faster checkout").await;
        stage.approver("Ada").approves(&merge_request).await;
        merge_request.status_becomes(&stage.check, "passed").await;
        let copy = folder(stage, "copy");
        let said = stage.operator().says(&["backup", "--to", &copy]);
        assert_eq!(said.code, Some(0), "{}", said.text);
        assert!(said.text.contains("with the key that signs it"), "{}", said.text);
        let running = stage.operator().says(&["restore", "--from", &copy]);
        assert!(running.text.contains("stop it first"), "{}", running.text);
        stage.is_stopped();
        stage.loses_its_machine();
        let said = stage.operator().says(&["restore", "--from", &copy]);
        assert_eq!(said.code, Some(0), "{}", said.text);
        stage.starts();
        let page = stage.approver("Ada").opens_newest(&merge_request).await;
        assert_eq!((page.status, page.state().as_str()), (StatusCode::OK, "Approved"));
        let safe_mode = stage.operator().says(&["safe-mode"]);
        assert!(
            safe_mode.text.contains("The stream CS_INTAKE is another one than before."),
            "{}",
            safe_mode.text
        );
        let words = ["safe-mode", "end", "--reason", "Restored", "--by", "Olga"];
        assert_eq!(stage.operator().says(&words).code, Some(0));
        let next = stage.opens_merge_request("Pay with one click").await;
        stage.approver("Ada").approves(&next).await;
        next.status_becomes(&stage.check, "passed").await;
    });
}

#[test]
fn a_copy_that_was_changed_is_not_restored() {
    tells(async |stage| {
        stage.opens_merge_request("Faster checkout").await;
        let copy = folder(stage, "copy");
        assert_eq!(stage.operator().says(&["backup", "--to", &copy]).code, Some(0));
        let again = stage.operator().says(&["backup", "--to", &copy]);
        assert!(again.text.contains("File exists"), "{}", again.text);
        let whole = stage.operator().says(&["restore", "--from", &copy, "--check"]);
        assert!(whole.text.contains(" audit records as of ") && whole.code == Some(0));
        let file = format!("{copy}/countersign.db");
        let mut bytes = std::fs::read(&file).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(&file, bytes).unwrap();
        let said = stage.operator().says(&["restore", "--from", &copy, "--check"]);
        assert_eq!(said.code, Some(1));
        assert!(said.text.contains("its SHA-256 is another one"), "{}", said.text);
    });
}

story!(postgresql_has_backups_of_its_own, |stage| {
    let said = stage.operator().says(&["backup", "--to", &folder(stage, "copy")]);
    let postgres = said.text.contains("database.url is a PostgreSQL server");
    assert_eq!(said.code, Some(if postgres { 64 } else { 0 }), "{}", said.text);
});
