//! What time does: it makes nothing more permissive, and no restart forgets it.

use gitlab_sim::Status;
use tests::{Stage, Terms, story, until};

fn with_policy(name: &'static str, value: &str) -> Terms {
    Terms::default().with(name, value)
}

/// The events of a type about a request, by their sentence.
async fn told(stage: &Stage, kind: &str) -> Vec<String> {
    let events = stage.bus().await.read_all("CS_EVENT").await;
    let of_kind = events.into_iter().filter(|(_, event)| event["type"] == kind);
    of_kind.map(|(_, event)| event["message"].as_str().unwrap().to_owned()).collect()
}

story!(
    a_request_that_nobody_decides_expires,
    with_policy("COUNTERSIGN_POLICY__DECIDE_WITHIN", "700ms"),
    |stage| {
        let merge_request = stage.opens_merge_request("Faster checkout").await;
        let ada = stage.approver("Ada");
        let page = ada.opens_newest(&merge_request).await;
        merge_request.status_becomes(&stage.check, "failed").await;
        stage.state_becomes(&merge_request, "Expired").await;
        let late = ada.decides(&page, "approve", "").await;
        let sentence = "Nobody decided in time; press Retry in GitLab to ask again.";
        assert_eq!(late.notice(), format!("Not recorded as a decision. {sentence}"));
        assert_eq!(told(stage, "request-expired").await, [sentence]);
    }
);

story!(
    it_expires_although_nothing_ran_at_that_time,
    with_policy("COUNTERSIGN_POLICY__DECIDE_WITHIN", "1s"),
    |stage| {
        let merge_request = stage.opens_merge_request("Faster checkout").await;
        stage.is_quiet().await;
        stage.is_killed();
        stage.passes_time(std::time::Duration::from_millis(1100)).await;
        stage.starts();
        merge_request.status_becomes(&stage.check, "failed").await;
        stage.state_becomes(&merge_request, "Expired").await;
    }
);

story!(
    an_approval_that_is_too_old_is_taken_back,
    with_policy("COUNTERSIGN_POLICY__APPROVAL_LASTS", "1s"),
    |stage| {
        let merge_request = stage.opens_merge_request("Faster checkout").await;
        stage.approver("Ada").approves(&merge_request).await;
        merge_request.status_becomes(&stage.check, "passed").await;
        merge_request.status_becomes(&stage.check, "failed").await;
        stage.state_becomes(&merge_request, "Expired").await;
        merge_request.retry(&stage.check).unwrap();
        stage.state_becomes(&merge_request, "Waiting").await;
    }
);

story!(
    people_are_reminded,
    with_policy("COUNTERSIGN_POLICY__REMIND_AFTER", "[\"300ms\", \"600ms\"]"),
    |stage| {
        let merge_request = stage.opens_merge_request("Faster checkout").await;
        let sentence = "Still waiting. 0 of 1: needs one more approval.";
        stage.is_told(&merge_request, &format!("reminded: {sentence}"), 2).await;
        stage.is_quiet().await;
        assert_eq!(told(stage, "request-reminded").await, [sentence, sentence]);
    }
);

fn heartbeats() -> Terms {
    with_policy("COUNTERSIGN_POLICY__PENDING", "heartbeat")
        .with("COUNTERSIGN_POLICY__HEARTBEAT_EVERY", "200ms")
        .with("COUNTERSIGN_POLICY__HEARTBEAT_LASTS", "1s")
}

story!(heartbeats_keep_it_pending_until_their_end, heartbeats(), |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let pending = |_: &gitlab_sim::GitLabSim| {
        merge_request.rows().iter().filter(|row| row.status == Status::Pending).count() >= 4
    };
    stage.gitlab.until("heartbeats", pending).await;
    stage.passes_time(std::time::Duration::from_millis(1000)).await;
    stage.is_quiet().await;
    let beats = merge_request.rows().len();
    stage.passes_time(std::time::Duration::from_millis(500)).await;
    assert_eq!(merge_request.rows().len(), beats, "they have an end");
    stage.approver("Ada").approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
    let told = stage.approver("Ada").opens_newest(&merge_request).await.timeline();
    assert!(!told.iter().any(|line| line.contains("pending")), "no noise: {told:?}");
});

fn only_qa_fails_first() -> Terms {
    Terms::default()
        .with("COUNTERSIGN_POLICY__PENDING", "quiet")
        .file("[policy.check.\"Change approval\"]\npending = \"fail-first\"\n")
}

story!(fail_first_says_failed_until_somebody_approves, only_qa_fails_first(), |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    merge_request.status_becomes(&stage.check, "failed").await;
    stage.state_becomes(&merge_request, "Waiting").await;
    merge_request.retry(&stage.check).unwrap();
    merge_request.status_becomes(&stage.check, "failed").await;
    stage.approver("Ada").approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
});

story!(
    an_answer_of_which_nothing_is_heard_is_given_once_more,
    with_policy("COUNTERSIGN_RECORDER__RESEND_AFTER_MS", "1500").apart(),
    |stage| {
        let merge_request = stage.opens_merge_request("Faster checkout").await;
        stage.loses_role("decision");
        stage.approver("Ada").approves(&merge_request).await;
        let bus = stage.bus().await;
        until("a command", async || bus.messages("CS_RESPOND").await > 0).await;
        bus.deletes("CS_RESPOND").await;
        stage.has_role_again("decision");
        merge_request.status_becomes(&stage.check, "passed").await;
    }
);
