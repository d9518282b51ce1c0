//! What is published as JSON Schema is what goes over the bus, and what the code takes.

use jsonschema::Validator;
use serde_json::{Value, json};
use tests::{Stage, story};
use uuid::Uuid;

fn schema(stage: &Stage, of: &str) -> Validator {
    let printed = stage.operator().says(&["schema", of]).json();
    let options = jsonschema::options().should_validate_formats(true);
    options.build(&printed).unwrap()
}

story!(what_is_said_on_the_bus_is_as_published, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.approver("Ada").rejects(&merge_request, "Not yet").await;
    stage.approver("Ada").approves(&merge_request).await;
    merge_request.push();
    stage.is_quiet().await;
    let bus = stage.bus().await;
    for (stream, of) in
        [("CS_DECISION_UI", "decision"), ("CS_RECEIPT", "receipt"), ("CS_EVENT", "event")]
    {
        let (schema, said) = (schema(stage, of), bus.read_all(stream).await);
        assert!(said.len() >= 2, "{stream}");
        for (subject, message) in said {
            assert!(schema.is_valid(&message), "{subject}: {message}");
        }
    }
});

story!(what_is_published_as_wrong_is_refused_and_what_is_right_is_not, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.is_quiet().await;
    let whole = json!({
        "request_id": stage.request_id(&merge_request), "verdict": "approve",
        "sha": merge_request.sha(), "actor": { "id": "jane.doe", "groups": ["cab"] },
        "reason": "Fine", "evidence": [{ "label": "x", "url": "https://example.com" }],
    });
    let (schema, bus) = (schema(stage, "decision"), stage.bus().await);
    let mut told = Vec::new();
    for (field, value) in [
        ("later", json!("a field of a newer version")),
        ("verdict", json!("Approve")),
        ("verdict", json!("passed")),
        ("sha", json!(merge_request.sha()[..8])),
        ("sha", json!(merge_request.sha().to_uppercase())),
        ("request_id", json!("7")),
        ("actor", json!({ "name": "Jane" })),
        ("actor", json!({ "id": " " })),
    ] {
        let mut decision = whole.clone();
        decision["decision_id"] = json!(Uuid::new_v4());
        decision[field] = value;
        told.push((decision["decision_id"].clone(), schema.is_valid(&decision), decision.clone()));
        bus.publish("countersign.decision.v1.servicenow", &decision.to_string()).await;
    }
    stage.is_quiet().await;
    let receipts: Vec<Value> =
        bus.read_all("CS_RECEIPT").await.into_iter().map(|it| it.1).collect();
    for (id, valid, decision) in told {
        let receipt = receipts.iter().find(|it| it["decision_id"] == id).unwrap();
        assert_eq!(receipt["code"] != "invalid", valid, "{decision} {receipt}");
    }
});
