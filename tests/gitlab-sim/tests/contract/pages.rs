//! The web page, and the lively world.

use gitlab_sim::{Status, demo};
use reqwest::Method;

use crate::support::{Said, Story, said};

async fn page(story: &Story, method: Method, path: &str) -> Said {
    said(story.request(method, path)).await.expect("a page")
}

#[tokio::test]
async fn a_merge_request_has_a_page_at_its_address() {
    let story = Story::start().await;
    let mr = story.opens();
    mr.edit_title("Use <b> & \"quotes\"");
    let path = mr.web_url().replace(story.sim.url(), "");
    let shown = page(&story, Method::GET, &path).await;
    assert_eq!(shown.status, 200);
    assert!(shown.text.contains("Use &#60;b&#62; &#38; &#34;quotes&#34;"));
    assert!(!shown.text.contains("Use <b>"));
    for text in ["Status checks", "Change approval", "pending", &mr.sha()[..8], "simulation"] {
        assert!(shown.text.contains(text), "{text}");
    }
    assert!(shown.text.contains("disabled") && shown.text.contains("all status checks must pass"));
    assert!(!shown.text.contains("Retry"));
    let index = page(&story, Method::GET, "/").await;
    assert!(index.text.contains(&path) && index.text.contains("shop/backend !1"));
    assert_eq!(page(&story, Method::GET, "/shop/backend/-/merge_requests/9").await.status, 404);
}

#[tokio::test]
async fn buttons_do_what_they_say_and_lead_back() {
    let story = Story::start().await;
    let mr = story.opens();
    let path = mr.web_url().replace(story.sim.url(), "");
    let press = async |button: &str| {
        let said = page(&story, Method::POST, &format!("{path}/{button}")).await;
        assert_eq!((said.status, said.header("location")), (303, path.as_str()));
    };
    let head = mr.sha();
    press("push").await;
    assert_ne!(mr.sha(), head);
    press("merge").await;
    assert_eq!(mr.state(), "opened");
    mr.set_status(&story.check, Status::Failed);
    assert!(page(&story, Method::GET, &path).await.text.contains("Retry"));
    press(&format!("retry/{}", story.check.id())).await;
    assert_eq!(mr.status(&story.check), "pending");
    press("close").await;
    assert_eq!(mr.state(), "closed");
    press("reopen").await;
    mr.set_status(&story.check, Status::Passed);
    let live = page(&story, Method::GET, &format!("{path}/live.json")).await.json();
    assert!(live["html"].as_str().is_some_and(|html| html.contains("passed")));
    press("merge").await;
    assert_eq!(mr.state(), "merged");
    assert_eq!(page(&story, Method::POST, &format!("{path}/dance")).await.status, 404);
}

#[tokio::test]
async fn the_demo_is_populated() {
    let story = Story::start().await;
    let world = demo::populate(&story.sim, &story.hook.url, Some("secret"));
    assert_eq!((world.projects.len(), world.people.len()), (4, 8));
    assert_eq!(story.sim.merge_requests().len(), 12);
    let mr = world.projects[1].merge_requests().remove(0);
    let check = world.projects[1].checks().remove(0);
    let body = serde_json::json!({
        "sha": mr.sha(), "external_status_check_id": check.id(), "status": "passed",
    });
    assert_eq!(story.answer_with(world.token.value(), &mr, body).await.status, 201);
    assert_eq!(mr.status(&check), "passed");
    story.sim.calls_settled().await;
    assert!(story.sim.deliveries().iter().all(|delivery| delivery.status() == Some(200)));
}
