//! From the call to the green widget in a real browser.

use tests::{Browser, story};

story!(from_the_call_to_the_green_widget, |stage| {
    let browser = Browser::opens().await;
    browser.window.goto(format!("{}/approval-apps/", stage.url())).await.unwrap();
    browser.sees("#empty", "Nothing waits for a decision.").await;
    browser.sees(".lamp", "live").await;
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    browser.sees("#rows .title", "Faster checkout").await;
    browser.sees("#rows .approve", "Approve").await.click().await.unwrap();
    browser.sees("h1", "Who are you?").await;
    browser.types("#name", "Ada Lovelace").await;
    browser.sees(".decide .approve", "Approve").await.click().await.unwrap();
    browser.sees(".notice", "Recorded: approve. Approved by Ada Lovelace.").await;
    browser.sees("#shown", "passed").await;
    browser.window.goto(merge_request.web_url()).await.unwrap();
    browser.sees("main, body", "passed").await;
    browser.closes().await;
});
