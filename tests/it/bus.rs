//! Other systems decide over the bus.

use serde_json::{Value, json};
use tests::{Stage, Terms, story};
use uuid::Uuid;

fn decision(stage: &Stage, merge_request: &gitlab_sim::MergeRequest, verdict: &str) -> Value {
    json!({
        "decision_id": Uuid::new_v4().to_string(),
        "request_id": stage.request_id(merge_request),
        "verdict": verdict,
        "sha": merge_request.sha(),
        "actor": { "id": "jane.doe", "name": "Jane Doe", "email": "jane@example.com", "groups": ["cab"] },
        "reason": "Change approved",
        "evidence": [{ "label": "CHG0031234", "url": "https://example.com/CHG0031234" }],
    })
}

story!(a_plain_nats_client_decides_and_gets_its_receipt, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let decision = decision(stage, &merge_request, "approve");
    stage.is_quiet().await;
    let receipt = stage.outside_system().decides_from_python(&decision).await;
    let expected = json!({
        "decision_id": decision["decision_id"], "request_id": stage.request_id(&merge_request),
        "accepted": true, "code": "accepted",
        "message": "Recorded: approve. Approved by Jane Doe.",
    });
    assert_eq!(receipt, expected);
    merge_request.status_becomes(&stage.check, "passed").await;
    let page = stage.approver("Reader").opens_newest(&merge_request).await;
    assert!(page.html.contains("<strong>Jane Doe</strong> approved"), "{}", page.html);
    assert!(page.html.contains(r#"<a href="https://example.com/CHG0031234""#), "{}", page.html);
});

story!(a_request_can_be_named_by_its_merge_request, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.is_quiet().await;
    let mut decision = decision(stage, &merge_request, "approve");
    decision.as_object_mut().unwrap().remove("request_id");
    decision["target"] = json!({
        "gitlab": "main", "project_id": stage.project.id(),
        "merge_request_iid": merge_request.iid(), "check_id": stage.check.id(),
    });
    let receipt = stage.outside_system().decides(&decision).await;
    assert_eq!(receipt["code"], "accepted", "{receipt}");
    merge_request.status_becomes(&stage.check, "passed").await;
});

story!(a_repeated_decision_counts_once, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.is_quiet().await;
    let servicenow = stage.outside_system();
    let first = decision(stage, &merge_request, "reject");
    assert_eq!(servicenow.decides(&first).await["code"], "accepted");
    let mut other = first.clone();
    other["verdict"] = "approve".into();
    let receipt = servicenow.decides(&other).await;
    assert_eq!(receipt["code"], "invalid");
    assert_eq!(receipt["message"], "This decision_id was used before with other content.");
    merge_request.status_becomes(&stage.check, "failed").await;
    stage.is_quiet().await;
    assert_eq!(stage.rows("decision").await, 1);
});

story!(what_is_delivered_again_has_no_second_receipt, Terms::default().apart(), |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.is_quiet().await;
    let servicenow = stage.outside_system();
    let first = decision(stage, &merge_request, "approve");
    servicenow.decides(&first).await;
    servicenow.sends(&first).await;
    stage.is_quiet().await;
    stage.is_killed();
    stage.bus().await.loses_consumer("CS_DECISION_SERVICENOW", "recorder").await;
    stage.starts();
    let last = decision(stage, &merge_request, "approve");
    assert_eq!(servicenow.decides(&last).await["code"], "duplicate");
    assert_eq!(stage.bus().await.messages("CS_RECEIPT").await, 3);
});

story!(what_does_not_fit_is_refused_with_a_code_and_a_sentence, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.is_quiet().await;
    let good = decision(stage, &merge_request, "approve");
    let servicenow = stage.outside_system();
    for (field, value, code, sentence) in [
        (
            "request_id",
            json!(Uuid::new_v4().to_string()),
            "unknown_request",
            "There is no such request.",
        ),
        (
            "request_id",
            json!("7"),
            "invalid",
            "request_id must be a UUID, or target must name the request.",
        ),
        (
            "verdict",
            json!("passed"),
            "invalid",
            "verdict must be approve, reject, revoke or review.",
        ),
        ("verdict", json!(null), "invalid", "verdict must be approve, reject, revoke or review."),
        ("sha", json!("abc"), "invalid", "sha must be the full head commit that was judged."),
        ("actor", json!({}), "invalid", "The decision names no actor."),
        (
            "target_branch",
            json!("other"),
            "stale_sha",
            "The target branch is now main; look again.",
        ),
    ] {
        let mut wrong = good.clone();
        wrong["decision_id"] = json!(Uuid::new_v4().to_string());
        wrong[field] = value;
        let receipt = servicenow.decides(&wrong).await;
        assert_eq!((&receipt["code"], &receipt["message"]), (&json!(code), &json!(sentence)));
        assert_eq!(receipt["accepted"], false);
    }
    assert_eq!(merge_request.status(&stage.check), "pending");
});

story!(
    what_cannot_be_read_is_kept_and_does_not_hold_up_the_rest,
    Terms::default().leaving_dead_letters(2),
    |stage| {
        let merge_request = stage.opens_merge_request("Faster checkout").await;
        let bus = stage.bus().await;
        bus.publish("countersign.decision.v1.servicenow", "{not JSON").await;
        bus.publish("countersign.intake.v1.main.1", "{}").await;
        stage.is_quiet().await;
        let decision = decision(stage, &merge_request, "approve");
        let receipt = stage.outside_system().decides(&decision).await;
        assert_eq!(receipt["code"], "accepted");
        let mut causes: Vec<_> = bus.read_all("CS_DEAD").await;
        causes.sort_by_key(|(subject, _)| subject.clone());
        assert_eq!(causes[0].0, "countersign.dead.v1.CS_DECISION_SERVICENOW.invalid");
        assert_eq!(causes[0].1["cause"], "it is not JSON (line 1, column 2)");
        assert_eq!(causes[1].0, "countersign.dead.v1.CS_INTAKE.unknown-type");
        merge_request.status_becomes(&stage.check, "passed").await;
    }
);

story!(a_source_reaches_only_its_own_subjects, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.is_quiet().await;
    let bus = stage.bus().await;
    let client = stage.outside_system().connect().await;
    for subject in [
        "countersign.decision.v1.ui",
        "countersign.intake.v1.main.1",
        "countersign.respond.v1.main.1",
        "$JS.API.STREAM.DELETE.CS_INTAKE",
    ] {
        let forged = decision(stage, &merge_request, "approve").to_string();
        client.publish(subject, forged.into()).await.unwrap();
    }
    client.flush().await.unwrap();
    assert_eq!(bus.messages("CS_DECISION_UI").await, 0);
    assert_eq!(bus.messages("CS_INTAKE").await, 1);
    assert_eq!(bus.messages("CS_RESPOND").await, 0);
});

story!(streams_refuse_rather_than_drop, |stage| {
    let bus = stage.bus().await;
    for name in [
        "CS_INTAKE",
        "CS_DECISION_UI",
        "CS_DECISION_SERVICENOW",
        "CS_RESPOND",
        "CS_OUTCOME",
        "CS_EVENT",
        "CS_RECEIPT",
        "CS_DEAD",
    ] {
        let settings = bus.settings(name).await;
        let as_wanted = (settings.discard, settings.retention, settings.storage);
        use async_nats::jetstream::stream::{DiscardPolicy, RetentionPolicy, StorageType};
        assert_eq!(as_wanted, (DiscardPolicy::New, RetentionPolicy::Limits, StorageType::File));
        assert!(settings.max_bytes > 0 && settings.deny_delete && settings.deny_purge, "{name}");
    }
});

story!(events_tell_anyone_what_happened, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.approver("Ada").approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
    merge_request.force_merge();
    stage.state_becomes(&merge_request, "Merged").await;
    stage.is_quiet().await;
    let events = stage.bus().await.read_all("CS_EVENT").await;
    let mut types: Vec<_> =
        events.iter().map(|(_, event)| event["type"].as_str().unwrap()).collect();
    types.sort_unstable();
    assert_eq!(
        types,
        [
            "decision-accepted",
            "request-approved",
            "request-cancelled",
            "request-opened",
            "response-delivered"
        ]
    );
    let id = stage.request_id(&merge_request);
    assert!(events.iter().all(|(_, event)| event["request_id"] == id.as_str()));
});
