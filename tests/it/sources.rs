//! What systems must show before their decisions count, and how often they may decide.

use gitlab_sim::MergeRequest;
use nkeys::KeyPair;
use serde_json::{Value, json};
use tests::{Stage, story};
use uuid::Uuid;

const SUBJECT: &str = "countersign.decision.v1.servicenow";

fn approval(stage: &Stage, merge_request: &MergeRequest) -> Value {
    json!({
        "decision_id": Uuid::new_v4(), "request_id": stage.request_id(merge_request),
        "verdict": "approve", "sha": merge_request.sha(), "actor": { "id": "jane.doe" },
    })
}

/// The signature of a source over a decision, as `docs/integrations` says.
fn signature(key: &KeyPair, source: &str, decision: &Value) -> String {
    let signed = format!("countersign decision v1\n{source}\n{decision}");
    hex::encode(key.sign(signed.as_bytes()).unwrap())
}

/// Publishes a decision with a signature or without; code and sentence of its receipt.
async fn publishes(stage: &Stage, decision: &Value, signature: Option<&str>) -> (String, String) {
    let bus = stage.bus().await;
    let headers: Vec<_> = signature.map(|it| ("countersign-signature", it)).into_iter().collect();
    bus.publish_as(SUBJECT, &headers, decision).await;
    stage.is_quiet().await;
    let receipts = bus.read_all("CS_RECEIPT").await;
    let mut all = receipts.into_iter().map(|(_, receipt)| receipt);
    let receipt = all.find(|it| it["decision_id"] == decision["decision_id"]).unwrap();
    let text = |name: &str| receipt[name].as_str().unwrap().to_owned();
    (text("code"), text("message"))
}

story!(a_source_signs_where_it_must, |stage| {
    let (key, other) = (KeyPair::new_user(), KeyPair::new_user());
    let keys = format!("public_keys = [\"{}\", \"{}\"]", other.public_key(), key.public_key());
    stage.is_configured_by(&format!("[source.servicenow]\n{keys}\nsignature = \"required\""));
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let approval = || approval(stage, &merge_request);
    let (code, said) = publishes(stage, &approval(), None).await;
    let must = "The source servicenow must sign its decisions (header countersign-signature).";
    assert_eq!((code.as_str(), said.as_str()), ("not_allowed", must));
    let decision = approval();
    let foreign = signature(&key, "jira", &decision);
    let (_, said) = publishes(stage, &decision, Some(&foreign)).await;
    let wrong = "The signature is not one of the source servicenow over this message.";
    assert_eq!(said, wrong);
    let decision = approval();
    let right = signature(&key, "servicenow", &decision);
    assert_eq!(publishes(stage, &decision, Some(&right)).await.0, "accepted");
    let on_record = stage.audit_data("decided").await;
    assert_eq!(on_record[0]["signature"], json!(right));
});

story!(a_wrong_signature_never_counts, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let (code, said) = publishes(stage, &approval(stage, &merge_request), Some("00")).await;
    let sentence = "No public key of the source servicenow is configured, so its signature cannot \
                    count.";
    assert_eq!((code.as_str(), said.as_str()), ("not_allowed", sentence));
    let key = KeyPair::new_user();
    let keys = format!("[source.servicenow]\npublic_keys = [\"{}\"]", key.public_key());
    stage.is_configured_by(&keys);
    for wrong in ["", "zz", &"0".repeat(128), &"0".repeat(10_000)] {
        let (code, _) = publishes(stage, &approval(stage, &merge_request), Some(wrong)).await;
        assert_eq!(code, "not_allowed", "{wrong}");
    }
    let unsigned = publishes(stage, &approval(stage, &merge_request), None).await;
    assert_eq!(unsigned.0, "accepted", "a signature is optional");
});

story!(a_rule_takes_signed_decisions_only, |stage| {
    let key = KeyPair::new_user();
    let source = format!("[source.servicenow]\npublic_keys = [\"{}\"]", key.public_key());
    let rule = "[[policy.rule]]\nname = \"Production\"\nrequires.approvals = 1\nsigned = true";
    stage.is_configured_by(&format!("{source}\n{rule}"));
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let (_, said) = publishes(stage, &approval(stage, &merge_request), None).await;
    assert_eq!(said, "The rule Production takes only decisions that servicenow has signed.");
    let decision = approval(stage, &merge_request);
    let right = signature(&key, "servicenow", &decision);
    assert_eq!(publishes(stage, &decision, Some(&right)).await.0, "accepted");
    let page = stage.approver("Ada").rejects(&merge_request, "People need no signature").await;
    assert_eq!(page.state(), "Rejected");
});

story!(a_flood_of_one_source_holds_up_nobody_and_loses_nothing, |stage| {
    stage.is_configured_by("[source.servicenow]\ndecisions_a_minute = 60\n[source.jira]");
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let bus = stage.bus().await;
    for _ in 0..63 {
        bus.publish(SUBJECT, &approval(stage, &merge_request).to_string()).await;
    }
    let decision = approval(stage, &merge_request);
    bus.publish("countersign.decision.v1.jira", &decision.to_string()).await;
    let of = async |source: &str| {
        let receipts = bus.read_all("CS_RECEIPT").await;
        receipts.iter().filter(|(subject, _)| subject.contains(source)).count()
    };
    tests::until("jira to be heard", async || of("jira").await == 1).await;
    tests::until("the first minute to be heard", async || of("servicenow").await >= 60).await;
    stage.is_quiet().await;
    assert_eq!(of("servicenow").await, 63);
    assert!(stage.metrics().await.contains("countersign_decisions_paced_total "));
});

story!(over_http_who_decides_too_often_is_told_when_to_come_back, |stage| {
    stage.is_configured_by("[source.servicenow]\ndecisions_a_minute = 1");
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.is_quiet().await;
    let words = ["token", "create", "--source", "servicenow", "--note", "Gate", "--by", "Olga"];
    let made = stage.operator().says(&[&words[..], &["--scope", "decide"]].concat()).text;
    let servicenow = stage.api_client(made.lines().next());
    let decide = async || {
        let decision = json!({
            "decision_id": Uuid::new_v4(), "verdict": "approve", "sha": merge_request.sha(),
            "actor": { "id": "jane.doe" },
        });
        servicenow.decides(&stage.request_id(&merge_request), &decision).await
    };
    assert_eq!(decide().await.status, 201);
    let refused = decide().await;
    let said = "This source decides too often; try again after the time in Retry-After.";
    assert_eq!(refused.problem(), (429, "too_many_requests", said));
    assert!((1..=61).contains(&refused.retry_after), "{}", refused.retry_after);
    assert_eq!(stage.rows("decision").await, 1);
});
