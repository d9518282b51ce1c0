//! People sign in at an OpenID provider, which is asked about them again.

use gitlab_sim::MergeRequest;
use reqwest::StatusCode;
use tests::{Approver, IdentityProvider, Stage, story, until};

/// Seconds after which a story need not see the provider asked again.
const SELDOM: u32 = 120;
/// The page that leads to the provider.
const GO: &str = "see /approval-apps/sign-in/go";

/// A provider that knows Ada of the change advisory board, asked this often.
async fn provider(stage: &mut Stage, recheck_seconds: u32) -> IdentityProvider {
    let provider = IdentityProvider::starts();
    provider.knows("ada", "Ada Lovelace", &["cab"]).await;
    stage.set_setting("COUNTERSIGN_UI__SIGN_IN", "oidc");
    stage.is_configured_by(&provider.config(recheck_seconds));
    provider
}

async fn signed_in(stage: &Stage, login: &str) -> Approver {
    let somebody = stage.approver("");
    assert_eq!(somebody.signs_in_at_provider(login).await.html, "see /approval-apps/");
    somebody
}

async fn waits(stage: &Stage) -> (MergeRequest, String) {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.is_quiet().await;
    let path = format!("/approval-apps/r/{}", stage.request_id(&merge_request));
    (merge_request, path)
}

story!(who_signs_in_at_the_provider_decides_with_their_groups, |stage| {
    let _provider = provider(stage, SELDOM).await;
    let (merge_request, path) = waits(stage).await;
    let ada = signed_in(stage, "ada").await;
    assert!(ada.cookie().unwrap().contains("__Host-countersign="), "{:?}", ada.cookie());
    let page = ada.gets(&path).await;
    assert!(page.html.contains("<span>Ada Lovelace</span>"), "{}", page.html);
    let form = page.form("approve");
    let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let decided = ada.sends(&page.url, &form, &[]).await;
    assert_eq!(decided.notice(), "Recorded: approve. Approved by Ada Lovelace.");
    merge_request.status_becomes(&stage.check, "passed").await;
    let recorded = stage.texts("decision", &["actor_id", "actor_groups"]).await;
    assert_eq!(recorded, ["ada[\"cab\"]"]);
});

story!(who_is_gone_at_the_provider_is_out, |stage| {
    let provider = provider(stage, 1).await;
    let ada = signed_in(stage, "ada").await;
    let mut heard = ada.listens().await;
    assert_eq!(heard.next().await.kind, "ready");
    provider.forgets("ada").await;
    until("Ada to be out", async || ada.opens_list().await.html == GO).await;
    assert_eq!(stage.rows("session").await, 0);
    heard.ends().await;
    let again = ada.signs_in_at_provider("ada").await;
    assert_ne!(again.html, "see /approval-apps/");
});

story!(new_groups_count_without_signing_in_again, |stage| {
    let provider = provider(stage, 1).await;
    let (_, path) = waits(stage).await;
    let ada = signed_in(stage, "ada").await;
    assert!(ada.gets(&path).await.html.contains("class=\"decide\""));
    provider.knows("ada", "Ada Lovelace", &["dev"]).await;
    until("Ada to be a developer", async || {
        ada.gets(&path).await.html.contains("id=\"looks-only\"")
    })
    .await;
    let told = stage.audit_data("person-changed").await;
    assert_eq!(told[0]["groups"], serde_json::json!(["dev"]));
});

story!(a_session_ends_when_the_provider_cannot_be_asked_for_long, |stage| {
    let provider = provider(stage, 1).await;
    let ada = signed_in(stage, "ada").await;
    provider.is_lost();
    until("the page to be shut", async || {
        ada.opens_list().await.status == StatusCode::SERVICE_UNAVAILABLE
    })
    .await;
    let page = ada.opens_list().await;
    assert!(page.html.contains("The identity provider does not answer"), "{}", page.html);
});

story!(nobody_signs_in_while_the_provider_is_away, |stage| {
    provider(stage, SELDOM).await.is_lost();
    let page = stage.approver("").signs_in_at_provider("ada").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(page.notice(), "127.0.0.1 does not answer now. Try again in a moment.");
});

story!(windows_that_ask_at_once_do_not_end_the_session, |stage| {
    let _provider = provider(stage, 1).await;
    let ada = signed_in(stage, "ada").await;
    let first = stage.texts("session", &["proof"]).await;
    // Each refresh token works once: whoever used one twice would be out.
    until("the provider to be asked twice", async || {
        let pages = futures::future::join_all((0..8).map(|_| ada.opens_list())).await;
        assert!(pages.iter().all(|page| page.status == StatusCode::OK));
        stage.texts("session", &["proof"]).await != first
    })
    .await;
    assert_eq!(stage.rows("session").await, 1);
});

story!(a_sign_in_belongs_to_the_browser_that_began_it, |stage| {
    let _provider = provider(stage, SELDOM).await;
    let stranger = stage.approver("");
    let callback = "/approval-apps/sign-in/callback?code=x&state=y";
    let sentence = "This sign-in was begun in another browser, or took too long. Try again.";
    let refused = stranger.gets(callback).await;
    assert_eq!((refused.status, refused.notice().as_str()), (StatusCode::FORBIDDEN, sentence));
    stranger.gets("/approval-apps/sign-in/go").await;
    let refused = stranger.gets(callback).await;
    assert_eq!((refused.status, refused.notice().as_str()), (StatusCode::FORBIDDEN, sentence));
    assert_eq!(stage.rows("session").await, 0);
});

story!(a_code_that_the_provider_does_not_know_lets_nobody_in, |stage| {
    let _provider = provider(stage, SELDOM).await;
    let eve = stage.approver("");
    eve.gets("/approval-apps/sign-in/go").await;
    let cookie = eve.cookie().unwrap();
    let state = cookie.split("__Host-countersign-attempt=").nth(1).unwrap().split('.').next();
    for query in ["code=made-up", "error=access_denied"] {
        let callback = format!("/approval-apps/sign-in/callback?{query}&state={}", state.unwrap());
        let eve = stage.approver("");
        eve.has_cookie(&cookie);
        let refused = eve.gets(&callback).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        assert_eq!(refused.notice(), "127.0.0.1 did not let you in.");
    }
});

story!(who_signs_out_can_sign_out_there_too, |stage| {
    let provider = provider(stage, SELDOM).await;
    let ada = signed_in(stage, "ada").await;
    let list = ada.opens_list().await;
    let kept = stage.approver("");
    kept.has_cookies_of(&ada);
    assert_eq!(ada.signs_out(&list).await.html, "see /approval-apps/sign-in?out=1");
    let page = ada.gets("/approval-apps/sign-in?out=1").await;
    assert_eq!(page.notice(), "You are signed out here.");
    let there = format!("href=\"{}/session/end?client_id=countersign\"", provider.issuer());
    assert!(page.html.contains(&there), "{}", page.html);
    assert_eq!(kept.opens_list().await.html, GO);
});

story!(an_operator_can_shut_out_somebody_of_the_provider, |stage| {
    let provider = provider(stage, SELDOM).await;
    let ada = signed_in(stage, "ada").await;
    let operator = stage.operator();
    let password = operator.types(&["user", "password", "ada", "--by", "Olga"], "a-long-password");
    let there = format!("countersign: {} says this of them; change it there", provider.issuer());
    assert_eq!(password.text, there);
    let why = ["user", "disable", "ada", "--by", "Olga", "--reason", "Lost laptop"];
    assert_eq!(operator.says(&why).text, "ada cannot sign in any more.");
    assert_eq!(ada.opens_list().await.html, GO);
    let refused = ada.signs_in_at_provider("ada").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(refused.notice(), "You may not sign in here any more.");
});

story!(a_browser_has_one_session, |stage| {
    let _provider = provider(stage, SELDOM).await;
    let ada = signed_in(stage, "ada").await;
    let before = ada.cookie();
    let mut page = ada.gets("/approval-apps/sign-in/go").await;
    while let Some(to) = page.html.strip_prefix("see ").filter(|to| *to != "/approval-apps/") {
        page = ada.follows(&page.url, to).await;
    }
    assert_ne!(ada.cookie(), before);
    assert_eq!(stage.rows("session").await, 1);
    assert_eq!(stage.audit_data("signed-in").await.len(), 2);
});
