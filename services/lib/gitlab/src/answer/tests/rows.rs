//! Every documented answer of `status_check_responses`, row by row.

use super::*;
use Handling::{Done, NeedsOperator, RetryAfter, RetrySoon, Superseded};

const CREATED: &str = r#"{"id":1,"merge_request":{"iid":4},"external_status_check":{"id":1}}"#;
const MISMATCH: &str = r#"{"message":"SHA does not match HEAD of source branch: 141be9"}"#;
const WAIT: Handling = RetryAfter(DEFAULT_RATE_LIMIT_WAIT);

/// HTTP status, body, code, handling.
const ROWS: &[(u16, &str, &str, Handling)] = &[
    (201, CREATED, "stored", Done),
    (400, r#"{"error":"sha is missing"}"#, "bad_request", NeedsOperator),
    (400, r#"{"message":["a","b"]}"#, "bad_request", NeedsOperator),
    (401, r#"{"message":"401 Unauthorized"}"#, "unauthorised", RetrySoon),
    (
        401,
        r#"{"error":"invalid_token","error_description":"Token was revoked."}"#,
        "unauthorised",
        RetrySoon,
    ),
    (403, r#"{"error":"insufficient_scope"}"#, "forbidden", NeedsOperator),
    (403, r#"{"message":"403 Forbidden"}"#, "forbidden", NeedsOperator),
    (404, r#"{"message":"404 Project Not Found"}"#, "not_found", NeedsOperator),
    (
        405,
        r#"{"message":"Non GET methods are not allowed for moved projects"}"#,
        "moved",
        NeedsOperator,
    ),
    (409, MISMATCH, "not_head", Superseded),
    (409, r#"{"message":"409 Conflict: Resource lock"}"#, "row_locked", RetrySoon),
    (409, r#"{"message":"409 Conflict"}"#, "unexpected", RetrySoon),
    (422, r#"{"message":{"name":["is taken"]}}"#, "unprocessable", NeedsOperator),
    (429, "Retry later\n", "rate_limited", WAIT),
    (429, r#"{"message":"slow down"}"#, "rate_limited", WAIT),
    (500, "", "server_error", RetrySoon),
    (502, "<html>", "server_error", RetrySoon),
    (503, r#"{"message":"x"}"#, "server_error", RetrySoon),
    (504, "\u{0}", "server_error", RetrySoon),
    (301, "", "redirected", NeedsOperator),
    (408, "", "unknown", RetrySoon),
    (413, "", "unexpected", NeedsOperator),
    (999, "", "unexpected", NeedsOperator),
];

#[test]
fn every_documented_answer_has_its_meaning() {
    for (status, body, code, handling) in ROWS {
        let outcome = outcome(*status, body);
        assert_eq!((outcome.code(), outcome.handling()), (*code, *handling), "{status} {body}");
    }
}
