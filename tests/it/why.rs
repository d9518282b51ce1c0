//! The author's page: a link without sign-in that tells why, and lets nobody do anything.

use reqwest::StatusCode;
use tests::{Stage, Terms, story};

const TWO_PARTIES: &str = r#"
[[policy.rule]]
name = "Production"
requires.all_of = [{ people = ["ada"] }, { groups = ["cab"] }]
"#;

fn two_parties() -> Terms {
    Terms::default().file(TWO_PARTIES).with("COUNTERSIGN_UI__SIGN_IN", "local")
}

/// Ada signs in and finds the link of a merge request.
async fn link_of(
    stage: &Stage,
    merge_request: &gitlab_sim::MergeRequest,
) -> (tests::Approver, String) {
    let words = ["user", "add", "ada", "--name", "Ada Lovelace", "--by", "Olga"];
    assert_eq!(stage.operator().types(&words, "a-password-of-ada\n").code, Some(0));
    let ada = stage.approver("");
    ada.signs_in("ada", "a-password-of-ada").await;
    let page = ada.opens_newest(merge_request).await;
    let link = page.html.split("id=\"author-link\" href=\"").nth(1).unwrap_or_default();
    (ada, link.split('"').next().unwrap_or_default().to_owned())
}

story!(an_author_reads_why_and_who_can_help, two_parties(), |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let (ada, link) = link_of(stage, &merge_request).await;
    let author = stage.approver("");
    let page = author.gets(&link).await;
    assert_eq!(page.text_after("<strong id=\"answer\""), "It waits for an approval.");
    assert_eq!(page.text_after("<p class=\"help\""), "Ask ada, cab.");
    let said = ada.rejects(&merge_request, "No tests <b>at all</b>").await;
    assert_eq!(
        said.notice(),
        "Recorded: reject. Rejected by Ada Lovelace.",
        "{} {}",
        said.status,
        said.html
    );
    let page = author.gets(&link).await;
    assert_eq!(page.text_after("<strong id=\"answer\""), "Somebody said no.");
    assert_eq!(page.text_after("<blockquote"), "No tests <b>at all</b>");
    assert!(!page.html.contains("<form"), "{}", page.html);
    assert!(link.len() < 80, "{link} is short enough for a note");
});

story!(a_link_of_others_shows_nothing, two_parties(), |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let other = stage.opens_merge_request("Pay with one click").await;
    let (_, link) = link_of(stage, &merge_request).await;
    let author = stage.approver("");
    let of_other =
        link.replace(&format!("/{}/", merge_request.iid()), &format!("/{}/", other.iid()));
    for wrong in [
        of_other,
        link[..link.len() - 2].to_owned(),
        format!("{link}00"),
        link.replace("main", "test"),
    ] {
        assert_eq!(author.gets(&wrong).await.status, StatusCode::NOT_FOUND, "{wrong}");
    }
    assert_eq!(author.gets(&link).await.status, StatusCode::OK);
});
