//! Forms and addresses of the pages, as a browser is made to send them, or somebody without one.

use reqwest::{Method, StatusCode};
use tests::{Approver, Page, Stage, Terms, story};

use super::rows;

rows!(
    what_a_form_can_carry,
    [
        u02_from_another_site,
        u04_from_nowhere,
        u05_reading_where_deciding_is,
        u07_about_another_commit,
        u10_pressed_twice,
        u11_yes_and_no_at_once,
        u13_one_field_more,
        u14_other_words,
    ]
);

rows!(
    what_a_browser_can_be_made_to_do,
    [
        u16_in_a_frame,
        u22_asked_from_another_origin,
        u23_events_for_another_origin,
        u25_two_cookies_of_one_name,
    ]
);

/// Ada before the page of a request that waits.
async fn before_a_page(stage: &Stage, title: &str) -> (Approver, Page) {
    let merge_request = stage.opens_merge_request(title).await;
    let ada = stage.approver("Ada");
    ada.introduces_themselves().await;
    let page = ada.opens_newest(&merge_request).await;
    (ada, page)
}

/// Sends an approval with one field changed, and headers.
async fn sends(
    (ada, page): &(Approver, Page),
    change: Option<(&'static str, &str)>,
    headers: &[(&'static str, &str)],
) -> Page {
    let form = page.form("approve");
    let mut form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    if let Some((name, value)) = change {
        form.retain(|(known, _)| *known != name);
        form.push((name, value));
    }
    ada.sends(&page.url, &form, headers).await
}

/// 403, and nothing is recorded: the page came from us, the form did not.
async fn u02_from_another_site(stage: &mut Stage) {
    let there = before_a_page(stage, "From another site").await;
    for site in ["cross-site", "same-site"] {
        let refused = sends(&there, None, &[("sec-fetch-site", site)]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{site}");
    }
    assert_eq!(stage.rows("decision").await, 0);
}

/// 403: an origin that hides itself is none of ours.
async fn u04_from_nowhere(stage: &mut Stage) {
    let there = before_a_page(stage, "From nowhere").await;
    let refused = sends(&there, None, &[("origin", "null")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

/// 405: a link cannot decide.
async fn u05_reading_where_deciding_is(stage: &mut Stage) {
    let (ada, page) = before_a_page(stage, "By a link").await;
    let path = page.url.split_once("/approval-apps").unwrap().1;
    let path =
        format!("/approval-apps{}/decision?verdict=approve", path.split('?').next().unwrap());
    assert_eq!(ada.gets(&path).await.status, StatusCode::METHOD_NOT_ALLOWED);
}

/// 409 with what is the head now, and no decision.
async fn u07_about_another_commit(stage: &mut Stage) {
    let merge_request = stage.opens_merge_request("About another commit").await;
    let ada = stage.approver("Ada");
    let page = ada.opens_newest(&merge_request).await;
    merge_request.push();
    stage.is_quiet().await;
    let refused = ada.decides(&page, "approve", "").await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.notice().contains("A newer commit"), "{}", refused.notice());
}

/// One vote, however often the button is pressed.
async fn u10_pressed_twice(stage: &mut Stage) {
    let there = before_a_page(stage, "Pressed twice").await;
    let (one, other) = futures::join!(sends(&there, None, &[]), sends(&there, None, &[]));
    assert_eq!((one.state().as_str(), other.state().as_str()), ("Approved", "Approved"));
    let notices = [one.notice(), other.notice()].join(" ");
    assert!(notices.contains("Recorded before, nothing new."), "{notices}");
}

/// One after the other, and GitLab shows what came last.
async fn u11_yes_and_no_at_once(stage: &mut Stage) {
    let merge_request = stage.opens_merge_request("Yes and no").await;
    let ada = stage.approver("Ada");
    ada.introduces_themselves().await;
    let page = ada.opens_newest(&merge_request).await;
    let (yes, no) =
        futures::join!(ada.decides(&page, "approve", "Yes"), ada.decides(&page, "reject", "No"),);
    assert_eq!((yes.status, no.status), (StatusCode::OK, StatusCode::OK));
    stage.is_quiet().await;
    let state = ada.opens_newest(&merge_request).await.state();
    let shown = if state == "Approved" { "passed" } else { "failed" };
    assert!(["Approved", "Rejected"].contains(&state.as_str()), "{state}");
    merge_request.status_becomes(&stage.check, shown).await;
}

/// 422: nobody can be named from outside, nor anything else be said that the form does not say.
async fn u13_one_field_more(stage: &mut Stage) {
    let there = before_a_page(stage, "One field more").await;
    let refused = sends(&there, Some(("approver", "alice")), &[]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
}

/// 422 with the words there are.
async fn u14_other_words(stage: &mut Stage) {
    let there = before_a_page(stage, "Other words").await;
    let long = "approve".repeat(1_000);
    for word in ["", "passed", "APPROVE", long.as_str()] {
        let refused = sends(&there, Some(("verdict", word)), &[]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{word}");
        assert!(refused.notice().contains("approve, reject, revoke or review"), "{word}");
    }
}

/// No page is shown in another window's frame.
async fn u16_in_a_frame(stage: &mut Stage) {
    let answer = stage.http().get(format!("{}/approval-apps/", stage.url())).send().await.unwrap();
    let policy = answer.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
}

/// No origin is let in, and a stream of events is not read from another one.
async fn u22_asked_from_another_origin(stage: &mut Stage) {
    for path in ["/approval-apps/", "/approval-apps/events", "/approval-apps/api/v1/requests"] {
        let asked = stage.http().request(Method::OPTIONS, format!("{}{path}", stage.url()));
        let asked = asked.header("origin", "https://evil.example");
        let answer = asked.header("access-control-request-method", "GET").send().await.unwrap();
        assert!(!answer.headers().contains_key("access-control-allow-origin"), "{path}");
    }
}

/// 403: whoever listens sees what the reader sees.
async fn u23_events_for_another_origin(stage: &mut Stage) {
    let url = format!("{}/approval-apps/events", stage.url());
    for (name, value) in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
        let answer = stage.http().get(&url).header(name, value).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{name}");
    }
    let own = stage.http().get(&url).header("sec-fetch-site", "same-origin");
    assert_eq!(own.send().await.unwrap().status(), StatusCode::OK);
}

/// Two cookies of our name are not ours: somebody is put in who knows nobody.
async fn u25_two_cookies_of_one_name(stage: &mut Stage) {
    let (ada, page) = before_a_page(stage, "Two cookies").await;
    let cookie = ada.cookie().unwrap();
    let twice = format!("{cookie}; {cookie}");
    let read = stage.http().get(&page.url).header("cookie", twice).send().await.unwrap();
    let html = read.text().await.unwrap();
    assert!(!html.contains("value=\"Ada\""), "{html}");
}

story!(u26_while_recorder_is_away, Terms::default().apart(), |stage| {
    let (ada, page) = before_a_page(stage, "Recorder is away").await;
    stage.loses_role("recorder");
    let told = ada.decides(&page, "approve", "").await;
    assert_eq!(told.status, StatusCode::ACCEPTED, "it is on the bus, and not on record");
    assert!(told.html.contains("is on its way and will be recorded"), "{}", told.html);
    assert!(!told.html.contains("Recorded: "), "{}", told.html);
    stage.has_role_again("recorder");
    stage.is_quiet().await;
    assert_eq!(stage.texts("decision", &["verdict"]).await, ["approve"]);
});
