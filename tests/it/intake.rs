//! What GitLab was told to be recorded is recorded, whether the bus was there or not.

use std::time::{Duration, Instant};

use futures::{StreamExt, stream};
use gitlab_sim::{Delivery, Outcome, signature_of};
use reqwest::StatusCode;
use tests::{Call, HOOK_SECRET, Stage, Terms, story};

const MIB: usize = 1024 * 1024;

story!(a_call_is_taken_while_the_bus_is_away, Terms::default().apart(), |stage| {
    stage.loses_the_bus();
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let calls = stage.gitlab.deliveries();
    assert!(matches!(calls[..], [Delivery { outcome: Outcome::Answered { status: 202, .. }, .. }]));
    assert_eq!(stage.spooled(), 1);
    stage.has_the_bus_again().await;
    stage.state_becomes(&merge_request, "Waiting").await;
    assert_eq!(stage.spooled(), 0);
});

story!(the_spool_outlives_the_process, Terms::default().apart(), |stage| {
    stage.loses_the_bus();
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.is_killed();
    stage.has_the_bus_again().await;
    stage.starts();
    stage.state_becomes(&merge_request, "Waiting").await;
    assert_eq!(stage.spooled(), 0);
});

story!(
    a_full_spool_has_gitlab_call_again,
    Terms::default().apart().with("COUNTERSIGN_INGRESS__SPOOL_BYTES_MAX", "10"),
    |stage| {
        stage.loses_the_bus();
        stage.opens_merge_request("Faster checkout").await;
        let calls = stage.gitlab.deliveries();
        assert!(
            calls.iter().all(|it| !matches!(it.outcome, Outcome::Answered { .. })),
            "{calls:?}"
        );
        stage.has_the_bus_again().await;
        let merge_request = stage.opens_merge_request("Slower checkout").await;
        stage.state_becomes(&merge_request, "Waiting").await;
    }
);

story!(ingress_starts_while_the_bus_is_away, Terms::default().apart(), |stage| {
    stage.is_killed();
    stage.loses_the_bus();
    stage.starts_only("ingress");
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let calls = stage.gitlab.deliveries();
    assert!(matches!(calls[..], [Delivery { outcome: Outcome::Answered { status: 202, .. }, .. }]));
    stage.is_ready("ingress", true, "ingress: ok").await;
    assert_eq!(stage.spooled(), 1);
    stage.has_the_bus_again().await;
    stage.has_an_empty_spool().await;
    stage.logs("the bus is there").await;
    stage.is_killed();
    stage.starts();
    stage.state_becomes(&merge_request, "Waiting").await;
});

story!(
    ingress_uses_no_bus_that_can_lose_messages,
    Terms::default().apart().with("COUNTERSIGN_BUS__MANAGE_STREAMS", "true"),
    |stage| {
        stage.is_killed();
        let bus = stage.bus().await;
        bus.deletes("CS_INTAKE").await;
        bus.makes_a_stream("CS_INTAKE", "countersign.intake.v1.>").await;
        stage.loses_the_bus();
        stage.set_setting("COUNTERSIGN_BUS__MANAGE_STREAMS", "false");
        stage.starts_only("ingress");
        stage.has_the_bus_again().await;
        let merge_request = stage.opens_merge_request("Faster checkout").await;
        let sentence = "bus: stream CS_INTAKE has discard Old, which can lose messages; set it to \
                        discard new";
        stage.is_ready("ingress", false, sentence).await;
        assert_eq!(stage.spooled(), 1);
        stage.bus().await.deletes("CS_INTAKE").await;
        stage.is_killed();
        stage.set_setting("COUNTERSIGN_BUS__MANAGE_STREAMS", "true");
        stage.starts();
        stage.state_becomes(&merge_request, "Waiting").await;
    }
);

/// Room for one body of the largest size, and a little for others.
fn little_room() -> Terms {
    Terms::default().apart().with("COUNTERSIGN_INGRESS__BODY_BYTES_IN_FLIGHT_MAX", "27262976")
}

/// A real body of about this size.
async fn real_body(stage: &Stage, bytes: usize) -> String {
    let mut body = stage.payload().await;
    body["object_attributes"]["description"] = "x".repeat(bytes).into();
    body.to_string()
}

story!(many_large_calls_at_once_are_all_taken_in_little_memory, little_room(), |stage| {
    let small = Call::signed(real_body(stage, 10).await);
    let large = Call::signed(real_body(stage, 6 * MIB).await);
    let before = stage.most_memory("ingress");
    let calls = (0..32).map(|n| stage.calls(if n % 4 == 0 { &large } else { &small }.clone()));
    let said: Vec<_> = stream::iter(calls).buffer_unordered(32).collect().await;
    assert!(said.iter().all(|(status, _)| *status == StatusCode::ACCEPTED), "{said:?}");
    let grown = stage.most_memory("ingress") - before;
    assert!(grown < 32 * MIB, "48 MiB of bodies took {} MiB", grown / MIB);
    stage.is_quiet().await;
    assert_eq!(stage.rows("delivery").await, 33);
});

story!(slow_bodies_hold_up_nobody, little_room(), |stage| {
    let call = Call::signed(real_body(stage, 10).await);
    let signature = signature_of(HOOK_SECRET, b"?");
    let head = format!(
        "POST /approval-apps/status_check HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\
         Content-Type: application/json\r\nX-Gitlab-Signature: {signature}\r\n\r\n",
        25 * MIB
    );
    let slow = (0..20).map(|_| async {
        let mut socket = stage.connects().await;
        socket.sends(head.as_bytes()).await;
        socket.trickles(b" ").await
    });
    let slow = futures::future::join_all(slow);
    let quick = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let started = Instant::now();
        let large = Call::signed(real_body(stage, 5 * MIB).await);
        let said = [stage.calls(call).await.0, stage.calls(large).await.0];
        assert_eq!(said, [StatusCode::ACCEPTED; 2]);
        assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
    };
    let (slow, ()) = futures::join!(slow, quick);
    assert!(slow.iter().all(|it| it.starts_with("HTTP/1.1 408 ")), "{slow:?}");
});

story!(a_flood_of_unsigned_calls_holds_up_no_signed_one, |stage| {
    let signed = Call::signed(real_body(stage, 10_000).await);
    let forged = signature_of("another secret", &signed.body);
    let flood = (0..2_000).map(|n| {
        let signature = (n % 2 == 0).then(|| forged.clone());
        stage.calls(signed.clone().with_signature(signature))
    });
    let flood = stream::iter(flood).buffer_unordered(64).map(|(status, _)| status).collect();
    let calls = async {
        let mut slowest = Duration::ZERO;
        for _ in 0..20 {
            let started = Instant::now();
            assert_eq!(stage.calls(signed.clone()).await.0, StatusCode::ACCEPTED);
            slowest = slowest.max(started.elapsed());
        }
        slowest
    };
    let (flood, slowest): (Vec<_>, _) = futures::join!(flood, calls);
    assert!(flood.iter().all(|status| *status == StatusCode::UNAUTHORIZED));
    assert!(slowest < Duration::from_secs(2), "the slowest took {slowest:?}");
});
