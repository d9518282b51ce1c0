//! What is refused, and with which error.

use super::*;

#[test]
fn w13_only_an_object_is_a_call() {
    for body in ["[]", "\"x\"", "1", "null", "true", " [{\"a\":1}] "] {
        assert_eq!(parse(body.as_bytes()), Err(CallError::NotAnObject), "{body}");
    }
}

#[test]
fn w11_what_is_not_json_is_refused() {
    let valid = payload().to_string();
    let long = format!("{valid}x");
    let not_utf8 = valid.replace("confidential", "\u{1}").into_bytes();
    let not_utf8: Vec<u8> = not_utf8.into_iter().map(|b| if b == 1 { 0xFF } else { b }).collect();
    for body in [&b""[..], b"{", b"{]", b"\xEF\xBB\xBF{}", long.as_bytes(), &not_utf8] {
        assert_eq!(parse(body), Err(CallError::NotJson));
    }
}

#[test]
fn w14_doubled_keys_are_refused() {
    let valid = payload().to_string();
    for (once, twice, key) in [
        ("\"iid\":4", "\"iid\":4,\"iid\":5", "iid"),
        ("\"iid\":4", "\"iid\":4,\"\\u0069id\":4", "iid"),
        ("\"changes\":{}", "\"changes\":{},\"changes\":{}", "changes"),
        ("\"changes\":{}", "\"changes\":{},\"new\":1,\"new\":2", "new"),
        ("\"name\":\"QA\"", "\"name\":\"QA\",\"id\":9", "id"),
        (SHA, &format!("{SHA}\",\"id\":\"{SHA}"), "id"),
    ] {
        assert!(valid.contains(once));
        let body = valid.replacen(once, twice, 1);
        let expected = Err(CallError::DuplicateKey(key.to_owned()));
        assert_eq!(parse(body.as_bytes()), expected, "{twice}");
    }
}

#[test]
fn w29_other_events_are_named() {
    let push = with("/object_kind", json!("push"));
    assert_eq!(read(&push), Err(CallError::NotAMergeRequestCall("push".into())));
    let hostile = with("/object_kind", json!(format!("<b>{}", "x".repeat(9_000))));
    assert!(read(&hostile).unwrap_err().to_string().len() < 300);
}

#[test]
fn w32_missing_parts_are_named() {
    for path in [
        "object_kind",
        "object_attributes",
        "external_approval_rule",
        "external_approval_rule.id",
        "object_attributes.iid",
        "object_attributes.target_project_id",
        "object_attributes.state",
        "object_attributes.last_commit.id",
    ] {
        let pointer = format!("/{}", path.replace('.', "/"));
        assert_eq!(read(&without(&pointer)), Err(CallError::MissingField(path)));
        assert_eq!(read(&with(&pointer, Value::Null)), Err(CallError::MissingField(path)));
    }
    assert_eq!(bad_path(read(&with("/object_attributes", json!([])))), "object_attributes");
}

#[test]
fn w35_ids_are_positive_whole_numbers() {
    let valid = payload().to_string();
    for (field, path) in [
        ("\"iid\":4", "object_attributes.iid"),
        ("\"target_project_id\":6", "object_attributes.target_project_id"),
        ("\"source_project_id\":6", "object_attributes.source_project_id"),
        ("\"author_id\":1", "object_attributes.author_id"),
    ] {
        let (key, _) = field.split_once(':').unwrap();
        for number in
            ["0", "-1", "1.5", "1.0", "\"12\"", "9223372036854775808", "1e3", "true", "[4]", "{}"]
        {
            let body = valid.replacen(field, &format!("{key}:{number}"), 1);
            assert_eq!(bad_path(parse(body.as_bytes())), path, "{number}");
        }
        let body = valid.replacen(field, &format!("{key}:1e400"), 1);
        assert_eq!(parse(body.as_bytes()), Err(CallError::NotJson));
    }
    assert_eq!(attribute("iid", json!(i64::MAX)).unwrap().iid, i64::MAX);
    let check = with("/external_approval_rule/id", json!("1"));
    assert_eq!(bad_path(read(&check)), "external_approval_rule.id");
}

#[test]
fn w37_w38_the_sha_is_full_lower_case_hex() {
    let commit = |id: String| attribute("last_commit", json!({ "id": id }));
    for bad in ["a".repeat(39), "a".repeat(41), "A".repeat(40), "g".repeat(40), String::new()] {
        assert_eq!(bad_path(commit(bad)), "object_attributes.last_commit.id");
    }
    assert_eq!(commit("c".repeat(64)).unwrap().sha, Some("c".repeat(64)));
    assert_eq!(bad_path(attribute("last_commit", json!("x"))), "object_attributes.last_commit");
    assert_eq!(attribute("last_commit", Value::Null).unwrap().sha, None);
    assert_eq!(read(&without("/object_attributes/last_commit")).unwrap().sha, None);
}

#[test]
fn w41_nul_is_replaced_where_shown_and_refused_where_it_decides() {
    assert_eq!(attribute("title", json!("a\0b")).unwrap().title, "a\u{FFFD}b");
    let labels = attribute("labels", json!([{ "title": "x\0" }])).unwrap().labels;
    assert_eq!(labels, ["x\u{FFFD}"]);
    let named = read(&with("/user/name", json!("\0"))).unwrap();
    assert_eq!(named.actor.unwrap().name, "\u{FFFD}");
    for (name, path) in [
        ("source_branch", "object_attributes.source_branch"),
        ("target_branch", "object_attributes.target_branch"),
        ("state", "object_attributes.state"),
        ("action", "object_attributes.action"),
    ] {
        for bad in ["a\0", "a\n", "\u{7f}", "\u{9b}"] {
            assert_eq!(bad_path(attribute(name, json!(bad))), path);
        }
        assert_eq!(bad_path(attribute(name, json!(7))), path);
        assert_eq!(bad_path(attribute(name, json!("a".repeat(1_025)))), path);
    }
    let project = with("/project/path_with_namespace", json!("g/\0"));
    assert_eq!(bad_path(read(&project)), "project.path_with_namespace");
}

#[test]
fn no_error_repeats_the_body() {
    let secret = "glpat-hidden";
    for body in [
        with("/object_attributes/iid", json!(secret)),
        with("/object_attributes/last_commit", json!({ "id": secret })),
        with("/object_attributes/draft", json!(secret)),
    ] {
        let error = read(&body).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(secret));
    }
}
