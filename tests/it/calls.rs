//! GitLab's calls: what is taken, what is refused, and with which words.

use gitlab_sim::signature_of;
use reqwest::{StatusCode, header};
use tests::{Call, HOOK_SECRET, Stage, Terms, story};

/// The body of a real call.
async fn real_body(stage: &Stage) -> String {
    stage.opens_merge_request("Faster checkout").await;
    stage.gitlab.deliveries().last().unwrap().body.clone()
}

#[test]
fn the_signature_is_the_one_of_gitlabs_own_test() {
    // ee/spec/services/external_status_checks/dispatch_service_spec.rb
    let expected = "6c52a647de5847fc387ead12919dc6a5b9ed08e9538583c83da266d958e33aec";
    assert_eq!(signature_of("shared_secret", b"{}"), expected);
}

story!(a_wrong_signature_leaves_no_trace_on_the_bus, |stage| {
    let body = real_body(stage).await;
    let bus = stage.bus().await;
    let before = bus.messages("CS_INTAKE").await;
    for (signature, words) in [
        (None, "The call is not signed"),
        (Some(String::new()), "The signature is not right"),
        (Some(signature_of("another secret", body.as_bytes())), "The signature is not right"),
        (Some(format!("sha256={}", signature_of(HOOK_SECRET, body.as_bytes()))), "The signature"),
        (Some(signature_of(HOOK_SECRET, b"another body")), "The signature is not right"),
    ] {
        let (status, text) = stage.calls(Call { signature, ..Call::signed(body.clone()) }).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert!(text.starts_with(words), "{text}");
    }
    assert_eq!(bus.messages("CS_INTAKE").await, before);
});

story!(two_duplicate_calls_make_one_request, |stage| {
    stage.gitlab.duplicate_calls(1);
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.is_quiet().await;
    assert_eq!(stage.rows("status_check").await, 1);
    assert_eq!(stage.rows("delivery").await, 2, "each delivery is on record");
    stage.approver("Ada").approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
    assert_eq!(stage.gitlab.answers().len(), 1);
});

story!(
    every_address_and_every_secret_of_a_hook_works,
    Terms::default().with("COUNTERSIGN_HOOK__DEFAULT__MORE_SECRETS", "['the old secret']"),
    |stage| {
        let body = real_body(stage).await;
        for path in [
            "/approval-apps/status_check",
            "/approval-apps/status_check/",
            "/approval-apps/status_check/default",
            "/approval-apps/status_check/default/",
        ] {
            let (status, text) = stage.calls(Call { path, ..Call::signed(body.clone()) }).await;
            assert_eq!((status, text.as_str()), (StatusCode::ACCEPTED, "recorded"), "{path}");
        }
        let old = Some(signature_of("the old secret", body.as_bytes()).to_uppercase());
        let (status, _) = stage.calls(Call { signature: old, ..Call::signed(body) }).await;
        assert_eq!(status, StatusCode::ACCEPTED);
    }
);

story!(what_is_not_a_call_is_refused_in_words, |stage| {
    let other = Call { path: "/approval-apps/status_check/other", ..Call::signed("{}") };
    let (status, text) = stage.calls(other).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(text.starts_with("There is no hook of this name"), "{text}");

    let form = Call { content_type: "application/x-www-form-urlencoded", ..Call::signed("{}") };
    let (status, text) = stage.calls(form).await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(text, "The body must be application/json, not encoded in any way.");

    let url = format!("{}/approval-apps/status_check", stage.url());
    let answer = stage.http().put(&url).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.headers()[header::ALLOW], "GET,HEAD,POST");

    let page = stage.http().get(&url).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("This address is for GitLab"), "{page}");
});

story!(
    a_signed_body_that_is_no_call_is_kept_with_its_cause,
    Terms::default().leaving_dead_letters(3),
    |stage| {
        for (body, words) in [
            ("not JSON", "The body is not JSON"),
            (r#"{"object_kind":"push"}"#, "The body is a push event"),
            (r#"{"object_kind":"merge_request"}"#, "external_approval_rule.id is missing"),
        ] {
            let (status, text) = stage.calls(Call::signed(body)).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
            let dead = stage.bus().await.read_all("CS_DEAD").await;
            let (subject, letter) = dead.last().unwrap();
            assert_eq!(subject, "countersign.dead.v1.ingress.not-a-call");
            assert_eq!(letter["cause"], text, "{words}");
        }
    }
);

story!(the_event_on_the_bus_is_small_and_holds_no_address, |stage| {
    let body = real_body(stage).await;
    assert!(body.contains("@"), "the call holds an e-mail address");
    let (subject, event) = stage.bus().await.read_all("CS_INTAKE").await.pop().unwrap();
    assert_eq!(subject, format!("countersign.intake.v1.main.{}", stage.project.id()));
    let text = event.to_string();
    assert!(!text.contains('@') && !text.contains("external_url"), "{text}");
    assert!(text.len() < 2_000, "{} bytes", text.len());
    assert_eq!(event["title"], "Faster checkout");
});
