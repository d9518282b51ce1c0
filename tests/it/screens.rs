//! What people see: every page without a violation of the rules of accessibility, in light, in dark
//! and on a phone, with its picture.

use tests::{Browser, Kind, Stage, Terms, tell};

/// Two parties must approve what goes to production, within two days.
const TWO_PARTIES: &str = r#"
[[policy.rule]]
name = "Production"
projects = ["shop/**"]
target_branches = ["main"]
requires.all_of = [{ people = ["ada.lovelace"] }, { approvals = 1, groups = ["cab"] }]
decide_within = "2d"

[[policy.rule]]
name = "All others"
requires.approvals = 1
"#;

/// Opens a page by its path.
async fn opens(browser: &Browser, stage: &Stage, path: &str) {
    browser.window.goto(format!("{}{path}", stage.url())).await.unwrap();
}

/// The page in all its looks; none may break a rule, and nothing may stick out of a narrow screen.
async fn is_looked_at(browser: &Browser, name: &str) {
    for (look, dark, pixels) in
        [("light", false, 1280), ("dark", true, 1280), ("phone", false, 320)]
    {
        browser.is_dark(dark).await;
        browser.is_wide(pixels).await;
        let wide = browser.finds_out("return document.documentElement.scrollWidth").await;
        assert!(wide.as_u64().unwrap() <= u64::from(pixels), "{name} in {look} is {wide} wide");
        browser.takes_picture(&format!("{name}-{look}")).await;
        let found = browser.violations().await;
        assert!(found.is_empty(), "{name} in {look}:\n{}", found.join("\n"));
    }
    browser.is_dark(false).await;
    browser.is_wide(1280).await;
}

async fn every_page(stage: &mut Stage) {
    let ada = stage.approver("Ada Lovelace");
    let browser = Browser::opens().await;
    browser.window.goto("data:text/html,<img src=x>").await.unwrap();
    assert!(!browser.violations().await.is_empty(), "the rules find nothing at all");
    opens(&browser, stage, "/approval-apps/").await;
    is_looked_at(&browser, "empty").await;
    let first = stage.opens_merge_request("Faster checkout").await;
    for title in ["Pay with one click", "Retry failed refunds", "Drop the old invoice format"] {
        stage.opens_merge_request(title).await;
    }
    stage.is_quiet().await;
    ada.approves(&first).await;
    browser.types("#my-name", "Ada Lovelace").await;
    browser.sees(".me button", "Save").await.click().await.unwrap();
    opens(&browser, stage, "/approval-apps/?show=waiting").await;
    browser.sees("#rows", "needs cab").await;
    is_looked_at(&browser, "list").await;
    let path = format!("/approval-apps/r/{}", stage.request_id(&first));
    for (name, path) in [
        ("request", path.clone()),
        ("confirm", format!("{path}/decide?verdict=reject")),
        ("not-found", "/approval-apps/nothing".to_owned()),
        ("insight", "/approval-apps/insight?days=7".to_owned()),
        ("operations", "/approval-apps/operations".to_owned()),
        ("audit", "/approval-apps/audit".to_owned()),
        ("dead-letters", "/approval-apps/dead-letters".to_owned()),
    ] {
        opens(&browser, stage, &path).await;
        is_looked_at(&browser, name).await;
    }
    opens(&browser, stage, &path).await;
    browser.sees("#author-link", "Why it waits").await.click().await.unwrap();
    browser.sees("#answer", "It waits for an approval.").await;
    is_looked_at(&browser, "why").await;
    opens(&browser, stage, "/approval-apps/").await;
    for _ in 0..2 {
        browser.presses("jx").await;
    }
    browser.sees(".many button", "Decide about the selected").await.click().await.unwrap();
    browser.sees("h1", "Decide about 2 requests").await;
    is_looked_at(&browser, "several").await;
    browser.types("#reason", "Release train 48").await;
    browser.sees("button.approve", "Approve the ticked").await.click().await.unwrap();
    browser.sees("h1", "2 of 2 recorded.").await;
    is_looked_at(&browser, "several-done").await;
    browser.closes().await;
}

#[test]
fn every_page_is_for_everyone() {
    tell(Kind::Sqlite, Terms::default().file(TWO_PARTIES), async |stage| every_page(stage).await);
}

#[test]
fn signing_in_is_for_everyone() {
    let terms = Terms::default().with("COUNTERSIGN_UI__SIGN_IN", "local").leaving_dead_letters(1);
    tell(Kind::Sqlite, terms, async |stage| {
        let words = ["user", "add", "ada", "--name", "Ada Lovelace", "--by", "Olga"];
        assert_eq!(stage.operator().types(&words, "a-password-of-ada\n").code, Some(0));
        let letter = [("ce-type", "dev.countersign.unknown.v1")];
        let data = serde_json::json!({ "from": "another version" });
        stage.bus().await.publish_as("countersign.intake.v1.main.6", &letter, &data).await;
        let id = stage.dead_letters_become(1).await.remove(0);
        let browser = Browser::opens().await;
        opens(&browser, stage, "/approval-apps/").await;
        is_looked_at(&browser, "sign-in").await;
        browser.types("#login", "ada").await;
        browser.types("#password", "a-password-of-ada\u{e007}").await;
        browser.sees("#empty", "Nothing waits for you.").await;
        opens(&browser, stage, &format!("/approval-apps/dead-letters/{id}")).await;
        is_looked_at(&browser, "dead-letter").await;
        browser.closes().await;
    });
}
