//! What a person reads.

use super::*;

#[test]
fn messages_of_every_shape_become_one_short_line() {
    let message = |body: &str| match outcome(400, body) {
        PostOutcome::BadRequest { message } => message,
        other => other.sentence(),
    };
    for (body, text) in [
        (r#"{"error":"sha is missing"}"#, "sha is missing"),
        (r#"{"message":["a is b","c"]}"#, "a is b, c"),
        (r#"{"message":{"sha":["is bad","is old"]}}"#, "sha is bad, is old"),
        (r#"{"message":null}"#, ""),
        (r#"{"message":"a\r\nb\u0000"}"#, "a b"),
        ("plain words", "plain words"),
        ("<html>", ""),
    ] {
        assert_eq!(message(body), text);
    }
    let long = json!({ "message": "x".repeat(100_000) }).to_string();
    assert_eq!(message(&long).len(), 200);
}

#[test]
fn sentences_name_cause_and_fix() {
    assert_eq!(
        PostOutcome::Forbidden { insufficient_scope: true }.sentence(),
        "GitLab refused the token: it lacks the `api` scope; create a new one with `api` and the Developer role."
    );
    assert_eq!(
        outcome(401, r#"{"error_description":"Token was revoked."}"#).refined(false).to_string(),
        "GitLab refused the token (Token was revoked): it is wrong, expired or revoked; create a new one with the `api` scope and the Developer role."
    );
    assert_eq!(
        PostOutcome::Redirected { location_host: Some("login.example.com".into()) }.sentence(),
        "The GitLab URL redirects to login.example.com, which is never followed; configure the final URL, usually the https one."
    );
    assert_eq!(
        PostOutcome::RateLimited { retry_after: Some(Duration::from_secs(7)) }.sentence(),
        "GitLab asked to slow down; the status is posted again in 7 s."
    );
    let forged = PostOutcome::Unknown { cause: "a\nb".repeat(1_000) }.sentence();
    assert!(forged.len() < 400 && !forged.contains('\n'));
}
