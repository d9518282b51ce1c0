//! How long things take and how often they happen: pictures, each with its table and its file.

use reqwest::StatusCode;
use serde_json::json;
use tests::{Approver, Terms, story};
use uuid::Uuid;

/// The rows of a table as it is downloaded.
async fn csv(reader: &Approver, chart: &str) -> Vec<String> {
    let page = reader.gets(&format!("/approval-apps/insight/{chart}.csv?days=2")).await;
    assert_eq!(page.status, StatusCode::OK);
    page.html.lines().map(ToOwned::to_owned).collect()
}

story!(
    what_happened_is_counted,
    Terms::default().with("COUNTERSIGN_POLICY__APPROVALS", "1"),
    |stage| {
        let first = stage.opens_merge_request("Faster checkout").await;
        let second = stage.opens_merge_request("Pay with one click").await;
        stage.opens_merge_request("Retry failed refunds").await;
        stage.approver("Ada").approves(&first).await;
        stage.approver("Eve").rejects(&second, "No tests").await;
        first.push();
        stage.state_becomes(&first, "Waiting").await;
        stage.is_quiet().await;
        let reader = stage.approver("");
        let now = jiff::Timestamp::from_microsecond(kit::clock::now_micros()).unwrap();
        let today = now.to_zoned(jiff::tz::TimeZone::UTC).date().to_string();
        assert_eq!(csv(&reader, "decided").await[2], format!("{today},1,1"));
        assert_eq!(csv(&reader, "opened").await[2], format!("{today},4"));
        assert_eq!(csv(&reader, "open").await[..2], ["Age,requests", "less than an hour,2"]);
        assert_eq!(csv(&reader, "answers").await, ["Result,answers", "delivered: stored,2"]);
        assert!(csv(&reader, "projects").await[1].starts_with("shop/backend (2),"));
        assert!(csv(&reader, "sources").await[1].starts_with("ui (2),"));
        let page = reader.gets("/approval-apps/insight?project=bank").await;
        assert!(page.html.matches("Nothing to show yet.").count() == 9, "{}", page.html);
    }
);

story!(attempts_that_were_refused_are_counted, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.is_quiet().await;
    let decision = json!({
        "decision_id": Uuid::new_v4(), "request_id": stage.request_id(&merge_request),
        "verdict": "approve", "sha": "f".repeat(40), "actor": { "id": "ada" },
    });
    stage.bus().await.publish("countersign.decision.v1.ui", &decision.to_string()).await;
    stage.is_quiet().await;
    let reader = stage.approver("");
    assert_eq!(csv(&reader, "refused").await, ["Code,attempts", "stale_sha,1"]);
    let page = reader.gets("/approval-apps/insight").await;
    assert!(page.html.contains("<text class=\"value\""), "{}", page.html);
});
