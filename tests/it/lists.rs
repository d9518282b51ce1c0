//! The list: what waits on whom, and how somebody finds the one they look for.

use tests::{Approver, Terms, story};

/// Two parties must approve what goes to production.
const TWO_PARTIES: &str = r#"
[[policy.rule]]
name = "Production"
target_branches = ["main"]
requires.all_of = [{ people = ["ada"] }, { people = ["ben", "eve"] }]
decide_within = "12h"
"#;

/// Titles in a list, in order.
async fn titles(reader: &Approver, query: &str) -> Vec<String> {
    let page = reader.gets(&format!("/approval-apps/{query}")).await;
    let rows = page.html.split("<a class=\"title\"").skip(1);
    let title = |row: &str| row.split('>').nth(1).unwrap_or_default().replace("</a", "");
    rows.map(title).collect()
}

async fn named(stage: &tests::Stage, name: &str) -> Approver {
    let somebody = stage.approver(name);
    somebody.introduces_themselves().await;
    somebody
}

story!(the_list_shows_what_waits_on_the_reader, Terms::default().file(TWO_PARTIES), |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.is_quiet().await;
    let (ada, ben, eve) =
        (named(stage, "Ada").await, named(stage, "Ben").await, named(stage, "Eve").await);
    for reader in [&ada, &ben, &eve] {
        assert_eq!(titles(reader, "").await, ["Faster checkout"]);
    }
    ben.approves(&merge_request).await;
    assert_eq!(titles(&ada, "").await, ["Faster checkout"], "hers is missing");
    assert!(titles(&ben, "").await.is_empty(), "he has said so");
    assert!(titles(&eve, "").await.is_empty(), "Ben has said so for both");
    let page = eve.opens_list().await;
    assert!(page.text_after("<p id=\"empty\"").starts_with("Nothing waits for you."));
    let row = ada.gets("/approval-apps/?show=waiting").await;
    assert_eq!(row.text_after("<td data-label=\"Approvals\""), "1 of 2 needs ada");
    assert_eq!(row.text_after("<td data-label=\"Age\""), "just now 11 h left");
    assert!(named(stage, "Zoe").await.opens_list().await.html.contains("Nothing waits for you."));
});

story!(filters_stand_in_the_address, Terms::default().file(TWO_PARTIES), |stage| {
    let checkout = stage.opens_merge_request("Faster checkout").await;
    let discount = stage.opens_merge_request("100% discount_code").await;
    stage.is_quiet().await;
    let reader = stage.approver("");
    let author = checkout.author().name().replace(' ', "+").to_uppercase();
    let sha = &checkout.sha()[..9];
    let first = ["Faster checkout"];
    let both = ["Faster checkout", "100% discount_code"];
    for (query, found) in [
        ("?q=CHECKOUT", &first[..]),
        (&format!("?q=%21{}", checkout.iid()), &first),
        (&format!("?q=shop/backend%21{}", discount.iid()), &both[1..]),
        (&format!("?q={sha}"), &first),
        ("?q=%25", &both[1..]),
        ("?q=t_c", &both[1..]),
        ("?q=shop", &both),
        ("?project=shop", &both),
        ("?project=shop/backend/", &both),
        ("?project=sho", &[]),
        ("?target=main&check=Change+approval&soon=1", &both),
        ("?target=release", &[]),
        ("?age=1", &[]),
        ("?show=decided", &[]),
        (&format!("?author={author}"), &both),
    ] {
        assert_eq!(titles(&reader, query).await, found, "{query}");
    }
    let page = reader.gets("/approval-apps/?q=nothing+like+it&target=main").await;
    assert!(page.html.contains("Nothing here fits these filters."));
    assert!(page.html.contains("Filters (1)"));
    assert!(
        page.html
            .contains("href=\"/approval-apps/?show=past&#38;q=nothing+like+it&#38;target=main\"")
    );
});

story!(a_view_is_kept_by_whoever_named_it, Terms::default().file(TWO_PARTIES), |stage| {
    let (ada, ben) = (named(stage, "Ada").await, named(stage, "Ben").await);
    let keeps = async |reader: &Approver, changes: &[(&str, &str)]| {
        let page = reader.gets("/approval-apps/?show=all&q=%3Cb%3E&soon=1").await;
        let views = page.html.split("class=\"views\"").nth(1).unwrap_or_default().to_owned();
        let field = |name: &str| {
            let after =
                views.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_default();
            after.split('"').next().unwrap_or_default().replace("&#38;", "&")
        };
        let (token, query, forget) = (field("token"), field("query"), field("forget"));
        let mut form = vec![("token", token.as_str()), ("query", query.as_str())];
        form.extend(changes.iter().map(|(name, value)| match *name {
            "forget" => ("forget", forget.as_str()),
            name => (name, *value),
        }));
        reader.posts("/approval-apps/views", &form).await
    };
    let saved = keeps(&ada, &[("name", " Night <b>release</b> ")]).await;
    assert_eq!(saved.html, "see /approval-apps/?show=all&q=%3Cb%3E&soon=1");
    let page = ada.opens_list().await;
    let link = "href=\"/approval-apps/?show=all&#38;q=%3Cb%3E&#38;soon=1\"";
    assert!(page.html.contains(link), "{}", page.html);
    assert_eq!(page.text_after("<span class=\"view\""), "Night <b>release</b> ×");
    assert!(!ben.opens_list().await.html.contains("Night"), "it is hers");
    let refused = keeps(&ada, &[("name", " ")]).await;
    assert!(refused.html.contains("a name has 1 to 60 characters, on one line"));
    keeps(&ada, &[("forget", "")]).await;
    assert!(!ada.opens_list().await.html.contains("Night"));
});

story!(a_full_page_is_small_on_the_wire, |stage| {
    stage.opens_merge_request("Faster checkout").await;
    stage.is_quiet().await;
    stage.is_crowded(10_000).await;
    let page = stage.approver("").opens_list().await;
    assert_eq!(page.html.matches("<tr id=\"r-").count(), 50);
    let script = page.html.split("<script src=\"").nth(1).unwrap().split('"').next().unwrap();
    let mut bytes = 0;
    for path in ["/approval-apps/", script, "/approval-apps/assets/mark.svg"] {
        let request = stage.http().get(format!("{}{path}", stage.url()));
        let answer = request.header("accept-encoding", "gzip").send().await.unwrap();
        assert_eq!(answer.status(), reqwest::StatusCode::OK, "{path}");
        bytes += answer.bytes().await.unwrap().len();
    }
    assert!(bytes < 30_000, "{bytes} bytes");
});
