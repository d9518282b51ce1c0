//! Other systems read and decide over HTTP.

use gitlab_sim::MergeRequest;
use serde_json::{Value, json};
use tests::{ApiClient, Stage, Terms, story};
use uuid::Uuid;

/// An operator makes a token for ServiceNow; its secret.
fn token(stage: &Stage, scopes: &[&str]) -> String {
    let mut words = vec!["token", "create", "--source", "servicenow", "--note", "Change gate"];
    words.extend(["--by", "Olga"]);
    words.extend(scopes.iter().flat_map(|scope| ["--scope", scope]));
    let said = stage.operator().says(&words);
    assert_eq!(said.code, Some(0), "{}", said.text);
    let secret = said.text.lines().next().unwrap().to_owned();
    assert!(secret.starts_with("cst_") && secret.len() == 68, "{}", said.text);
    secret
}

fn servicenow(stage: &Stage, scopes: &[&str]) -> ApiClient {
    stage.api_client(Some(&token(stage, scopes)))
}

async fn opens(stage: &Stage) -> MergeRequest {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.is_quiet().await;
    merge_request
}

fn decision(merge_request: &MergeRequest, verdict: &str) -> Value {
    json!({
        "decision_id": Uuid::new_v4().to_string(),
        "verdict": verdict,
        "sha": merge_request.sha(),
        "actor": { "id": "jane.doe", "name": "Jane Doe", "email": "jane@example.com", "groups": ["cab"] },
        "reason": "Change approved",
        "evidence": [{ "label": "CHG0031234", "url": "https://example.com/CHG0031234" }],
    })
}

story!(a_system_finds_what_waits_and_decides, |stage| {
    let merge_request = opens(stage).await;
    let servicenow = servicenow(stage, &["read", "decide"]);
    let found = servicenow.asks("/requests?state=waiting").await.body;
    let id = found["requests"][0]["request_id"].as_str().unwrap();
    assert_eq!(
        (id, found["requests"][0]["sha"].as_str()),
        (stage.request_id(&merge_request).as_str(), Some(merge_request.sha().as_str()))
    );
    let answer = servicenow.decides(id, &decision(&merge_request, "approve")).await;
    assert_eq!((answer.status.as_u16(), &answer.body["code"]), (201, &json!("accepted")));
    assert_eq!(answer.body["message"], "Recorded: approve. Approved by Jane Doe.");
    merge_request.status_becomes(&stage.check, "passed").await;
    let one = servicenow.asks(&format!("/requests/{id}")).await.body;
    assert_eq!(
        (&one["state"], &one["decisions"][0]["source"]),
        (&json!("approved"), &json!("servicenow"))
    );
    assert!(!one.to_string().contains("jane@example.com"), "{one}");
});

story!(a_decision_that_is_sent_again_counts_once, |stage| {
    let merge_request = opens(stage).await;
    let (servicenow, id) = (servicenow(stage, &["decide"]), stage.request_id(&merge_request));
    let mut sent = decision(&merge_request, "reject");
    assert_eq!(servicenow.decides(&id, &sent).await.status, 201);
    let again = servicenow.decides(&id, &sent).await;
    assert_eq!((again.status.as_u16(), &again.body["code"]), (200, &json!("duplicate")));
    sent["verdict"] = json!("approve");
    let other = servicenow.decides(&id, &sent).await;
    let sentence = "This decision_id was used before with other content.";
    assert_eq!(other.problem(), (422, "invalid", sentence));
    merge_request.status_becomes(&stage.check, "failed").await;
    assert_eq!(stage.rows("decision").await, 1);
});

story!(a_decision_over_http_and_over_the_bus_is_the_same, |stage| {
    let merge_request = opens(stage).await;
    let (servicenow, id) = (servicenow(stage, &["decide"]), stage.request_id(&merge_request));
    let mut sent = decision(&merge_request, "approve");
    assert_eq!(servicenow.decides(&id, &sent).await.status, 201);
    sent["request_id"] = json!(id);
    sent["verdict"] = json!("reject");
    let receipt = stage.outside_system().decides(&sent).await;
    assert_eq!(receipt["message"], "This decision_id was used before with other content.");
    merge_request.status_becomes(&stage.check, "passed").await;
});

story!(a_shell_script_decides, |stage| {
    let merge_request = opens(stage).await;
    let (servicenow, id) = (servicenow(stage, &["decide"]), stage.request_id(&merge_request));
    let sha = merge_request.sha();
    let reason = "Tuesday's \"CAB\"";
    let stale = [&id, "approve", &"a".repeat(40), "jane.doe", reason];
    let (code, problem) = servicenow.decides_from_shell(&stale).await;
    assert_eq!((code, &problem["code"]), (Some(1), &json!("stale_sha")));
    let (code, receipt) =
        servicenow.decides_from_shell(&[&id, "approve", &sha, "jane.doe", reason]).await;
    assert_eq!((code, &receipt["code"]), (Some(0), &json!("accepted")));
    merge_request.status_becomes(&stage.check, "passed").await;
    let page = stage.approver("Reader").opens_newest(&merge_request).await;
    assert!(page.html.contains("Tuesday&#39;s &#34;CAB&#34;"), "{}", page.html);
});

story!(a_token_opens_only_what_it_is_for, |stage| {
    let merge_request = opens(stage).await;
    let id = stage.request_id(&merge_request);
    let approve = decision(&merge_request, "approve");
    let refused = stage.api_client(None).decides(&id, &approve).await;
    assert_eq!(
        refused.problem(),
        (401, "unauthorized", "Send a token: Authorization: Bearer cst_…")
    );
    assert_eq!(refused.challenge, r#"Bearer realm="countersign""#);
    let refused = servicenow(stage, &["read"]).decides(&id, &approve).await;
    assert_eq!(refused.problem(), (403, "forbidden", "The token lacks the scope decide."));
    let refused = servicenow(stage, &["decide"]).asks(&format!("/requests/{id}")).await;
    assert_eq!(refused.problem(), (403, "forbidden", "The token lacks the scope read."));
    let foreign = format!("cst_{}", "0".repeat(64));
    let refused = stage.api_client(Some(&foreign)).asks("/requests").await;
    let sentence = "The token is unknown, revoked or expired.";
    assert_eq!(refused.problem(), (401, "unauthorized", sentence));
    assert_eq!(stage.rows("decision").await, 0);
});

story!(a_revoked_token_is_out_at_once, |stage| {
    let (olga, secret) = (stage.operator(), token(stage, &["read"]));
    let servicenow = stage.api_client(Some(&secret));
    assert_eq!(servicenow.asks("/requests").await.status, 200);
    let rows = olga.says(&["token", "list"]).rows();
    let (id, source, state) = (&rows[0][0], &rows[0][1], &rows[0][4]);
    assert_eq!((source.as_str(), state.as_str()), ("servicenow", "good"));
    let revoke = ["token", "revoke", id, "--by", "Olga", "--reason", "It was in a chat"];
    assert_eq!(olga.says(&revoke).text, "The token of servicenow opens nothing any more.");
    assert_eq!(servicenow.asks("/requests").await.status, 401);
    assert_eq!(olga.says(&["token", "list"]).rows()[0][4], "revoked");
    assert_eq!(olga.says(&revoke).text, "countersign: this token was revoked before");
    let told = stage.audit_data("token-revoked").await;
    assert_eq!(
        (&told[0]["operator"], &told[0]["why"]),
        (&json!("Olga"), &json!("It was in a chat"))
    );
});

story!(the_secret_of_a_token_is_nowhere, |stage| {
    let secret = token(stage, &["read", "decide"]);
    stage.api_client(Some(&secret)).asks("/requests").await;
    let made = stage.audit_data("token-created").await;
    assert_eq!(made[0]["scopes"], json!(["read", "decide"]));
    assert!(!stage.audit_records().await.contains(&secret));
    assert!(!stage.operator().says(&["token", "list", "--json"]).text.contains(&secret));
    assert!(!stage.log().contains(&secret));
    let columns = ["id", "secret_hash", "source", "scopes", "note", "created_by"];
    let rows = stage.texts("api_token", &columns).await;
    assert!(rows.len() == 1 && !rows[0].contains(&secret[4..]), "{rows:?}");
});

story!(a_token_is_for_a_configured_source_and_a_known_scope, |stage| {
    let create = |change: [&str; 2]| {
        let mut words = vec!["token", "create", "--by", "Olga"];
        let good =
            [["--source", "servicenow"], ["--scope", "read"], ["--note", "x"], ["--days", "9"]];
        words.extend(good.map(|it| if it[0] == change[0] { change } else { it }).concat());
        stage.operator().says(&words).text
    };
    for (change, sentence) in [
        (["--source", "jira"], "the source jira is not configured; add [source.jira]"),
        (["--source", "ui"], "ui is what people say on our pages; name a system"),
        (["--scope", "write"], "write is no scope; there are read and decide"),
        (["--days", "0"], "a token lasts 1 to 366 days"),
        (["--days", "367"], "a token lasts 1 to 366 days"),
        (["--note", " "], "say what the token is for"),
    ] {
        assert_eq!(create(change), format!("countersign: {sentence}"));
    }
});

story!(what_does_not_fit_is_told_as_a_problem, |stage| {
    let merge_request = opens(stage).await;
    let (servicenow, id) =
        (servicenow(stage, &["read", "decide"]), stage.request_id(&merge_request));
    let good = decision(&merge_request, "approve");
    let short = &merge_request.sha()[..8];
    let stale = format!("The decision is about commit aaaaaaaa, the request about {short}.");
    for (field, value, problem) in [
        (
            "verdict",
            json!("passed"),
            (422, "invalid", "verdict must be approve, reject, revoke or review."),
        ),
        (
            "sha",
            json!("abc"),
            (422, "invalid", "sha must be the full head commit that was judged."),
        ),
        ("sha", json!("a".repeat(40)), (409, "stale_sha", &stale)),
        ("actor", json!({ "id": "" }), (422, "invalid", "The decision names no actor.")),
    ] {
        let mut wrong = good.clone();
        wrong["decision_id"] = json!(Uuid::new_v4().to_string());
        wrong[field] = value;
        assert_eq!(servicenow.decides(&id, &wrong).await.problem(), problem);
    }
    let foreign = servicenow.decides(&Uuid::new_v4().to_string(), &good).await;
    assert_eq!(foreign.problem(), (404, "unknown_request", "There is no such request."));
});

story!(a_body_that_is_no_decision_is_refused_before_the_bus, |stage| {
    let merge_request = opens(stage).await;
    let (servicenow, id) = (servicenow(stage, &["decide"]), stage.request_id(&merge_request));
    let good = decision(&merge_request, "approve").to_string();
    for (kind, body, status, word) in [
        ("text/plain", good.clone(), 415, "content-type: application/json"),
        ("application/json", "{".to_owned(), 422, "EOF while parsing"),
        (
            "application/json",
            good.replacen("verdict", "verdikt", 1),
            422,
            "unknown field `verdikt`",
        ),
        ("application/json", good.replacen('{', r#"{"sha":"x","#, 1), 422, "duplicate field `sha`"),
        ("application/json", good.replacen("decision_id", "x_id", 1), 422, "unknown field `x_id`"),
        (
            "application/json",
            format!("{good}{}", " ".repeat(65536)),
            413,
            "longer than 65536 bytes",
        ),
    ] {
        let answer = servicenow.posts(&id, kind, body).await;
        let (found, _, detail) = answer.problem();
        assert!(found == status && detail.contains(word), "{found} {detail}");
    }
    assert_eq!(stage.bus().await.messages("CS_DECISION_SERVICENOW").await, 0);
});

story!(a_question_that_does_not_fit_is_told_as_a_problem, |stage| {
    let servicenow = servicenow(stage, &["read"]);
    for (path, status, detail) in [
        (
            "/requests?state=done",
            422,
            "state is made of waiting, approved, rejected, expired, superseded, cancelled.",
        ),
        ("/requests?limit=0", 422, "limit is 1 to 200."),
        ("/requests?limit=201", 422, "limit is 1 to 200."),
        ("/requests?page=x", 422, "page_token is not one of ours."),
        ("/requests?order=up", 422, "order is oldest or newest."),
        ("/requests?project_id=1", 422, "gitlab, project_id and merge_request_iid go together."),
        ("/requests/7", 404, "There is no such request."),
        (
            "/approvals",
            404,
            "There is no such path; /approval-apps/api/v1/openapi.json lists them.",
        ),
        ("/requests/7/decisions", 405, "This path does not take this method."),
    ] {
        let answer = servicenow.asks(path).await;
        let (found, _, said) = answer.problem();
        assert_eq!((found, said), (status, detail), "{path}");
    }
});

story!(pages_of_the_list_follow_each_other, |stage| {
    for title in ["First", "Second", "Third"] {
        stage.opens_merge_request(title).await;
    }
    stage.is_quiet().await;
    let servicenow = servicenow(stage, &["read"]);
    let (mut titles, mut page) = (Vec::new(), String::new());
    for _ in 0..2 {
        let found = servicenow.asks(&format!("/requests?limit=2{page}")).await.body;
        let rows = found["requests"].as_array().unwrap();
        titles.extend(rows.iter().map(|it| it["title"].as_str().unwrap().to_owned()));
        page = found["next"].as_str().map_or(String::new(), |next| format!("&page={next}"));
    }
    assert_eq!(
        (titles, page.as_str()),
        (["First", "Second", "Third"].map(str::to_owned).to_vec(), "")
    );
});

story!(what_cannot_be_asked_now_is_told_so, Terms::default().apart(), |stage| {
    let merge_request = opens(stage).await;
    let (servicenow, id) = (servicenow(stage, &["decide"]), stage.request_id(&merge_request));
    stage.loses_role("recorder");
    let approve = decision(&merge_request, "approve");
    let sentence = "This cannot be done now; try again with the same decision_id.";
    let answer = servicenow.decides(&id, &approve).await;
    assert_eq!(answer.problem(), (503, "unavailable", sentence));
    stage.has_role_again("recorder");
    tests::until("the decision is taken", async || {
        servicenow.decides(&id, &approve).await.status.is_success()
    })
    .await;
    merge_request.status_becomes(&stage.check, "passed").await;
});

/// The schema that a document names.
fn schema<'a>(document: &'a Value, at: &'a Value) -> &'a Value {
    let schema = &at["content"]["application/json"]["schema"];
    let name = schema["$ref"].as_str().unwrap();
    document.pointer(name.trim_start_matches('#')).unwrap()
}

story!(the_document_names_what_is_answered, |stage| {
    opens(stage).await;
    let document = stage.api_client(None).asks("/openapi.json").await.body;
    let paths = &document["paths"];
    let known: Vec<_> = paths.as_object().unwrap().keys().cloned().collect();
    assert_eq!(known, ["/requests", "/requests/{request_id}", "/requests/{request_id}/decisions"]);
    let answered = servicenow(stage, &["read"]).asks("/requests").await.body;
    let page = schema(&document, &paths["/requests"]["get"]["responses"]["200"]);
    let row = page["properties"]["requests"]["items"]["$ref"].as_str().unwrap();
    let row = document.pointer(row.trim_start_matches('#')).unwrap();
    let keys = |it: &Value| it.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let (mut named, mut found) = (keys(&row["properties"]), keys(&answered["requests"][0]));
    named.sort();
    found.sort();
    assert_eq!(named, found);
    assert_eq!(document["components"]["securitySchemes"]["token"]["scheme"], "bearer");
});
