use serde_json::json;

use super::*;

mod properties;
mod rows;
mod texts;

const HEAD: &str = "141be9714669a4c1ccaa013c6a7f3e462ff2a40f";

fn asked() -> Answer {
    Answer { project_id: 6, iid: 4, check_id: 1, sha: HEAD.to_owned(), status: Status::Passed }
}

fn outcome(status: u16, body: &str) -> PostOutcome {
    let reply = Reply { status, body: body.as_bytes(), ..Reply::default() };
    classify(&reply, &asked())
}

fn created(iid: i64, project_id: i64, check_id: i64, sha: &str) -> String {
    json!({
        "id": 1,
        "merge_request": { "iid": iid, "project_id": project_id, "sha": sha },
        "external_status_check": { "id": check_id, "external_url": "https://x?token=s" },
    })
    .to_string()
}

fn throttled(retry_after: &str, date: Option<&str>) -> Option<Duration> {
    let reply = Reply {
        status: 429,
        retry_after: Some(retry_after),
        date,
        body: b"Retry later\n",
        ..Reply::default()
    };
    match classify(&reply, &asked()) {
        PostOutcome::RateLimited { retry_after } => retry_after,
        other => {
            assert_eq!(other.code(), "rate_limited");
            None
        }
    }
}

#[test]
fn a_404_tells_what_is_missing() {
    for (body, what) in [
        (r#"{"message":"404 Project Not Found"}"#, Missing::Project),
        (r#"{"message":"404 Not found"}"#, Missing::MergeRequestOrCheck),
        (r#"{"message":null}"#, Missing::BelowDeveloper),
        (r#"{"message":"404 Not Found"}"#, Missing::BelowDeveloper),
        (r#"{"error":"404 Not Found"}"#, Missing::Endpoint),
        ("<html>nginx</html>", Missing::Endpoint),
        ("", Missing::Endpoint),
    ] {
        assert_eq!(outcome(404, body), PostOutcome::NotFound { what }, "{body}");
    }
}

#[test]
fn a_403_tells_scope_from_role() {
    for (body, insufficient_scope) in [
        (r#"{"error":"insufficient_scope","scope":"api"}"#, true),
        (r#"{"error":"insufficient_granular_scope"}"#, true),
        (r#"{"message":"403 Forbidden"}"#, false),
        ("", false),
    ] {
        assert_eq!(outcome(403, body), PostOutcome::Forbidden { insufficient_scope });
    }
}

#[test]
fn a_401_is_refined_by_a_second_look() {
    let body = r#"{"error":"invalid_token","error_description":"Token was revoked."}"#;
    let first = outcome(401, body);
    let detail = "Token was revoked.".to_owned();
    assert_eq!(first, PostOutcome::Unauthorised { detail: detail.clone() });
    assert_eq!(first.clone().refined(false), PostOutcome::TokenRefused { detail });
    assert_eq!(first.refined(true), PostOutcome::NotLicensed);
    assert_eq!(PostOutcome::Moved.refined(false), PostOutcome::Moved);
}

#[test]
fn l02_the_true_head_is_taken_only_when_well_formed() {
    let other = "c".repeat(64);
    for (text, head) in [
        (HEAD, Some(HEAD)),
        (other.as_str(), Some(other.as_str())),
        ("", None),
        ("141be97", None),
        ("<script>", None),
        (&HEAD.to_uppercase(), None),
    ] {
        let body =
            json!({ "message": format!("SHA does not match HEAD of source branch: {text}") });
        let expected = PostOutcome::NotHead { head: head.map(str::to_owned) };
        assert_eq!(outcome(409, &body.to_string()), expected);
    }
}

#[test]
fn l01_a_201_about_something_else_is_not_stored() {
    let other = "c".repeat(40);
    for body in [
        created(5, 6, 1, HEAD),
        created(4, 7, 1, HEAD),
        created(4, 6, 2, HEAD),
        created(4, 6, 1, &other),
        "{}".to_owned(),
        "null".to_owned(),
        "[[4,6,null],[1]]".to_owned(),
        r#"{"merge_request":{"iid":"4"},"external_status_check":{"id":1}}"#.to_owned(),
    ] {
        let outcome = outcome(201, &body);
        assert_eq!(outcome.code(), "unexpected", "{body}");
        assert!(outcome.may_have_been_applied() && !outcome.is_delivered());
    }
    assert_eq!(outcome(200, &created(4, 6, 1, HEAD)).code(), "unexpected");
}

#[test]
fn l04_a_redirect_names_its_host() {
    for (location, host) in [
        (Some("https://evil.example/x?token=1"), Some("evil.example")),
        (Some("/users/sign_in"), None),
        (Some("::"), None),
        (None, None),
    ] {
        let reply = Reply { status: 307, location, ..Reply::default() };
        let location_host = host.map(str::to_owned);
        assert_eq!(classify(&reply, &asked()), PostOutcome::Redirected { location_host });
    }
}

#[test]
fn l05_l08_a_page_or_a_flood_is_not_gitlab() {
    let ok = created(4, 6, 1, HEAD);
    let base = Reply { status: 201, body: ok.as_bytes(), ..Reply::default() };
    for reply in [
        Reply { status: 200, body: b"<!DOCTYPE html><title>Sign in</title>", ..base },
        Reply { content_type: Some("text/HTML; charset=utf-8"), ..base },
        Reply { oversized: true, ..base },
        Reply { body: b"\xFF\xFE", ..base },
        Reply { status: 204, body: b"", ..base },
    ] {
        assert_eq!(classify(&reply, &asked()).code(), "not_gitlab");
    }
    assert_eq!(classify(&base, &asked()), PostOutcome::Stored);
}

#[test]
fn l13_retry_after_is_seconds_or_a_date_and_capped() {
    let date = Some("Fri, 16 Jan 2026 05:56:22 GMT");
    let cap = Some(Duration::from_secs(300));
    for (value, date, wait) in [
        ("7", None, Some(Duration::from_secs(7))),
        ("0", None, Some(Duration::ZERO)),
        ("86400", None, cap),
        ("99999999999999999999999", None, cap),
        ("Fri, 16 Jan 2026 05:56:52 GMT", date, Some(Duration::from_secs(30))),
        ("Fri, 16 Jan 2026 06:56:22 GMT", date, cap),
        ("Fri, 16 Jan 2026 05:00:00 GMT", date, Some(Duration::ZERO)),
        ("Fri, 16 Jan 2026 05:56:52 GMT", None, None),
        ("soon", date, None),
        ("-1", date, None),
        ("", date, None),
    ] {
        assert_eq!(throttled(value, date), wait, "{value}");
    }
}

#[test]
fn only_what_may_be_stored_needs_a_read_back() {
    let cause = String::new();
    assert!(PostOutcome::Unknown { cause: cause.clone() }.may_have_been_applied());
    assert!(PostOutcome::ServerError { status: 504 }.may_have_been_applied());
    assert!(!PostOutcome::NotSent { cause }.may_have_been_applied());
    assert!(!outcome(409, "").may_have_been_applied());
    assert!(!outcome(302, "").may_have_been_applied());
}
