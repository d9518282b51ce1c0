//! Rules: who may decide about what, and how the page explains it.

use reqwest::StatusCode;
use serde_json::json;
use tests::{Stage, Terms, story};
use uuid::Uuid;

/// Two parties must approve what goes to production; nothing else has a rule.
const TWO_PARTIES: &str = r#"
[[policy.rule]]
name = "Production"
projects = ["shop/**"]
target_branches = ["main"]
requires.all_of = [{ people = ["ada"] }, { groups = ["cab"], sources = ["servicenow"] }]
reason = "always"
"#;

/// One approval, or two for what is labelled.
const RISKY: &str = r#"
[[policy.rule]]
name = "Risky"
labels = ["risky"]
requires.approvals = 2

[[policy.rule]]
name = "All others"
requires.approvals = 1
"#;

/// Whoever is this user in GitLab goes by this name here.
fn known_as(name: &str, user: &gitlab_sim::User) -> String {
    format!(
        "[[policy.person]]\nname = \"{name}\"\ngitlab_user_ids = [{}]\nidentities = [\"ui:{}\"]\n",
        user.id(),
        name.to_lowercase().replace(' ', "."),
    )
}

fn change_manager(stage: &Stage, merge_request: &gitlab_sim::MergeRequest) -> serde_json::Value {
    json!({
        "decision_id": Uuid::new_v4().to_string(), "verdict": "approve",
        "request_id": stage.request_id(merge_request), "sha": merge_request.sha(),
        "actor": { "id": "jane.doe", "name": "Jane Doe", "groups": ["cab"] },
        "reason": "CAB of Tuesday",
    })
}

story!(two_parties_must_approve, Terms::default().file(TWO_PARTIES), |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let ada = stage.approver("Ada");
    let page = ada.opens_newest(&merge_request).await;
    let page = ada.decides(&page, "approve", "Looks right").await;
    assert_eq!(page.text_after("<dd id=\"rule\""), "Production");
    let missing = "0 of 1: needs one more approval from cab (through servicenow).";
    assert_eq!(page.banner(), format!("Waiting {missing}"));
    let tree = format!("Missing: all of these Met: Approved by Ada for ada. Missing: {missing}");
    assert_eq!(page.text_after("<ul class=\"tree\""), tree);
    let receipt = stage.outside_system().decides(&change_manager(stage, &merge_request)).await;
    assert_eq!(receipt["code"], "accepted");
    merge_request.status_becomes(&stage.check, "passed").await;
});

story!(who_is_not_named_by_the_rule_may_not_decide, Terms::default().file(TWO_PARTIES), |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let page = stage.approver("Eve").rejects(&merge_request, "No").await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    let notice = "Not recorded as a decision. Eve may not decide here. Those who may: ada, cab \
                  (through servicenow).";
    assert_eq!(page.notice(), notice);
});

story!(an_approval_may_need_a_reason, Terms::default().file(TWO_PARTIES), |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let page = stage.approver("Ada").approves(&merge_request).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let notice = "Not recorded as a decision. To approve needs a reason; say why.";
    assert_eq!(page.notice(), notice);
});

story!(where_no_rule_is_nobody_can_approve, Terms::default().file(TWO_PARTIES), |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    merge_request.retarget("develop");
    stage.gitlab.calls_settled().await;
    let said = "No rule of the policy is for this merge request, so nobody can approve it.";
    let ada = stage.approver("Ada");
    let id = stage.request_id(&merge_request);
    tests::until("the page to say so", async || {
        ada.opens(&id).await.banner() == format!("Waiting {said}")
    })
    .await;
    let page = ada.approves(&merge_request).await;
    assert_eq!(page.notice(), format!("Not recorded as a decision. {said}"));
    assert_eq!(merge_request.status(&stage.check), "pending");
});

story!(other_labels_can_mean_another_rule, Terms::default().file(RISKY), |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.approver("Ada").approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
    merge_request.set_labels(&["risky"]);
    merge_request.status_becomes(&stage.check, "failed").await;
    let page = stage.approver("Bob").opens_newest(&merge_request).await;
    assert_eq!(page.text_after("<dd id=\"rule\""), "Risky");
    let said = "Waiting 1 of 2: needs one more approval. Approved so far by Ada.";
    assert_eq!(page.banner(), said);
    stage.approver("Bob").approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
});

story!(the_author_may_not_approve, |stage| {
    let grace = stage.gitlab.user_named("grace", "Grace Mbeki");
    stage.is_configured_by(&known_as("Grace Mbeki", &grace));
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let page = stage.approver("Grace Mbeki").approves(&merge_request).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    let notice = "Not recorded as a decision. Grace Mbeki is the author of this merge request and \
                  may not approve it.";
    assert_eq!(page.notice(), notice);
    stage.approver("Ada").approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
});

story!(who_has_pushed_may_not_approve, |stage| {
    let bob = stage.gitlab.user_named("bob", "Bob Ross");
    stage.is_configured_by(&known_as("Bob Ross", &bob));
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    merge_request.push_by(&bob);
    // Somebody else's push does not take that back.
    merge_request.push();
    stage.state_becomes(&merge_request, "Waiting").await;
    stage.gitlab.calls_settled().await;
    stage.is_quiet().await;
    let page = stage.approver("Bob Ross").approves(&merge_request).await;
    let notice = "Not recorded as a decision. Bob Ross has pushed to this merge request and may \
                  not approve it.";
    assert_eq!(page.notice(), notice);
});

story!(the_record_says_which_policy_a_verdict_was_made_under, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.approver("Ada").approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
    let said = stage.operator().says(&["policy", "check"]);
    let hash = said.text.rsplit(' ').next().unwrap().to_owned();
    let became = stage.audit_data("became").await;
    assert_eq!(became[0]["policy"], hash.as_str());
});

story!(a_policy_is_explained_before_it_is_used, Terms::default().file(TWO_PARTIES), |stage| {
    let rule = "Production: project shop/**, into main\n  all of\n    1 approval from ada\n    \
                1 approval from cab (through servicenow)\n  neither its author nor those who \
                pushed may approve\n  every decision needs a reason";
    let said = stage.operator().says(&["policy", "check", "--project", "shop/backend"]);
    assert_eq!((said.code, said.text.as_str()), (Some(0), rule));
    let said = stage.operator().says(&["policy", "check", "--project", "tools/lint"]);
    let nobody = "countersign: No rule of the policy is for this merge request, so nobody can \
                  approve it.";
    assert_eq!((said.code, said.text.as_str()), (Some(1), nobody));
});

story!(a_wrong_policy_is_refused_before_anything_starts, |stage| {
    let file =
        stage.writes_config("[[policy.rule]]\nname = \"R\"\nrequires.sources = [\"jira\"]\n");
    let operator = stage.operator().with("COUNTERSIGN_CONFIG", &file);
    let said = operator.says(&["policy", "check"]);
    let why = "countersign: policy.rule \"R\": there is no source.jira";
    assert_eq!((said.code, said.text.as_str()), (Some(64), why));
    assert_eq!(operator.says(&["recorder"]).code, Some(64));
});

story!(what_is_open_is_judged_anew_when_the_policy_changes, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.approver("Ada").approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
    stage.is_configured_by("[policy]\napprovals = 2\n");
    merge_request.status_becomes(&stage.check, "failed").await;
    let page = stage.approver("Bob").approves(&merge_request).await;
    assert_eq!(page.banner(), "Approved Approved by Ada, Bob.");
    merge_request.status_becomes(&stage.check, "passed").await;
    let [first, second] = &stage.audit_data("policy").await[..] else { panic!("two policies") };
    assert_eq!(second["before"], first["policy"]);
});

/// A freeze from and until so many seconds from now.
pub(crate) fn freeze(from: i64, until: i64) -> String {
    let now = jiff::Timestamp::from_microsecond(kit::clock::now_micros()).unwrap();
    let at = |seconds| {
        let at = now + jiff::SignedDuration::from_secs(seconds);
        at.to_zoned(jiff::tz::TimeZone::UTC).datetime()
    };
    format!(
        "[[policy.freeze]]\nname = \"Year end\"\ntime_zone = \"UTC\"\nfrom = \"{}\"\nuntil = \
         \"{}\"\n",
        at(from),
        at(until)
    )
}

story!(in_a_freeze_nobody_can_approve, Terms::default().file(&freeze(-60, 86_400)), |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let page = stage.approver("Ada").approves(&merge_request).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    let frozen = page.text_after("<p class=\"notice bad\" id=\"frozen\"");
    assert!(frozen.starts_with("Frozen by \"Year end\" until "), "{frozen}");
    assert_eq!(page.notice(), format!("Not recorded as a decision. {frozen}"));
    stage.approver("Ada").rejects(&merge_request, "Not this year").await;
    merge_request.status_becomes(&stage.check, "failed").await;
});

story!(a_freeze_that_begins_takes_a_passed_back, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.approver("Ada").approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
    // It is known from the next start on, and begins after that.
    stage.is_configured_by(&freeze(2, 86_400));
    merge_request.status_becomes(&stage.check, "failed").await;
    let page = stage.approver("Ada").opens_newest(&merge_request).await;
    assert_eq!(page.banner(), "Waiting 0 of 1: needs one more approval.");
});

/// Documentation is approved by the rule itself, and drafts are rejected.
const BY_ITSELF: &str = r#"
[[policy.rule]]
name = "Production"
requires.approvals = 1
reject_when = "draft"
approve_when = "'docs-only' in labels"
"#;

story!(a_rule_approves_by_itself, Terms::default().file(BY_ITSELF).a_rule_approves(), |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.state_becomes(&merge_request, "Waiting").await;
    merge_request.set_labels(&["docs-only"]);
    merge_request.status_becomes(&stage.check, "passed").await;
    let page = stage.approver("Ada").opens_newest(&merge_request).await;
    let said = "Approved by the rule Production itself: 'docs-only' in labels.";
    assert_eq!(page.banner(), format!("Approved {said}"));
    let tree = page.text_after("<ul class=\"tree\"");
    assert!(
        tree.starts_with("Met: all of these Met: Not rejected by the rule Production"),
        "{tree}"
    );
    assert!(tree.ends_with(&format!("Met: {said}")), "{tree}");
    merge_request.set_labels(&[]);
    merge_request.status_becomes(&stage.check, "failed").await;
});

story!(a_policy_with_conditions_explains_itself, Terms::default().file(BY_ITSELF), |stage| {
    let said = stage.operator().says(&["policy", "check"]).text;
    assert!(said.contains("\n  rejects by itself when draft\n"), "{said}");
    assert!(said.contains("\n  approves by itself when 'docs-only' in labels"), "{said}");
});

story!(a_proposed_policy_is_tried_on_what_was_decided, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.approver("Ada").approves(&merge_request).await;
    let other = stage.opens_merge_request("Slower checkout").await;
    stage.approver("Bob").rejects(&other, "Too slow").await;
    merge_request.status_becomes(&stage.check, "passed").await;
    let replayed = |policy: &str| {
        let file = stage.writes_config(policy);
        stage.operator().says(&["policy", "replay", "--since", "1d", "--policy", &file])
    };
    let same = replayed("[policy]\napprovals = 1").text;
    assert!(same.starts_with("2 requests since 20"), "{same}");
    assert!(same.ends_with(" UTC: every one would have the verdict that it has."), "{same}");
    let stricter = replayed("[policy]\napprovals = 2");
    assert_eq!(stricter.code, Some(0));
    let said = "1 of 2: needs one more approval. Approved so far by Ada.";
    let row = stricter.text.lines().find(|line| line.starts_with("shop/backend!")).unwrap();
    assert!(row.contains("approved  waiting") && row.ends_with(said), "{}", stricter.text);
    let wrong = replayed("[policy]\napprovals = 0");
    assert_eq!(wrong.code, Some(64), "{}", wrong.text);
});

/// One person with an account here and one in the other system.
const TWO_ACCOUNTS: &str = r#"
[policy]
approvals = 2

[[policy.person]]
name = "Ada"
identities = ["ui:ada", "servicenow:a.lovelace"]
"#;

story!(one_person_is_one_voice_here_and_there, Terms::default().file(TWO_ACCOUNTS), |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.approver("Ada").approves(&merge_request).await;
    let mut decision = change_manager(stage, &merge_request);
    decision["actor"] = json!({ "id": "a.lovelace", "name": "Ada" });
    let receipt = stage.outside_system().decides(&decision).await;
    assert_eq!(receipt["accepted"], true, "{receipt}");
    let page = stage.approver("").opens_newest(&merge_request).await;
    assert!(page.banner().contains("1 of 2: needs one more approval."), "{}", page.banner());
    assert_eq!(merge_request.status(&stage.check), "pending");
    stage.approver("Ben").approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
});
