//! Somebody at work in a real browser.

use tests::{Browser, Kind, Stage, Terms, story, tell};

/// Opens the list, as somebody.
async fn opens_list_as(browser: &Browser, stage: &Stage, name: &str) {
    browser.window.goto(format!("{}/approval-apps/", stage.url())).await.unwrap();
    browser.types("#my-name", name).await;
    browser.sees(".me button", "Save").await.click().await.unwrap();
    browser.sees(".tabs [aria-current]", "Waiting on me").await;
}

/// A story of the screen: what recorder stores it in makes no difference to it.
macro_rules! screen {
    ($name:ident, $terms:expr, |$stage:ident, $browser:ident| $body:block) => {
        #[test]
        fn $name() {
            tell(Kind::Sqlite, $terms, async |$stage| {
                let $browser = Browser::opens().await;
                $body
                $browser.closes().await;
            });
        }
    };
}

story!(from_the_call_to_the_green_widget, |stage| {
    let browser = Browser::opens().await;
    browser.window.goto(format!("{}/approval-apps/", stage.url())).await.unwrap();
    browser.sees("#empty", "Nothing waits for a decision.").await;
    browser.sees(".lamp", "live").await;
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    browser.sees("#rows .title", "Faster checkout").await;
    browser.sees("#rows .approve", "Approve").await.click().await.unwrap();
    browser.sees("dialog .approve", "Approve").await.click().await.unwrap();
    browser.sees("h1", "Who are you?").await;
    browser.types("#name", "Ada Lovelace").await;
    browser.sees(".decide .approve", "Approve").await.click().await.unwrap();
    browser.sees(".notice", "Recorded: approve. Approved by Ada Lovelace.").await;
    browser.sees("#now", "GitLab now shows: passed.").await;
    browser.window.goto(merge_request.web_url()).await.unwrap();
    browser.sees("main, body", "passed").await;
    browser.closes().await;
});

screen!(with_the_keyboard_alone, Terms::default(), |stage, browser| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let other = stage.opens_merge_request("Pay with one click").await;
    stage.is_quiet().await;
    opens_list_as(&browser, stage, "Ada").await;
    browser.sees(".lamp", "live").await;
    browser.presses("?").await;
    browser.sees("dialog", "approve").await;
    browser.presses("\u{e00c}").await;
    browser.presses("jjka").await;
    browser.sees("dialog h1", "Approve “Faster checkout”?").await;
    browser.presses("\u{e004}\u{e007}").await;
    browser.sees(".notice", "Recorded: approve.").await;
    merge_request.status_becomes(&stage.check, "passed").await;
    opens_list_as(&browser, stage, "Ada").await;
    browser.presses("/one click\u{e007}").await;
    browser.sees("#rows .title", "Pay with one click").await;
    browser.presses("jr").await;
    browser.sees("dialog h1", "Reject “Pay with one click”?").await;
    browser.presses("No tests\u{e004}\u{e007}").await;
    browser.sees(".notice", "Recorded: reject.").await;
    other.status_becomes(&stage.check, "failed").await;
});

screen!(without_scripts, Terms::default(), |stage, browser| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.is_quiet().await;
    browser.runs_scripts(false).await;
    opens_list_as(&browser, stage, "Ada").await;
    browser.sees("#rows .approve", "Approve").await.click().await.unwrap();
    browser.sees("h1", "Approve “Faster checkout”?").await;
    browser.sees(".decide .approve", "Approve").await.click().await.unwrap();
    browser.sees("#now", "GitLab now shows: passed.").await;
    merge_request.status_becomes(&stage.check, "passed").await;
});

screen!(a_second_window_sees_it, Terms::default(), |stage, browser| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.is_quiet().await;
    let path = format!("{}/approval-apps/r/{}", stage.url(), stage.request_id(&merge_request));
    browser.window.goto(&path).await.unwrap();
    browser.sees(".lamp", "live").await;
    browser.types("#reason", "I am still typing").await;
    stage.approver("Ada").approves(&merge_request).await;
    browser.sees("#explanation", "Approved by Ada.").await;
    browser.sees("#shown", "passed").await;
    browser.sees("#said", "Ada approved").await;
    let typed = browser.finds_out("return document.getElementById('reason').value").await;
    assert_eq!(typed, "I am still typing");
});

screen!(a_newer_commit_is_explained, Terms::default(), |stage, browser| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.is_quiet().await;
    let path = format!("{}/approval-apps/r/{}", stage.url(), stage.request_id(&merge_request));
    browser.runs_scripts(false).await;
    browser.window.goto(&path).await.unwrap();
    let (old, new) = (merge_request.sha(), merge_request.push());
    stage.state_becomes(&merge_request, "Waiting").await;
    browser.types("#my-name", "Ada").await;
    browser.sees("#deciding .approve", "Approve").await.click().await.unwrap();
    browser.types("#name", "Ada").await;
    browser.sees(".decide .approve", "Approve").await.click().await.unwrap();
    browser.sees(".notice", "A newer commit").await;
    let link = browser.sees(".banner a", "See what changed").await;
    let to = link.attr("href").await.unwrap().unwrap();
    assert!(to.ends_with(&format!("/-/compare/{old}...{new}?straight=true")), "{to}");
    browser.sees(".banner a", "Go to its request").await.click().await.unwrap();
    browser.sees(".banner", "Waiting").await;
});

screen!(after_a_cut_nothing_is_missing, Terms::default(), |stage, browser| {
    stage.opens_merge_request("Faster checkout").await;
    stage.is_quiet().await;
    opens_list_as(&browser, stage, "Ada").await;
    browser.sees(".lamp", "live").await;
    stage.is_killed();
    browser.sees(".lamp.stale", "").await;
    stage.starts();
    stage.opens_merge_request("Pay with one click").await;
    browser.sees("#rows .title", "Pay with one click").await;
    browser.sees(".lamp.live", "live").await;
});

screen!(
    with_a_password,
    Terms::default().with("COUNTERSIGN_UI__SIGN_IN", "local"),
    |stage, browser| {
        let words = ["user", "add", "ada", "--name", "Ada Lovelace", "--by", "Olga"];
        assert_eq!(stage.operator().types(&words, "a-password-of-ada\n").code, Some(0));
        stage.opens_merge_request("Faster checkout").await;
        stage.is_quiet().await;
        browser
            .window
            .goto(format!("{}/approval-apps/?show=mine&q=fast", stage.url()))
            .await
            .unwrap();
        browser.types("#login", "ada").await;
        browser.types("#password", "a-password-of-ada\u{e007}").await;
        browser.sees(".tabs [aria-current]", "Waiting on me").await;
        browser.sees("#rows .title", "Faster checkout").await;
        let url = browser.window.current_url().await.unwrap();
        assert_eq!(url.query(), Some("show=mine&q=fast"));
        browser.sees(".me button", "Sign out").await.click().await.unwrap();
        browser.sees("h1", "Sign in").await;
    }
);
