//! Rights: who sees which requests, decides about them, and looks after what could not be applied.

use gitlab_sim::MergeRequest;
use reqwest::StatusCode;
use serde_json::json;
use tests::{Approver, HOOK_SECRET, Stage, Terms, story};
use uuid::Uuid;

/// Ada decides about the shop, Vera looks at it, Eve decides about the bank, and Olga operates.
const RIGHTS: &str = r#"
[[policy.right]]
right = "approver"
people = ["ada"]
projects = ["shop/**"]

[[policy.right]]
right = "viewer"
people = ["vera"]
projects = ["shop/*"]

[[policy.right]]
right = "approver"
people = ["eve"]
projects = ["bank/**"]

[[policy.right]]
right = "operator"
people = ["olga"]
"#;

fn with_rights() -> Terms {
    Terms::default().file(RIGHTS)
}

/// Somebody who has typed their name.
async fn who(stage: &Stage, name: &str) -> Approver {
    let approver = stage.approver(name);
    approver.introduces_themselves().await;
    approver
}

/// A merge request of the shop that is on record, and the path of its page.
async fn waits(stage: &Stage) -> (MergeRequest, String) {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.is_quiet().await;
    let path = format!("/approval-apps/r/{}", stage.request_id(&merge_request));
    (merge_request, path)
}

/// A decision as the browser's side would send it, if it let this person decide.
async fn decides_past_the_page(
    stage: &Stage,
    who: &str,
    merge_request: &MergeRequest,
) -> (String, String) {
    let decision_id = Uuid::new_v4().to_string();
    let decision = json!({
        "decision_id": decision_id, "request_id": stage.request_id(merge_request),
        "verdict": "approve", "sha": merge_request.sha(), "actor": { "id": who },
    });
    let bus = stage.bus().await;
    bus.publish("countersign.decision.v1.ui", &decision.to_string()).await;
    stage.is_quiet().await;
    let receipts = bus.read_all("CS_RECEIPT").await;
    let mut all = receipts.into_iter().map(|(_, receipt)| receipt);
    let receipt = all.find(|it| it["decision_id"] == decision_id.as_str()).unwrap();
    let text = |name: &str| receipt[name].as_str().unwrap().to_owned();
    (text("code"), text("message"))
}

story!(a_foreign_project_is_not_found, with_rights(), |stage| {
    let (merge_request, path) = waits(stage).await;
    let eve = who(stage, "Eve").await;
    assert!(!eve.opens_list().await.html.contains("Faster checkout"));
    let (project, iid) = (stage.project.id(), merge_request.iid());
    let newest = format!("/approval-apps/gl/main/{project}/{iid}");
    let absent = eve.gets(&format!("/approval-apps/r/{}", Uuid::new_v4())).await;
    for there in [path, newest] {
        let page = eve.gets(&there).await;
        assert_eq!((page.status, &page.html), (StatusCode::NOT_FOUND, &absent.html));
    }
    let said = decides_past_the_page(stage, "eve", &merge_request).await;
    assert_eq!(said, ("unknown_request".to_owned(), "There is no such request.".to_owned()));
    who(stage, "Ada").await.approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
});

story!(who_may_look_does_not_decide, with_rights(), |stage| {
    let (merge_request, path) = waits(stage).await;
    let vera = who(stage, "Vera").await;
    assert!(vera.opens_list().await.html.contains("Faster checkout"));
    let page = vera.gets(&path).await;
    let sentence = "You may look at the requests of this project, not decide about them.";
    assert_eq!(page.text_after("<p id=\"looks-only\""), sentence);
    assert!(!page.html.contains("class=\"decide\""), "{}", page.html);
    let (code, said) = decides_past_the_page(stage, "vera", &merge_request).await;
    assert_eq!(code, "not_allowed");
    assert_eq!(said, "vera may look at the requests of shop/backend, not decide about them.");
    assert_eq!(stage.texts("status_check", &["verdict"]).await, ["waiting"]);
});

story!(who_is_nobody_sees_nothing, with_rights(), |stage| {
    let (_, path) = waits(stage).await;
    let stranger = stage.approver("");
    assert!(!stranger.opens_list().await.html.contains("Faster checkout"));
    assert_eq!(stranger.gets(&path).await.status, StatusCode::NOT_FOUND);
});

story!(changes_are_told_to_those_who_see_them, with_rights(), |stage| {
    let bank = stage.gitlab.project("bank/ledger");
    let _check = bank.check("Change approval", &stage.hook_url(), Some(HOOK_SECRET));
    let mut heard = who(stage, "Eve").await.listens().await;
    assert_eq!(heard.next().await.kind, "ready");
    waits(stage).await;
    let author = stage.gitlab.user("bo");
    let _closed = bank.opens_merge_request("Closed books", &author);
    let first = heard.next().await;
    assert!(first.data.contains("Closed books"), "{}", first.data);
});

story!(dead_letters_are_for_operators, with_rights().leaving_dead_letters(1), |stage| {
    stage.bus().await.publish("countersign.decision.v1.servicenow", "{not JSON").await;
    let id = stage.dead_letters_become(1).await.remove(0);
    let letter = format!("/approval-apps/dead-letters/{id}");
    for (name, status, told) in
        [("Ada", StatusCode::NOT_FOUND, false), ("Olga", StatusCode::OK, true)]
    {
        let somebody = who(stage, name).await;
        for path in ["/approval-apps/dead-letters", &letter] {
            assert_eq!(somebody.gets(path).await.status, status, "{name} at {path}");
        }
        tests::until("the count to be looked at", async || {
            somebody.opens_list().await.html.contains("class=\"dead\"") == told
        })
        .await;
    }
});

story!(a_token_is_for_its_projects, with_rights(), |stage| {
    let (merge_request, path) = waits(stage).await;
    let id = path.rsplit('/').next().unwrap();
    let answers = async |project: &str| {
        let words = ["token", "create", "--source", "servicenow", "--note", "Gate", "--by", "Olga"];
        let more = ["--scope", "read", "--scope", "decide", "--project", project];
        let made = stage.operator().says(&[&words[..], &more].concat()).text;
        let system = stage.api_client(made.lines().next());
        let listed = system.asks("/requests").await.body["requests"].as_array().unwrap().len();
        let decision = json!({
            "decision_id": Uuid::new_v4(), "verdict": "approve", "sha": merge_request.sha(),
            "actor": { "id": "jane.doe" },
        });
        let one = system.asks(&format!("/requests/{id}")).await.status.as_u16();
        (listed, one, system.decides(id, &decision).await.status.as_u16())
    };
    assert_eq!(answers("bank/**").await, (0, 404, 404));
    assert_eq!(stage.rows("decision").await, 0);
    assert_eq!(answers("shop/*").await, (1, 200, 201));
    let listed = stage.operator().says(&["token", "list"]).rows();
    assert_eq!((listed[0][3].as_str(), listed[1][3].as_str()), ("shop/*", "bank/**"));
});
