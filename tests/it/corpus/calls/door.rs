//! What is refused before anybody looks into the body, and what is not.

use gitlab_sim::signature_of;
use reqwest::{Method, StatusCode, header};
use tests::{Call, HOOK_SECRET, Stage, Terms, story};

use super::{super::rows, body};

rows!(
    at_the_door,
    Terms::default().with("COUNTERSIGN_HOOK__OTHER__SECRET", "the secret of the other hook"),
    [
        w01_no_signature,
        w02_empty_signature,
        w04_upper_case_hex,
        w05_prefixed_signature,
        w07_secret_of_another_check,
        w10_serialised_again,
        w20_content_encoding,
        w22_charset,
        w23_methods,
        w25_two_lengths,
        w26_many_or_large_headers,
        w53_spoofed_forwarding_headers,
    ]
);

/// Makes a call that is refused for this reason, in words that begin like this; nothing of it is on
/// the bus.
async fn refused(stage: &Stage, call: Call, status: StatusCode, reason: &str, words: &str) {
    let counter = format!("countersign_calls_refused_total{{reason=\"{reason}\"}}");
    let bus = stage.bus().await;
    let before = (bus.messages("CS_INTAKE").await, stage.metric("ingress", &counter).await);
    let (answered, said) = stage.calls(call).await;
    assert_eq!(answered, status, "{said}");
    assert!(said.starts_with(words), "{said}");
    let after = (bus.messages("CS_INTAKE").await, stage.metric("ingress", &counter).await);
    assert_eq!(after, (before.0, before.1 + 1.0), "{reason}");
}

async fn call(stage: &Stage, row: i64) -> Call {
    Call::signed(body(stage, 9_000 + row).await.to_string())
}

async fn w01_no_signature(stage: &mut Stage) {
    let call = call(stage, 1).await.with_signature(None);
    refused(stage, call, StatusCode::UNAUTHORIZED, "unsigned", "The call is not signed").await;
}

async fn w02_empty_signature(stage: &mut Stage) {
    let call = call(stage, 2).await.with_signature(Some(String::new()));
    let words = "The signature is not right: the shared secret";
    refused(stage, call, StatusCode::UNAUTHORIZED, "wrong-signature", words).await;
}

async fn w04_upper_case_hex(stage: &mut Stage) {
    let call = call(stage, 4).await;
    let upper = call.signature.as_ref().map(|it| it.to_uppercase());
    assert_eq!(stage.calls(call.with_signature(upper)).await.0, StatusCode::ACCEPTED);
}

async fn w05_prefixed_signature(stage: &mut Stage) {
    let call = call(stage, 5).await;
    let prefixed = call.signature.as_ref().map(|it| format!("sha256={it}"));
    let call = call.with_signature(prefixed);
    refused(stage, call, StatusCode::UNAUTHORIZED, "wrong-signature", "The signature").await;
}

async fn w07_secret_of_another_check(stage: &mut Stage) {
    let call = call(stage, 7).await;
    let others = Some(signature_of("the secret of the other hook", &call.body));
    let there = Call { path: "/approval-apps/status_check/other", ..call.clone() };
    assert_eq!(stage.calls(there.with_signature(others.clone())).await.0, StatusCode::ACCEPTED);
    let here = call.with_signature(others);
    let words = "The signature is not right: it was made with the secret of another hook";
    refused(stage, here, StatusCode::UNAUTHORIZED, "secret-of-another-hook", words).await;
}

async fn w10_serialised_again(stage: &mut Stage) {
    let body = body(stage, 9_010).await;
    let signature = Some(signature_of(HOOK_SECRET, body.to_string().as_bytes()));
    let again = serde_json::to_string_pretty(&body).unwrap();
    let call = Call::signed(again).with_signature(signature);
    refused(stage, call, StatusCode::UNAUTHORIZED, "wrong-signature", "The signature").await;
}

async fn w20_content_encoding(stage: &mut Stage) {
    for coding in ["gzip", "br", "deflate", "identity, gzip"] {
        let call = call(stage, 20).await.with_header("content-encoding", coding);
        let words = "The body must be application/json, not encoded in any way.";
        refused(stage, call, StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json", words).await;
    }
}

async fn w22_charset(stage: &mut Stage) {
    for content_type in ["application/json; charset=utf-8", "Application/JSON ;charset=UTF-8"] {
        let call = Call { content_type, ..call(stage, 22).await };
        assert_eq!(stage.calls(call).await.0, StatusCode::ACCEPTED, "{content_type}");
    }
}

/// GET and HEAD are better answered than with 405: GitLab's page invites people to open the address.
async fn w23_methods(stage: &mut Stage) {
    let url = format!("{}/approval-apps/status_check", stage.hook_server());
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS, Method::TRACE] {
        let answer = stage.http().request(method.clone(), &url).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert_eq!(answer.headers()[header::ALLOW], "GET,HEAD,POST", "{method}");
    }
    let page = stage.http().get(&url).send().await.unwrap();
    assert!(page.text().await.unwrap().contains("This address is for GitLab"));
    let head = stage.http().head(&url).send().await.unwrap();
    assert_eq!((head.status(), head.text().await.unwrap().as_str()), (StatusCode::OK, ""));
}

async fn w25_two_lengths(stage: &mut Stage) {
    let before = stage.bus().await.messages("CS_INTAKE").await;
    let Call { body, signature, .. } = call(stage, 25).await;
    let lengths =
        [format!("Content-Length: {}", body.len()), "Transfer-Encoding: chunked".to_owned()];
    for order in [[0, 1], [1, 0]] {
        let mut socket = stage.connects().await;
        let head = format!(
            "POST /approval-apps/status_check HTTP/1.1\r\nHost: x\r\n{}\r\n{}\r\n\
             Content-Type: application/json\r\nX-Gitlab-Signature: {}\r\n\r\n{:x}\r\n",
            lengths[order[0]],
            lengths[order[1]],
            signature.clone().unwrap_or_default(),
            body.len()
        );
        socket.sends(&[head.as_bytes(), &body, b"\r\n0\r\n\r\n"].concat()).await;
        let answer = socket.reads_to_the_end().await;
        assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{answer}");
        assert!(answer.contains("connection: close\r\n"), "{answer}");
        assert!(answer.ends_with("both a Content-Length and a Transfer-Encoding.\n"), "{answer}");
    }
    assert_eq!(stage.bus().await.messages("CS_INTAKE").await, before);
}

async fn w26_many_or_large_headers(stage: &mut Stage) {
    let many: String = (0..200).map(|n| format!("x-{n}: y\r\n")).collect();
    let large = format!("x-large: {}\r\n", "y".repeat(64 * 1024));
    for headers in [many, large] {
        let mut socket = stage.connects().await;
        let head = "POST /approval-apps/status_check HTTP/1.1\r\nHost: x\r\n";
        socket.sends(format!("{head}{headers}\r\n").as_bytes()).await;
        let answer = socket.reads_to_the_end().await;
        assert!(answer.starts_with("HTTP/1.1 431 Request Header Fields Too Large\r\n"), "{answer}");
    }
}

async fn w53_spoofed_forwarding_headers(stage: &mut Stage) {
    let call = call(stage, 53)
        .await
        .with_header("host", "evil.example")
        .with_header("x-forwarded-for", "34.74.90.65")
        .with_header("x-forwarded-host", "evil.example")
        .with_header("forwarded", "for=34.74.90.65;host=evil.example");
    assert_eq!(stage.calls(call.clone()).await.0, StatusCode::ACCEPTED);
    let unsigned = call.with_signature(None);
    refused(stage, unsigned, StatusCode::UNAUTHORIZED, "unsigned", "The call is not signed").await;
}

story!(
    w08_previous_secret,
    Terms::default().with("COUNTERSIGN_HOOK__DEFAULT__MORE_SECRETS", "['the old secret']"),
    |stage| {
        let body = body(stage, 9_008).await.to_string();
        let old = Some(signature_of("the old secret", body.as_bytes()));
        let call = Call::signed(body).with_signature(old);
        assert_eq!(stage.calls(call.clone()).await.0, StatusCode::ACCEPTED);
        let by_old = "countersign_calls_by_old_secret_total{hook=\"default\"}";
        assert_eq!(stage.metric("ingress", by_old).await, 1.0);
        assert_eq!(stage.is_stopped(), Some(0));
        stage.set_setting("COUNTERSIGN_HOOK__DEFAULT__MORE_SECRETS", "[]");
        stage.starts();
        refused(stage, call, StatusCode::UNAUTHORIZED, "wrong-signature", "The signature").await;
    }
);

story!(w19_slow_headers_and_slow_body, |stage| {
    let mut headers = stage.connects().await;
    headers.sends(b"POST /approval-apps/status_check HTTP/1.1\r\nHost: x\r\nx-slow: ").await;
    let mut body = stage.connects().await;
    let signature = signature_of(HOOK_SECRET, b"?");
    let head = format!(
        "POST /approval-apps/status_check HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\
         Content-Type: application/json\r\nX-Gitlab-Signature: {signature}\r\n\r\n"
    );
    body.sends(head.as_bytes()).await;
    let (headers, body) = futures::join!(headers.trickles(b"y"), body.trickles(b" "));
    for (answer, words) in [
        (headers, "The headers did not arrive within 10 seconds.\n"),
        (body, "The body did not arrive within 15 seconds.\n"),
    ] {
        assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{answer}");
        assert!(answer.contains("connection: close\r\n") && answer.ends_with(words), "{answer}");
    }
});
