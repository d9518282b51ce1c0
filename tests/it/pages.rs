//! The pages, read without scripts.

use reqwest::{StatusCode, header};
use tests::{Terms, story};

story!(the_list_shows_what_waits, |stage| {
    assert!(
        stage.approver("Ada").opens_list().await.html.contains("Nothing waits for a decision.")
    );
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.is_quiet().await;
    let list = stage.approver("Ada").opens_list().await.html;
    let (sha, iid) = (merge_request.sha(), merge_request.iid());
    for part in [
        "Faster checkout",
        &format!("shop/backend!{iid}"),
        "Change approval",
        "<code>main</code>",
        "Grace Mbeki",
        &sha[..8],
        "just now",
        "Waiting",
        "not answered yet",
        &format!("href=\"{}\"", merge_request.web_url()),
    ] {
        assert!(list.contains(part), "{part} is missing in {list}");
    }
});

story!(every_value_from_gitlab_is_escaped, |stage| {
    let evil = r#""><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}"#;
    let grace = stage.gitlab.user_named("mallory", evil);
    let merge_request = stage.project.merge_request(evil, &grace).labels(&[evil]).opens();
    stage.gitlab.calls_settled().await;
    stage.is_quiet().await;
    let ada = stage.approver("Ada");
    for html in [ada.opens_list().await.html, ada.opens_newest(&merge_request).await.html] {
        assert!(!html.contains("<img src=x") && !html.contains("<script>alert"), "{html}");
        assert!(html.contains("&#60;script&#62;alert(2)&#60;/script&#62;{{7*7}}"), "{html}");
    }
});

story!(a_browser_may_only_do_what_our_pages_need, |stage| {
    let answer = stage.http().get(format!("{}/approval-apps/", stage.url())).send().await.unwrap();
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    let policy = header("content-security-policy");
    assert!(policy.starts_with("default-src 'none';"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("cache-control"), "no-store");
    let cookie = header("set-cookie");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
});

story!(a_form_from_elsewhere_decides_nothing, |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let ada = stage.approver("Ada");
    let page = ada.opens_newest(&merge_request).await;
    let sha = merge_request.sha();
    let guess = "00".repeat(32);
    let form =
        [("verdict", "approve"), ("sha", &*sha), ("target_branch", "main"), ("token", &*guess)];
    let refused = ada.sends(&page.url, &form, &[]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.html.contains("This form did not come from a page we showed you"));
    let cross = [("sec-fetch-site", "cross-site")];
    assert_eq!(ada.sends(&page.url, &form, &cross).await.status, StatusCode::FORBIDDEN);
    let more = [&form[..], &[("actor", "boss")]].concat();
    assert_eq!(ada.sends(&page.url, &more, &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let got = stage.http().get(format!("{}/decision", page.url)).send().await.unwrap();
    assert_eq!(got.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(stage.rows("decision").await, 0);
});

story!(a_wrong_address_is_told, |stage| {
    let ada = stage.approver("Ada");
    for path in [
        "/approval-apps/r/7",
        "/approval-apps/r/00000000-0000-0000-0000-000000000000",
        "/approval-apps/gl/main/1/99",
        "/elsewhere",
    ] {
        let page = ada.gets(path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        assert!(page.html.contains("There is nothing at this address."), "{}", page.html);
    }
});

story!(
    a_proxy_may_say_who_somebody_is,
    Terms::default()
        .with("COUNTERSIGN_UI__SIGN_IN", "header")
        .with("COUNTERSIGN_UI__USER_HEADER", "X-Remote-User"),
    |stage| {
        let merge_request = stage.opens_merge_request("Faster checkout").await;
        let ada = stage.approver("Somebody");
        let page = ada.opens_newest(&merge_request).await;
        let unnamed = ada.decides(&page, "approve", "").await;
        assert_eq!(unnamed.status, StatusCode::UNAUTHORIZED);
        let form = page.form("approve");
        let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let decided = ada.sends(&page.url, &form, &[("x-remote-user", "Jane Doe")]).await;
        assert_eq!(decided.notice(), "Recorded: approve. Approved by Jane Doe.");
    }
);

story!(changes_arrive_as_events_and_go_on_after_a_cut, |stage| {
    let first = stage.opens_merge_request("First").await;
    stage.is_quiet().await;
    let mut events = stage.listens(None).await;
    assert_eq!(events.next().await.kind, "ready");
    stage.approver("Ada").approves(&first).await;
    let seen = events.until_request(&stage.request_id(&first)).await;
    drop(events);
    let second = stage.opens_merge_request("While nobody listened").await;
    let mut again = stage.listens(Some(&seen.id)).await;
    let caught_up = again.until_request(&stage.request_id(&second)).await;
    assert!(caught_up.data.contains("While nobody listened"), "{}", caught_up.data);
});

story!(the_admin_port_tells_how_it_is, |stage| {
    let admin = stage.program().address("health");
    let ready = stage.http().get(&admin).send().await.unwrap();
    assert_eq!(ready.status(), StatusCode::OK);
    stage.opens_merge_request("Faster checkout").await;
    let metrics = stage.http().get(admin.replace("readyz", "metrics")).send().await.unwrap();
    let text = metrics.text().await.unwrap();
    assert!(text.contains(r#"countersign_calls_total{status="202"} 1"#), "{text}");
    let alive = stage.http().get(admin.replace("readyz", "healthz")).header(header::ACCEPT, "*/*");
    assert_eq!(alive.send().await.unwrap().text().await.unwrap(), "alive\n");
});
