//! Large bodies, and a bus that does not take what it should.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::Value;
use tests::{Call, Stage, Terms, story};

use super::{body, request_of};

const LARGEST: usize = 25 * 1024 * 1024;
/// How long GitLab waits for an answer (`Gitlab::HTTP`, read timeout): later is as good as never.
const GITLAB_READS_FOR: Duration = Duration::from_secs(20);

/// A real body of this size.
async fn padded(stage: &Stage, iid: i64, bytes: usize) -> (Value, String) {
    let mut body = body(stage, iid).await;
    body["object_attributes"]["description"] = "".into();
    let padding = "x".repeat(bytes - body.to_string().len());
    body["object_attributes"]["description"] = padding.into();
    let text = body.to_string();
    assert_eq!(text.len(), bytes);
    (body, text)
}

story!(w16_w17_the_largest_body_and_one_byte_more, |stage| {
    let (body, text) = padded(stage, 9_016, LARGEST).await;
    let started = Instant::now();
    assert_eq!(stage.calls(Call::signed(text)).await.0, StatusCode::ACCEPTED);
    assert!(started.elapsed() < GITLAB_READS_FOR, "{:?}", started.elapsed());
    stage.state_of_becomes(&request_of(&body), "Waiting").await;
    let (_, event) = stage.bus().await.read_all("CS_INTAKE").await.pop().unwrap();
    assert!(event.to_string().len() <= 8 * 1024, "the event is small");
    let (_, text) = padded(stage, 9_017, LARGEST + 1).await;
    let said = stage.calls(Call::signed(text)).await;
    let words = "The body is larger than 25 MiB.".to_owned();
    assert_eq!(said, (StatusCode::PAYLOAD_TOO_LARGE, words));
});

story!(
    w55_full_stream,
    Terms::default().with("COUNTERSIGN_BUS__STREAM_BYTES_MAX", "20000"),
    |stage| {
        let mut calls = 0;
        while stage.spooled() == 0 {
            calls += 1;
            let body = body(stage, 9_550 + calls).await;
            let said = stage.calls(Call::signed(body.to_string())).await;
            assert_eq!(said.0, StatusCode::ACCEPTED);
            assert!(calls < 100, "the stream is never full");
        }
        assert_eq!(stage.metric("ingress", "countersign_spool_depth").await, 1.0);
        stage.logs("calls wait in the spool: the bus refused the message").await;
        assert_eq!(stage.is_stopped(), Some(0));
        stage.set_setting("COUNTERSIGN_BUS__STREAM_BYTES_MAX", "268435456");
        stage.starts();
        stage.has_an_empty_spool().await;
        stage.is_quiet().await;
        assert_eq!(stage.rows("delivery").await, calls + 1);
    }
);

// 202 is better than a closed connection: what another stream took does not count, the spool has it.
story!(w58_another_stream_stores_it, |stage| {
    let body = body(stage, 9_058).await;
    stage.is_quiet().await;
    let bus = stage.bus().await;
    bus.replaces("CS_INTAKE", "ANOTHER").await;
    assert_eq!(stage.calls(Call::signed(body.to_string())).await.0, StatusCode::ACCEPTED);
    assert_eq!((stage.spooled(), bus.messages("ANOTHER").await), (1, 0));
    bus.deletes("ANOTHER").await;
    assert_eq!(stage.is_stopped(), Some(0));
    stage.starts();
    stage.state_of_becomes(&request_of(&body), "Waiting").await;
    stage.has_an_empty_spool().await;
});

story!(w56_publish_not_permitted, Terms::default().apart(), |stage| {
    stage.lets_ingress_publish(false).await;
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    assert_eq!(stage.spooled(), 1);
    let subject = format!("countersign.intake.v1.main.{}", stage.project.id());
    let sentence = format!("bus: the bus does not let us publish to {subject}");
    stage.is_ready("ingress", false, &sentence).await;
    stage
        .logs(&format!("the bus does not let us publish to {subject}: check the permissions"))
        .await;
    stage.lets_ingress_publish(true).await;
    stage.state_becomes(&merge_request, "Waiting").await;
    stage.has_an_empty_spool().await;
    stage.is_ready("ingress", true, "bus: ok").await;
    assert_eq!(stage.rows("delivery").await, 1);
});
