//! A consumer that is gone is noticed, and what it missed is made up for.

use tests::{Terms, story};

/// A story in which a silent consumer is looked after soon.
fn watchful() -> Terms {
    Terms::default().with("COUNTERSIGN_BUS__STALL_AFTER_MS", "300")
}

story!(a_deleted_consumer_is_there_again, watchful().leaving_dead_letters(1), |stage| {
    let first = stage.opens_merge_request("First").await;
    let bus = stage.bus().await;
    bus.publish("countersign.decision.v1.servicenow", "{not JSON").await;
    stage.dead_letters_become(1).await;
    for stream in ["CS_INTAKE", "CS_DECISION_UI", "CS_OUTCOME", "CS_DEAD"] {
        bus.loses_consumer(stream, "recorder").await;
    }
    bus.loses_consumer("CS_RESPOND", "decision").await;
    let second = stage.opens_merge_request("Second").await;
    for merge_request in [&first, &second] {
        stage.approver("Ada").approves(merge_request).await;
        merge_request.status_becomes(&stage.check, "passed").await;
    }
    stage.is_quiet().await;
    assert_eq!((stage.rows("delivery").await, stage.rows("dead_letter").await), (2, 1));
    let rebuilt = "countersign_consumer_rebuilt_total{stream=\"CS_INTAKE\",cause=\"deleted\"} 1";
    stage.metric_becomes(rebuilt).await;
});

story!(what_is_delivered_once_more_changes_nothing, watchful(), |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.approver("Ada").approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
    stage.is_quiet().await;
    let before = stage.audit_kinds().await;
    let bus = stage.bus().await;
    for stream in ["CS_INTAKE", "CS_DECISION_UI"] {
        bus.loses_consumer(stream, "recorder").await;
        bus.has_consumer_again(stream, "recorder").await;
    }
    stage.is_quiet().await;
    assert_eq!(stage.audit_kinds().await, before);
    assert_eq!(merge_request.status(&stage.check), "passed");
});

story!(a_stream_that_was_made_anew_is_read_again, watchful(), |stage| {
    stage.opens_merge_request("First").await;
    stage.is_quiet().await;
    stage.bus().await.loses_what_is_in("CS_INTAKE").await;
    let second = stage.opens_merge_request("Second").await;
    stage.approver("Ada").approves(&second).await;
    second.status_becomes(&stage.check, "passed").await;
    assert_eq!(stage.rows("delivery").await, 2);
});
