//! People sign in with a password of their own.

use reqwest::StatusCode;
use tests::{Approver, Stage, Terms, story};

const PASSWORD: &str = "a-password-of-ada";

fn local() -> Terms {
    Terms::default().with("COUNTERSIGN_UI__SIGN_IN", "local")
}

/// An operator adds Ada, who belongs to the group cab.
fn adds_ada(stage: &Stage) {
    let words = ["user", "add", "ada", "--name", "Ada Lovelace", "--group", "cab", "--by", "Olga"];
    let said = stage.operator().types(&words, &format!("{PASSWORD}\n"));
    assert_eq!((said.code, said.text.as_str()), (Some(0), "ada can sign in."));
}

async fn signed_in(stage: &Stage) -> Approver {
    let ada = stage.approver("");
    assert_eq!(ada.signs_in("ada", PASSWORD).await.html, "see /approval-apps/");
    ada
}

/// Waits until the call is on record; what stands on the page of its request.
async fn has_request(stage: &Stage) -> (gitlab_sim::MergeRequest, String) {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.is_quiet().await;
    let path = format!("/approval-apps/r/{}", stage.request_id(&merge_request));
    (merge_request, path)
}

story!(
    a_decision_is_on_record_with_the_groups_of_who_signed_in,
    local().with("COUNTERSIGN_POLICY__GROUPS", "[\"cab\"]"),
    |stage| {
        adds_ada(stage);
        let (merge_request, path) = has_request(stage).await;
        let ada = signed_in(stage).await;
        let page = ada.gets(&path).await;
        assert!(page.html.contains("<span>Ada Lovelace</span>"), "{}", page.html);
        let form = page.form("approve");
        let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let decided = ada.sends(&page.url, &form, &[]).await;
        assert_eq!(decided.notice(), "Recorded: approve. Approved by Ada Lovelace for cab.");
        merge_request.status_becomes(&stage.check, "passed").await;
        assert!(stage.audit_records().await.contains("cab"));
    }
);

story!(what_was_wrong_is_not_said, local(), |stage| {
    adds_ada(stage);
    let mut said = Vec::new();
    for (login, password) in [("ada", "a-password-of-eve"), ("eve", PASSWORD)] {
        let refused = stage.approver("").signs_in(login, password).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        said.push(refused.notice());
    }
    assert_eq!(said, ["The login name or the password is wrong."; 2]);
    let refused = stage.audit_data("sign-in-refused").await;
    assert_eq!(refused, [serde_json::json!({ "person": "ada" })], "nobody is named Eve");
    signed_in(stage).await;
    assert_eq!(stage.audit_data("signed-in").await.len(), 1);
});

story!(who_guesses_waits, local(), |stage| {
    adds_ada(stage);
    let eve = stage.approver("");
    for _ in 0..5 {
        assert_eq!(eve.signs_in("ada", "a-wrong-guess").await.status, StatusCode::UNAUTHORIZED);
    }
    let refused = eve.signs_in("ada", PASSWORD).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.notice(), "Too many attempts; try again in 1 minute.");
});

fn behind_a_proxy() -> Terms {
    local().with("COUNTERSIGN_UI__ADDRESS_HEADER", "x-forwarded-for")
}

story!(who_guesses_behind_a_proxy_locks_nobody_else_out, behind_a_proxy(), |stage| {
    adds_ada(stage);
    // What stands first has come from the browser.
    let eve = stage.approver("").at("198.51.100.1, 203.0.113.9");
    for number in 0..20 {
        let refused = eve.signs_in(&format!("somebody-{number}"), "a-wrong-guess").await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    }
    let moved = stage.approver("").at("198.51.100.2, 203.0.113.9");
    assert_eq!(moved.signs_in("ada", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
    let ada = stage.approver("").at("203.0.113.10");
    assert_eq!(ada.signs_in("ada", PASSWORD).await.html, "see /approval-apps/");
});

story!(who_signs_out_is_out, local(), |stage| {
    adds_ada(stage);
    let ada = signed_in(stage).await;
    let kept = stage.approver("");
    kept.has_cookies_of(&ada);
    let list = ada.opens_list().await;
    assert_eq!(ada.signs_out(&list).await.html, "see /approval-apps/sign-in");
    assert_eq!(kept.opens_list().await.html, "see /approval-apps/sign-in");
});

story!(who_is_disabled_or_has_a_new_password_is_out_at_once, local(), |stage| {
    adds_ada(stage);
    let operator = stage.operator();
    let ada = signed_in(stage).await;
    let why = ["user", "disable", "ada", "--by", "Olga", "--reason", "Has left"];
    assert_eq!(operator.says(&why).text, "ada cannot sign in any more.");
    assert_eq!(ada.opens_list().await.html, "see /approval-apps/sign-in");
    assert_eq!(ada.signs_in("ada", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    let back = operator.says(&["user", "enable", "ada", "--by", "Olga"]);
    assert_eq!(back.text, "ada can sign in again.");
    let ada = signed_in(stage).await;
    let new = operator.types(&["user", "password", "ada", "--by", "Olga"], "another-password");
    assert_eq!(new.text, "ada has a new password and must sign in again.");
    assert_eq!(ada.opens_list().await.html, "see /approval-apps/sign-in");
});

story!(each_sign_in_is_another_session, local(), |stage| {
    adds_ada(stage);
    let (one, other) = (signed_in(stage).await, signed_in(stage).await);
    assert_ne!(one.cookie(), other.cookie());
    assert_eq!(stage.rows("session").await, 2);
});

story!(a_decision_without_a_session_is_not_recorded, local(), |stage| {
    adds_ada(stage);
    let (_, path) = has_request(stage).await;
    let ada = signed_in(stage).await;
    let page = ada.gets(&path).await;
    let list = ada.opens_list().await;
    ada.signs_out(&list).await;
    let refused = ada.decides(&page, "approve", "").await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert!(refused.html.contains("You are not signed in any more. Nothing was recorded"));
    assert_eq!(ada.gets("/approval-apps/events").await.status, StatusCode::UNAUTHORIZED);
    signed_in(stage).await;
    assert_eq!(stage.rows("decision").await, 0);
});

story!(signing_in_leads_to_the_page_that_was_wanted_and_nowhere_else, local(), |stage| {
    adds_ada(stage);
    let ada = stage.approver("");
    let form = ada.gets("/approval-apps/r/7?said=8").await;
    assert_eq!(form.status, StatusCode::SEE_OTHER);
    assert_eq!(form.html, "see /approval-apps/sign-in?next=/approval-apps/r/7%3Fsaid%3D8");
    let page = ada.signs_in_to("/approval-apps/r/7", "ada", PASSWORD).await;
    assert_eq!(page.html, "see /approval-apps/r/7");
    let eve = stage.approver("");
    let page = eve.signs_in_to("https://evil.example/approval-apps/", "ada", PASSWORD).await;
    assert_eq!(page.html, "see /approval-apps/");
});

story!(the_first_person_is_asked_for, local(), |stage| {
    let words = "Nobody can sign in yet. Create the first person: countersign user add …";
    let stranger = stage.approver("");
    assert_eq!(stranger.gets("/approval-apps/sign-in").await.notice(), words);
    let short = stage.operator().types(&["user", "add", "ada", "--name", "Ada", "--by", "O"], "x");
    assert_eq!(short.text, "countersign: a password has at least 12 characters");
    adds_ada(stage);
    assert_eq!(stranger.gets("/approval-apps/sign-in").await.notice(), "");
});

story!(every_page_has_the_same_locks, local(), |stage| {
    for path in ["/approval-apps/", "/approval-apps/sign-in", "/approval-apps/events", "/nowhere"] {
        let answer = stage.http().get(format!("{}{path}", stage.url())).send().await.unwrap();
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        let policy = header("content-security-policy");
        for part in
            ["default-src 'none'", "form-action 'self'", "base-uri 'none'", "frame-ancestors"]
        {
            assert!(policy.contains(part) && !policy.contains("unsafe"), "{path}: {policy}");
        }
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "same-origin");
        assert_eq!(header("cache-control"), "no-store");
    }
});

story!(a_password_is_nowhere_to_be_read, local(), |stage| {
    adds_ada(stage);
    signed_in(stage).await;
    stage.approver("").signs_in("ada", "a-wrong-guess").await;
    let groups = ["user", "groups", "ada", "--group", "qa", "--by", "Olga"];
    assert_eq!(stage.operator().says(&groups).text, "The groups of ada: qa.");
    let listed = stage.operator().says(&["user", "list"]);
    assert_eq!(listed.rows()[0][..3], ["ada", "Ada Lovelace", "qa"]);
    let records = stage.audit_records().await;
    assert!(records.contains("Olga added Ada Lovelace as ada."), "{records}");
    for text in [records, stage.log(), listed.text] {
        assert!(!text.contains(PASSWORD) && !text.contains("argon2"), "{text}");
        assert!(!text.contains("a-wrong-guess"), "{text}");
    }
});

story!(
    visitors_of_the_demo_pick_who_they_are,
    Terms::default().with("COUNTERSIGN_UI__SIGN_IN", "demo"),
    |stage| {
        let (_, path) = has_request(stage).await;
        let visitor = stage.approver("");
        assert_eq!(visitor.opens_list().await.html, "see /approval-apps/sign-in");
        let page = visitor.gets("/approval-apps/sign-in").await;
        assert!(page.html.contains("<strong>Grace Hopper</strong>"), "{}", page.html);
        let token = page.hidden("token");
        let pick =
            |person| [("person", person), ("token", token.as_str()), ("next", path.as_str())];
        let nobody = visitor.posts("/approval-apps/sign-in/pick", &pick("eve")).await;
        assert_eq!(nobody.status, StatusCode::FORBIDDEN);
        let picked = visitor.posts("/approval-apps/sign-in/pick", &pick("grace")).await;
        assert_eq!(picked.html, format!("see {path}"));
        assert!(visitor.gets(&path).await.html.contains("<span>Grace Hopper</span>"));
    }
);
